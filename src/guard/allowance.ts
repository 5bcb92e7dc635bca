import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { OthersMap } from '../fleet/shared-map.js'

export interface AllowanceSettings {
  /** Outgoing calls at the same time, of all accounts together and of one. */
  readonly concurrent: number
  readonly concurrentPerAccount: number
  /** Minutes on outgoing calls that one account may spend in a day; running calls count up to now. */
  readonly minutesPerAccountPerDay: number
  /** The day is local to this zone. */
  readonly timeZone: string
}

export const defaultAllowance: AllowanceSettings = {
  concurrent: 200,
  concurrentPerAccount: 40,
  minutesPerAccountPerDay: 3_000,
  timeZone: 'Europe/London',
}

/** What an engine tells the others about an account: its calls that are set up or running now, and how long the answered ones have run, ms. */
export interface SharedCharge {
  readonly running: number
  readonly runningMs: number
}

export interface Charge {
  /** The called party answered: minutes run from now. */
  answered(): void
  /** The call is over. May be called twice. */
  end(): void
}

export type AllowanceVerdict = { readonly kind: 'granted'; readonly charge: Charge } | { readonly kind: 'refused'; readonly why: string }

const alarm = 'calls.limitReached'

interface Account {
  day: string
  spentMs: number
  readonly running: Set<{ answeredAt: number | undefined }>
}

/** A limit that has been reached. `day`: it is one of that day. */
interface Reached {
  readonly words: string
  readonly day?: string
}

/**
 * How many calls and minutes each account (a line, a device, an organisation) may use. A call beyond that is refused and raises an alarm:
 * either the service is being abused, or the limit is too tight for it. The alarm is over when there is room again.
 *
 * With several engines the calls of the others count as they report them: calls that two engines begin within the same tenth of a second may exceed a limit, by those calls and no more.
 */
export class Allowance {
  readonly #accounts = new Map<string, Account>()
  readonly #reached = new Map<string, Reached>()
  /** The day for which accounts were last tidied. */
  #seenDay: string | undefined
  readonly #day: Intl.DateTimeFormat
  #running = 0

  constructor(
    private readonly clock: Clock,
    private readonly alarms: Alarms,
    private readonly settings: AllowanceSettings = defaultAllowance,
    private readonly shared?: OthersMap<SharedCharge>,
  ) {
    this.#day = new Intl.DateTimeFormat('en-CA', { timeZone: settings.timeZone, dateStyle: 'short' })
  }

  /** Outgoing calls that are set up or running now. */
  get running(): number {
    return this.#running
  }

  /** Wall-clock ms at which today began, to the minute. */
  dayBegan(): number {
    const now = Math.floor(this.clock.now() / 60_000)
    const today = this.#day.format(now * 60_000)
    // The last minute of another day, by binary search: a day has 23 to 25 hours.
    let [before, after] = [now - 26 * 60, now]
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (this.#day.format(middle * 60_000) === today) after = middle
      else before = middle
    }
    return after * 60_000
  }

  /** Accounts with calls running, or with minutes spent since the day began. */
  get accounts(): number {
    return this.#accounts.size
  }

  /** Asks for one outgoing call. A granted one must be ended. */
  begin(account: string): AllowanceVerdict {
    const { concurrent, concurrentPerAccount, minutesPerAccountPerDay } = this.settings
    const state = this.#account(account)
    this.#forgetOtherDays(state.day)
    const elsewhere = this.#elsewhere(account)
    if (this.#running + elsewhere.all >= concurrent)
      return this.#refuse('running', { words: `${concurrent} outgoing calls at the same time` })
    if (state.running.size + elsewhere.running >= concurrentPerAccount)
      return this.#refuse(
        `running:${account}`,
        { words: `${concurrentPerAccount} outgoing calls at the same time for "${account}"` },
        account,
      )
    if (this.#spentMs(state) + elsewhere.runningMs >= minutesPerAccountPerDay * 60_000)
      return this.#refuse(
        `minutes:${account}`,
        { words: `${minutesPerAccountPerDay} minutes a day for "${account}"`, day: state.day },
        account,
      )
    return { kind: 'granted', charge: this.#charge(account, state, { answeredAt: undefined }) }
  }

  /**
   * A call that runs already, whatever the limits: a dead engine began it.
   * @param answeredAt wall-clock ms; its minutes run since then
   */
  goOn(account: string, answeredAt: number): Charge {
    return this.#charge(account, this.#account(account), {
      answeredAt: this.clock.monotonic() - Math.max(0, this.clock.now() - answeredAt),
    })
  }

  #charge(account: string, state: Account, call: { answeredAt: number | undefined }): Charge {
    state.running.add(call)
    this.#running += 1
    this.#share(account, state)
    return {
      answered: () => {
        call.answeredAt ??= this.clock.monotonic()
        this.#share(account, state)
      },
      end: () => {
        if (!state.running.delete(call)) return
        this.#running -= 1
        this.#share(account, state)
        this.#roomAgain('running', `running:${account}`)
        if (call.answeredAt !== undefined) this.#account(account).spentMs += this.clock.monotonic() - call.answeredAt
      },
    }
  }

  /** Adds what an account has spent today already: an engine that restarts during the day goes on counting. */
  spend(account: string, ms: number): void {
    this.#account(account).spentMs += ms
  }

  /** What an account has spent today, by the facts of all engines, if that is more than this engine knows. */
  spentByAll(account: string, ms: number): void {
    const state = this.#account(account)
    state.spentMs = Math.max(state.spentMs, ms)
  }

  /** Calls and running time of the other engines: of all accounts, and of one. A running call of theirs is counted on from its last report. */
  #elsewhere(account: string): { readonly all: number; readonly running: number; readonly runningMs: number } {
    let [all, running, runningMs] = [0, 0, 0]
    for (const { key, value } of this.shared?.others() ?? []) {
      all += value.running
      if (key !== account) continue
      running += value.running
      runningMs += value.runningMs
    }
    return { all, running, runningMs }
  }

  #share(name: string, { running }: Account): void {
    if (running.size === 0) return this.shared?.delete(name)
    const now = this.clock.monotonic()
    this.shared?.set(name, {
      running: running.size,
      runningMs: [...running].reduce((sum, { answeredAt }) => sum + (answeredAt === undefined ? 0 : now - answeredAt), 0),
    })
  }

  /** Tells the others how long calls have been running. */
  shareAgain(): void {
    for (const [name, state] of this.#accounts) if (state.running.size > 0) this.#share(name, state)
  }

  #account(name: string): Account {
    const day = this.#day.format(this.clock.now())
    this.#forgetAccountsOfOtherDays(day)
    let account = this.#accounts.get(name)
    if (account === undefined) {
      account = { day, spentMs: 0, running: new Set() }
      this.#accounts.set(name, account)
    } else if (account.day !== day) {
      // A day before the account's means that the clock was set back: that forgives nothing.
      if (day > account.day) account.spentMs = 0
      account.day = day
    }
    return account
  }

  /** Once a day: the directory decides which accounts exist, and a process may run for years. */
  #forgetAccountsOfOtherDays(today: string): void {
    if (this.#seenDay === today) return
    this.#seenDay = today
    for (const [name, { day, running }] of this.#accounts) if (day < today && running.size === 0) this.#accounts.delete(name)
  }

  #spentMs(account: Account): number {
    const now = this.clock.monotonic()
    let spent = account.spentMs
    for (const { answeredAt } of account.running) spent += answeredAt === undefined ? 0 : now - answeredAt
    return spent
  }

  /** @param account undefined: it is the limit of all together */
  #refuse(key: string, limit: Reached, account?: string): AllowanceVerdict {
    this.#reached.set(key, limit)
    this.alarms.raise(
      alarm,
      `the limit of ${[...this.#reached.values()].map(({ words }) => words).join(', and that of ')} is reached`,
      account === undefined ? [] : [{ line: account }, { organisation: account }],
    )
    return { kind: 'refused', why: `limit reached: ${limit.words}` }
  }

  #roomAgain(...keys: readonly string[]): void {
    let any = false
    for (const key of keys) any = this.#reached.delete(key) || any
    if (any && this.#reached.size === 0) this.alarms.clear(alarm)
  }

  #forgetOtherDays(today: string): void {
    this.#roomAgain(...[...this.#reached].filter(([, { day }]) => day !== undefined && day !== today).map(([key]) => key))
  }
}
