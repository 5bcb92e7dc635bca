import type { Alarms } from '../calls/alarms.js'
import type { Clock } from '../clock/clock.js'

export interface AllowanceSettings {
  /** Outgoing calls at the same time, of all accounts together and of one. */
  readonly concurrent: number
  readonly concurrentPerAccount: number
  /** Minutes on outgoing calls that one account may spend in a day; running calls count as far as they have gone. */
  readonly minutesPerAccountPerDay: number
  /** The day is local to this zone. */
  readonly timeZone: string
}

export const defaultAllowance: AllowanceSettings = { concurrent: 200, concurrentPerAccount: 40, minutesPerAccountPerDay: 3_000, timeZone: 'Europe/London' }

export interface Charge {
  /** The called party answered: minutes run from now. */
  answered(): void
  /** The call is over. May be called twice. */
  end(): void
}

export type AllowanceVerdict = { readonly kind: 'granted'; readonly charge: Charge } | { readonly kind: 'refused'; readonly why: string }

interface Account {
  day: string
  spentMs: number
  readonly running: Set<{ answeredAt: number | undefined }>
}

/**
 * How much may be telephoned for whose account (a line, a device, an organisation). What is spent beyond it is refused and raises an alarm:
 * either somebody is abusing the service, or the limit is too tight for it.
 */
export class Allowance {
  readonly #accounts = new Map<string, Account>()
  readonly #day: Intl.DateTimeFormat
  #running = 0

  constructor(
    private readonly clock: Clock,
    private readonly alarms: Alarms,
    private readonly settings: AllowanceSettings = defaultAllowance,
  ) {
    this.#day = new Intl.DateTimeFormat('en-CA', { timeZone: settings.timeZone, dateStyle: 'short' })
  }

  /** Outgoing calls that are set up or running now. */
  get running(): number {
    return this.#running
  }

  /** Asks for one outgoing call. A granted one must be ended. */
  begin(account: string): AllowanceVerdict {
    const { concurrent, concurrentPerAccount, minutesPerAccountPerDay } = this.settings
    const state = this.#account(account)
    if (this.#running >= concurrent) return this.#refuse(`${concurrent} outgoing calls at the same time`)
    if (state.running.size >= concurrentPerAccount) return this.#refuse(`${concurrentPerAccount} outgoing calls at the same time for "${account}"`)
    if (this.#spentMs(state) >= minutesPerAccountPerDay * 60_000) return this.#refuse(`${minutesPerAccountPerDay} minutes a day for "${account}"`)
    const call: { answeredAt: number | undefined } = { answeredAt: undefined }
    state.running.add(call)
    this.#running += 1
    return {
      kind: 'granted',
      charge: {
        answered: () => {
          call.answeredAt ??= this.clock.monotonic()
        },
        end: () => {
          if (!state.running.delete(call)) return
          this.#running -= 1
          if (call.answeredAt !== undefined) this.#account(account).spentMs += this.clock.monotonic() - call.answeredAt
        },
      },
    }
  }

  #account(name: string): Account {
    const day = this.#day.format(this.clock.now())
    let account = this.#accounts.get(name)
    if (account === undefined) {
      account = { day, spentMs: 0, running: new Set() }
      this.#accounts.set(name, account)
    } else if (account.day !== day) {
      account.day = day
      account.spentMs = 0
    }
    return account
  }

  #spentMs(account: Account): number {
    const now = this.clock.monotonic()
    let spent = account.spentMs
    for (const { answeredAt } of account.running) spent += answeredAt === undefined ? 0 : now - answeredAt
    return spent
  }

  #refuse(limit: string): AllowanceVerdict {
    this.alarms.raise('calls.limitReached', `the limit of ${limit} is reached`)
    return { kind: 'refused', why: `limit reached: ${limit}` }
  }
}
