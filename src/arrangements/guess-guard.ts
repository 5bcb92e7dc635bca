import { randomUUID } from 'node:crypto'
import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import { showNumber } from '../directory/telephone-number.js'
import type { SharedMap } from '../fleet/shared-map.js'
import { callerRule, GuessAccount, numberRule, type GuessRule } from './guess-account.js'

export interface GuessRules {
  readonly caller: GuessRule
  readonly number: GuessRule
  /** The most callers, and numbers, remembered; the least recent are forgotten first, locked ones last. */
  readonly remembered: number
}

export const defaultGuessRules: GuessRules = { caller: callerRule, number: numberRule, remembered: 20_000 }

/** How many entries are searched for an unlocked one before the oldest has to go. */
const lookedAtForRoom = 64
const namedInAlarm = 5
/** Another guess of the same party is being checked. */
const busyMs = 1_000

export type Guess =
  /** None is checked, right or wrong. */
  | { readonly kind: 'locked' }
  /** Sooner than allowed. Neither checked nor counted. */
  | { readonly kind: 'tooSoon'; readonly waitMs: number }
  /** Counted as wrong. Check it, and call exactly one of the two. */
  | {
      readonly kind: 'charged'
      readonly right: () => void
      readonly wrong: () => { readonly kind: 'wrong'; readonly waitMs: number } | { readonly kind: 'wrongAndLocked' }
    }

/** A wrong guess, as engines exchange it. */
export interface SharedGuess {
  readonly guesser: string
  readonly dialledNumber: string
  /** Wall-clock ms. */
  readonly at: number
}

/** Resolves when the others know of it. */
const toldForMs = 60_000

interface Party {
  readonly account: GuessAccount
  /** For the alarm. */
  readonly name: string
}

/**
 * Limits guesses at PINs and codes, which are few enough to be tried one by one. Every guess is charged to the caller's number and
 * to the number dialled before it is checked, and refunded if right. Wrong ones make the caller wait longer and longer; then
 * the caller, or the number, is locked, and `codes.locked` is up until the last lock ends.
 */
export class GuessGuard {
  readonly #callers = new Map<string, GuessAccount>()
  readonly #numbers = new Map<string, GuessAccount>()
  /** The names in the alarm, and until when (monotonic ms). */
  readonly #locks = new Map<string, { readonly until: number; readonly untilText: string }>()
  #cancelTimer: (() => void) | undefined
  readonly #stopListening: () => void

  /** @param others with several engines: guesses at one of them are counted by all */
  constructor(
    private readonly clock: Clock,
    private readonly alarms: Alarms,
    private readonly rules: GuessRules = defaultGuessRules,
    private readonly others?: Pick<SharedMap<SharedGuess>, 'set' | 'onChange'>,
  ) {
    this.#stopListening =
      others?.onChange(({ value }) => value && this.remember(value.guesser, value.dialledNumber, Math.max(0, clock.now() - value.at))) ??
      (() => undefined)
  }

  /** @param guesser the caller's number; if withheld, the identity counted under, or empty */
  guess(guesser: string, dialledNumber: string): Guess {
    const now = this.clock.monotonic()
    const parties = this.#parties(guesser, dialledNumber)
    const [{ account: caller }, { account: number }] = parties
    if (caller.isLocked(now) || number.isLocked(now)) return { kind: 'locked' }
    const waitMs = caller.waitMs(now)
    if (waitMs > 0) return { kind: 'tooSoon', waitMs }
    if (!caller.hasRoom(now) || !number.hasRoom(now)) return { kind: 'tooSoon', waitMs: busyMs }
    const charges = parties.map((party) => ({ ...party, guess: party.account.charge(now) }))
    return {
      kind: 'charged',
      right: () => {
        for (const { account, guess } of charges) account.refund(guess)
      },
      wrong: () => {
        const then = this.clock.monotonic()
        this.others?.set(randomUUID(), { guesser, dialledNumber, at: this.clock.now() }, toldForMs)
        for (const { account, guess, name } of charges) if (account.confirm(guess, then)) this.#locked(name, account.lockedUntil)
        if (charges.some(({ account }) => account.isLocked(then))) return { kind: 'wrongAndLocked' }
        return { kind: 'wrong', waitMs: caller.waitMs(then) }
      },
    }
  }

  /** Counts a wrong guess from before the start, or at another engine, so that neither opens a lock. In order, oldest first. @param agoMs how long ago it was */
  remember(guesser: string, dialledNumber: string, agoMs: number): void {
    const then = this.clock.monotonic() - agoMs
    for (const { account, name } of this.#parties(guesser, dialledNumber)) {
      if (account.confirm(account.charge(then), then) && account.isLocked(this.clock.monotonic())) this.#locked(name, account.lockedUntil)
    }
  }

  /** How many callers and numbers are remembered. */
  get size(): number {
    return this.#callers.size + this.#numbers.size
  }

  close(): void {
    this.#stopListening()
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  /** Callers who withhold their number and have no identity from the network are one caller: the empty key. */
  #parties(guesser: string, dialledNumber: string): readonly [Party, Party] {
    return [
      { account: this.#account(this.#callers, guesser, this.rules.caller), name: nameOf(guesser) },
      { account: this.#account(this.#numbers, dialledNumber, this.rules.number), name: `number ${showNumber(dialledNumber)}` },
    ]
  }

  #account(accounts: Map<string, GuessAccount>, key: string, rule: GuessRule): GuessAccount {
    const account = accounts.get(key) ?? new GuessAccount(rule)
    // Removed and inserted again: the map is in order of last use.
    accounts.delete(key)
    accounts.set(key, account)
    if (accounts.size > this.rules.remembered) accounts.delete(this.#leastMissed(accounts))
    return account
  }

  #leastMissed(accounts: ReadonlyMap<string, GuessAccount>): string {
    const now = this.clock.monotonic()
    let oldest: string | undefined
    let lookedAt = 0
    for (const [key, account] of accounts) {
      oldest ??= key
      if (!account.isLocked(now)) return key
      if (++lookedAt >= lookedAtForRoom) break
    }
    return oldest ?? ''
  }

  #locked(name: string, until: number): void {
    const untilText = new Date(this.clock.now() + until - this.clock.monotonic()).toISOString().slice(0, 16).replace('T', ' ')
    this.#locks.set(name, { until, untilText })
    const names = [...this.#locks].slice(-namedInAlarm).map(([one, lock]) => `${one} until ${lock.untilText} UTC`)
    const more = this.#locks.size - names.length
    this.alarms.raise('codes.locked', `too many wrong PINs or codes: ${names.join('; ')}${more > 0 ? `; and ${more} more` : ''}`)
    this.#awaitNextEnd()
  }

  #awaitNextEnd(): void {
    this.#cancelTimer?.()
    const next = Math.min(...[...this.#locks.values()].map(({ until }) => until))
    this.#cancelTimer = this.clock.after(next - this.clock.monotonic(), () => {
      const now = this.clock.monotonic()
      for (const [name, { until }] of this.#locks) if (until <= now) this.#locks.delete(name)
      if (this.#locks.size === 0) this.alarms.clear('codes.locked')
      else this.#awaitNextEnd()
    })
  }
}

/** For the alarm: enough to tell two withheld callers apart, and nothing of who they are. */
function nameOf(guesser: string): string {
  if (guesser === '') return 'callers who withhold their number'
  const [, account] = /^withheld:(.*)$/.exec(guesser) ?? []
  return account === undefined ? `caller ${showNumber(guesser)}` : `a caller who withholds their number (${account.slice(0, 6)})`
}
