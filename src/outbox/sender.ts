import { messageOf } from '../common/errors.js'
import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { Delivery, Mail } from './mail.js'
import type { Carrying, KeptMessage, Letter } from './message.js'
import type { Outbox } from './outbox.js'

const lookEveryMs = 30_000
/** A message unsent for this long raises the alarm, ms. */
const alarmAfterMs = 15 * 60_000
/** Finished messages this old are deleted, ms. */
const keptMs = 30 * 24 * 60 * 60_000

/** A way that messages go out. */
export interface Carrier {
  readonly carrying: Carrying
  /** The alarm raised while it accepts nothing. */
  readonly alarm: 'mail.notSent' | 'push.notSent'
  /** `shown`: nothing goes out; messages are only shown. */
  deliver(message: KeptMessage): Promise<Delivery | { readonly kind: 'shown' }>
  close(): void
}

/**
 * By e-mail.
 * @param mail undefined: nothing goes out; messages are only shown
 * @param letterOf a message in words; undefined: it has no recipient any more
 */
export function byMail(mail: Mail | undefined, letterOf: (message: KeptMessage) => Promise<Letter | undefined>): Carrier {
  return {
    carrying: 'letters',
    alarm: 'mail.notSent',
    async deliver(message) {
      const letter = await letterOf(message)
      if (!letter) return { kind: 'refused', why: 'there is nobody to send it to: they can no longer sign in, or have no address' }
      return mail ? mail.send(letter, message.id) : { kind: 'shown' }
    },
    close: () => mail?.close(),
  }
}

export interface SenderSettings {
  readonly outbox: Outbox
  readonly carrier: Carrier
  readonly alarms: Alarms
  readonly clock: Clock
}

/** Sends the outbox's messages for this way, one after the other, and retries failed ones. */
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

  /** Resolves when the current message has been sent or has failed. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopListening()
    this.#cancel?.()
    await this.#working
    this.settings.carrier.close()
  }

  #look(): void {
    this.#cancel?.()
    if (this.#closed) return
    if (this.#working) {
      this.#again = true
      return
    }
    this.#working = this.#work()
      .catch((error: unknown) => this.settings.alarms.raise(this.settings.carrier.alarm, `the outbox cannot be read: ${messageOf(error)}`))
      .finally(() => {
        this.#working = undefined
        const again = this.#again
        this.#again = false
        if (again) this.#look()
        else if (!this.#closed) this.#cancel = this.settings.clock.after(lookEveryMs, () => this.#look())
      })
  }

  async #work(): Promise<void> {
    const { outbox, carrier, alarms, clock } = this.settings
    const { alarm } = carrier
    let trouble = ''
    while (!this.#closed) {
      const next = await outbox.take(carrier.carrying)
      if (!next) break
      trouble = (await this.#send(next)) ?? trouble
    }
    const since = await outbox.waitingSince(carrier.carrying)
    if (since === undefined) alarms.clear(alarm)
    else if (clock.now() - since >= alarmAfterMs)
      alarms.raise(alarm, `a message waits since ${new Date(since).toISOString()}${trouble === '' ? '' : `: ${trouble}`}`)
    await outbox.forget(clock.now() - keptMs)
  }

  /** @returns why it waits; for one refused for good the page says why */
  async #send(next: KeptMessage): Promise<string | undefined> {
    const { outbox, carrier } = this.settings
    const delivery = await carrier.deliver(next)
    if (delivery.kind === 'sent' || delivery.kind === 'shown') {
      await outbox.done(next.id, delivery.kind)
      return undefined
    }
    await outbox.failed(next, delivery.why, delivery.kind === 'refused')
    return delivery.kind === 'failed' ? delivery.why : undefined
  }
}
