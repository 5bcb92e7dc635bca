import { browserUserPrefix } from '../directory/device-user.js'
import type { ClinicianId } from '../directory/model.js'
import type { Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'

/** A browser that is a telephone: its user, and whose it is. */
export interface BrowserOf {
  readonly device: string
  readonly clinician: ClinicianId | undefined
}

/** What becomes of a browser in a talk. `away`: it is leaving its page. `left`: it does not come back. `back`: it has, on another leg. */
export type Change =
  { readonly kind: 'away' | 'left'; readonly leg: Leg } | { readonly kind: 'back'; readonly leg: Leg; readonly fresh: Leg }

/** A talk whose browser may leave and come back. */
export interface OpenTalk {
  /** The next change; one at a time. */
  next(): Promise<Change>
  /** From now on a browser comes back too late. */
  close(): void
}

interface Door {
  readonly call: CallContext
  readonly legs: () => readonly Leg[]
  /** When a browser came back last, wall-clock ms. */
  backAt: number
  tell: (change: Change) => void
}

/** A browser may reach another engine than that of its talk: what engines tell each other. */
export interface OtherTalks {
  /** @param who the browser's names, as from `namesOf` */
  begun(talk: string, who: readonly string[]): void
  over(talk: string): void
  /** Whether one of them talks at another engine. */
  has(who: readonly string[]): boolean
  /** Where the switch of that engine takes browsers, `ws://host:port`; undefined: none of them talks there, or browsers cannot reach it. */
  switchOf(who: readonly string[]): string | undefined
  /** Tells the others. @param at wall-clock ms */
  tell(browser: BrowserOf, news: PageNews, at: number): void
  onTold(listener: (browser: BrowserOf, news: PageNews, at: number) => void): void
}

/** What became of a browser's page. `away`: it is being left. `left`: it does not come back. `signedOut`: its session is over, and with it the calls that nobody has accepted yet. */
export type PageNews = 'away' | 'left' | 'signedOut'

/** The talks to which a browser may come back: a page that is reloaded loses its media but not its call. */
export class Returns {
  readonly #doors = new Set<Door>()
  readonly #others: OtherTalks | undefined

  /** @param letGo ends a browser's other calls here */
  constructor(
    private readonly letGo: (browser: BrowserOf) => void,
    others?: OtherTalks,
  ) {
    this.#others = others
    others?.onTold((browser, news, at) => {
      if (news === 'signedOut') this.#signedOutHere(browser, at)
      else this.#tellHere(browser, news, at)
    })
  }

  /** @param legs those who talk now */
  open(call: CallContext, legs: () => readonly Leg[]): OpenTalk {
    const waiting: Change[] = []
    let wake: ((change: Change) => void) | undefined
    const door: Door = {
      call,
      legs,
      backAt: 0,
      tell: (change) => {
        if (wake) wake(change)
        else waiting.push(change)
        wake = undefined
      },
    }
    this.#doors.add(door)
    const who = talkers(door)
    if (who.length > 0) this.#others?.begun(call.id, who)
    return {
      next: () => {
        const first = waiting.shift()
        return first ? Promise.resolve(first) : new Promise((resolve) => (wake = resolve))
      },
      close: () => {
        this.#doors.delete(door)
        if (who.length > 0) this.#others?.over(call.id)
        for (const change of waiting.splice(0)) if (change.kind === 'back') void change.fresh.close()
      },
    }
  }

  /** The talk that this browser may rejoin. */
  has(browser: BrowserOf): 'here' | 'elsewhere' | 'nowhere' {
    if (this.#find(browser)) return 'here'
    return isBrowser(browser) && this.#others?.has(namesOf(browser)) === true ? 'elsewhere' : 'nowhere'
  }

  /** Where the other engine's switch that has this browser's talk takes browsers: `ws://host:port`. */
  switchOf(browser: BrowserOf): string | undefined {
    return isBrowser(browser) && !this.#find(browser) ? this.#others?.switchOf(namesOf(browser)) : undefined
  }

  /** @param at wall-clock ms. @returns false: it talks with nobody */
  tell(browser: BrowserOf, kind: 'away' | 'left', at: number): boolean {
    if (this.#tellHere(browser, kind, at)) return true
    if (this.has(browser) !== 'elsewhere') return false
    this.#others?.tell(browser, kind, at)
    return true
  }

  /** Its session is over, and its calls with it: here and on any other engine. @param at wall-clock ms */
  signedOut(browser: BrowserOf, at: number): void {
    this.#signedOutHere(browser, at)
    this.#others?.tell(browser, 'signedOut', at)
  }

  #signedOutHere(browser: BrowserOf, at: number): void {
    if (!this.#tellHere(browser, 'left', at)) this.letGo(browser)
  }

  /** @returns false: too late; the calling code keeps the leg */
  back(browser: BrowserOf, fresh: Leg): boolean {
    const found = this.#find(browser)
    if (found) found.door.backAt = found.door.call.clock.now()
    found?.door.tell({ kind: 'back', leg: found.leg, fresh })
    return found !== undefined
  }

  #tellHere(browser: BrowserOf, kind: 'away' | 'left', at: number): boolean {
    const found = this.#find(browser)
    if (found === undefined) return false
    // Of the page before the one that is back; the news took its time from engine to engine.
    if (at >= found.door.backAt) found.door.tell({ kind, leg: found.leg })
    return true
  }

  #find(browser: BrowserOf): { readonly door: Door; readonly leg: Leg } | undefined {
    if (!isBrowser(browser)) return undefined
    const names = namesOf(browser)
    for (const door of this.#doors) {
      const leg = door.legs().find((one) => names.includes(nameOf(door.call, one) ?? ''))
      if (leg) return { door, leg }
    }
    return undefined
  }
}

function isBrowser({ device }: BrowserOf): boolean {
  return device.startsWith(browserUserPrefix)
}

/** A caller is that very browser; who was rung is a clinician, in whichever browser they answered. */
function namesOf({ device, clinician }: BrowserOf): readonly string[] {
  return clinician === undefined ? [device] : [device, `browser:${clinician}`]
}

/** This browser's legs in a call. */
export function legsOf(call: CallContext, browser: BrowserOf): readonly Leg[] {
  const names = namesOf(browser)
  return call.scope.legs.filter((leg) => names.includes(nameOf(call, leg) ?? ''))
}

/** The name under which a browser finds its leg; undefined: it has none. */
function nameOf({ scope, device }: CallContext, leg: Leg): string | undefined {
  return scope.partyOf(leg) === 'caller' && device !== undefined ? device : scope.targetOf(leg)
}

function talkers({ call, legs }: Door): readonly string[] {
  return legs().flatMap((leg) => {
    const name = nameOf(call, leg)
    return name !== undefined && (name.startsWith(browserUserPrefix) || name.startsWith('browser:')) ? [name] : []
  })
}
