import type { Heard, Key, KeySource, ListenOptions, NoWords } from '../port.js'
import { Settlement, type World } from './world.js'

export interface Press {
  readonly key: Key
  readonly source: KeySource
  /** Wall-clock ms. */
  readonly at: number
}

/** What a leg hears from its party: keys, which queue until a flow listens, and words while its voice is followed. */
export class Listening {
  readonly #world: World
  readonly #leg: string
  #keys: Press[] = []
  #listener: ((heard: Heard) => void) | undefined
  #wantedKeys: readonly Key[] = []
  #wantedWords: readonly string[] = []
  #noWords: NoWords | undefined = 'lost'

  constructor(world: World, leg: string) {
    this.#world = world
    this.#leg = leg
  }

  listenFor(options: ListenOptions, ended: boolean): Promise<Heard> {
    if (this.#listener) {
      this.#world.tell({ what: 'misuse', detail: `a second listener on ${this.#leg}` })
      throw new Error(`${this.#leg} has a listener already`)
    }
    if (ended) return Promise.resolve({ kind: 'hungUp' })
    if (options.signal.aborted) return Promise.resolve({ kind: 'cancelled' })
    const waiting = this.#keys.shift()
    if (waiting) return Promise.resolve(asHeard(waiting, options.keys))
    const asksForWords = (options.words ?? []).length > 0
    if (asksForWords && this.#noWords !== undefined) return Promise.resolve({ kind: 'noWords', why: this.#noWords })
    const done = new Settlement<Heard>()
    const closed = this.#world.opened('listeners')
    this.#wantedKeys = options.keys
    this.#wantedWords = options.words ?? []
    const finish = (heard: Heard): void => {
      if (!done.settle(heard)) return
      this.#listener = undefined
      offAbort()
      closed()
    }
    this.#listener = finish
    const offAbort = this.#world.onAbort(options.signal, () => finish({ kind: 'cancelled' }))
    return done.promise
  }

  /** The voice is followed from now on: words may be heard. */
  follow(): void {
    if (this.#world.hearsWords) this.#noWords = undefined
  }

  /** No more words are heard from this party. The first reason stays. */
  noWords(why: NoWords): void {
    this.#noWords ??= why
    if (this.#listener && this.#wantedWords.length > 0) this.#listener({ kind: 'noWords', why: this.#noWords })
  }

  pressed(press: Press): void {
    if (this.#listener) this.#listener(asHeard(press, this.#wantedKeys))
    else this.#keys.push(press)
  }

  said(word: string, confidence: number): void {
    if (this.#listener && this.#wantedWords.includes(word)) this.#listener({ kind: 'word', word, confidence, at: this.#world.clock.now() })
  }

  dropKeys(): void {
    this.#keys = []
  }

  /** The listener, if any, is told that it is over. */
  finish(kind: 'cancelled' | 'hungUp'): void {
    this.#listener?.({ kind })
  }
}

function asHeard({ key, source, at }: Press, wanted: readonly Key[]): Heard {
  return { kind: wanted.includes(key) ? 'key' : 'otherKey', key, source, at }
}
