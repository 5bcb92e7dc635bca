import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { Mail } from './mail.js'
import type { KeptMessage, Letter } from './message.js'
import type { Outbox } from './outbox.js'

const lookEveryMs = 30_000
/** A message that could not be sent for so long raises the alarm, ms. */
const alarmAfterMs = 15 * 60_000
/** What was done so long ago is forgotten, ms. */
const keptMs = 30 * 24 * 60 * 60_000

export interface SenderSettings {
  readonly outbox: Outbox
  /** Undefined: nothing goes out; what would have gone is shown. */
  readonly mail: Mail | undefined
  /** A message in words. Undefined: nobody can get it any more. */
  readonly letterOf: (message: KeptMessage) => Promise<Letter | undefined>
  readonly alarms: Alarms
  readonly clock: Clock
}

/** Sends what is in the outbox, one message after the other, and tries again what could not be sent. */
export class Sender {
  readonly #stopListening: () => void
  #cancel: (() => void) | undefined
  #working: Promise<void> | undefined
  #again = false
  #closed = false

  constructor(private readonly settings: SenderSettings) {
    this.#stopListening = settings.outbox.onPut(() => this.#look())
    this.#look()
  }

  /** Resolves when what is in hand has been sent, or not. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopListening()
    this.#cancel?.()
    await this.#working
    this.settings.mail?.close()
  }

  #look(): void {
    this.#cancel?.()
    if (this.#closed) return
    if (this.#working) {
      this.#again = true
      return
    }
    this.#working = this.#work()
      .catch((error: unknown) => this.settings.alarms.raise('mail.notSent', `the outbox cannot be read: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => {
        this.#working = undefined
        const again = this.#again
        this.#again = false
        if (again) this.#look()
        else if (!this.#closed) this.#cancel = this.settings.clock.after(lookEveryMs, () => this.#look())
      })
  }

  async #work(): Promise<void> {
    const { outbox, alarms, clock } = this.settings
    let trouble = ''
    while (!this.#closed) {
      const next = await outbox.take()
      if (!next) break
      trouble = (await this.#send(next)) ?? trouble
    }
    const since = await outbox.waitingSince()
    if (since === undefined) alarms.clear('mail.notSent')
    else if (clock.now() - since >= alarmAfterMs) alarms.raise('mail.notSent', `a message waits since ${new Date(since).toISOString()}${trouble === '' ? '' : `: ${trouble}`}`)
    await outbox.forget(clock.now() - keptMs)
  }

  /** @returns what went wrong */
  async #send(next: KeptMessage): Promise<string | undefined> {
    const { outbox, mail, letterOf } = this.settings
    const letter = await letterOf(next)
    if (!letter) {
      await outbox.failed(next, 'nobody can get it any more: they cannot sign in, or have no address', true)
      return undefined
    }
    if (!mail) {
      await outbox.done(next.id, 'shown')
      return undefined
    }
    const delivery = await mail.send(letter, next.id)
    if (delivery.kind === 'sent') {
      await outbox.done(next.id, 'sent')
      return undefined
    }
    await outbox.failed(next, delivery.why, delivery.kind === 'refused')
    return delivery.why
  }
}
