import { toE164 } from '../directory/telephone-number.js'
import type { Actor } from '../facts/actor.js'
import type { CallRecord } from '../facts/call-record.js'
import type { Ledger, LedgerEntry } from '../store/ledger.js'

/** The scope of a legal hold: one call, all of an organisation, or all calls with a number (a patient's, E.164). */
export interface HoldScope {
  readonly kind: 'call' | 'organisation' | 'number'
  readonly value: string
}

export interface Hold {
  readonly id: string
  readonly scope: HoldScope
  readonly reason: string
  /** Wall-clock ms. */
  readonly placedAt: number
  readonly placedBy: Actor
  readonly released?: { readonly at: number; readonly by: Actor; readonly reason: string }
}

/** The call, organisation and numbers that stored data concern. */
export interface Holdable {
  readonly calls: ReadonlySet<string>
  readonly organisations: ReadonlySet<string>
  /** E.164. */
  readonly numbers: ReadonlySet<string>
}

const subjectPrefix = 'hold:'

/** The holds of the ledger, those of other engines too. */
export class Holds {
  readonly #holds = new Map<string, Hold>()
  #lastSeq = 0
  #reading: Promise<void> = Promise.resolve()

  constructor(private readonly ledger: Pick<Ledger, 'append' | 'entries'>) {}

  /** Reads new entries. Rejects if the ledger cannot be read, or has an unknown kind of hold: then nothing may be deleted. */
  refresh(): Promise<void> {
    const done = this.#reading.then(() => this.#read())
    this.#reading = done.catch(() => undefined)
    return done
  }

  /** Newest last. */
  all(): readonly Hold[] {
    return [...this.#holds.values()]
  }

  get(id: string): Hold | undefined {
    return this.#holds.get(id)
  }

  anyInForce(): boolean {
    return this.all().some(({ released }) => released === undefined)
  }

  /** The first current hold on a call; undefined: none. */
  on(call: CallRecord): Hold | undefined {
    if (!this.anyInForce()) return undefined
    return this.covering({
      calls: new Set([call.callId]),
      organisations: new Set([call.organisation, call.reached].filter((one) => one !== undefined)),
      numbers: numbersOf(call),
    })
  }

  /** The first current hold on any of these; undefined: none. */
  covering({ calls, organisations, numbers }: Holdable): Hold | undefined {
    return this.all().find(
      ({ released, scope: { kind, value } }) =>
        released === undefined && (kind === 'call' ? calls : kind === 'organisation' ? organisations : numbers).has(value),
    )
  }

  async place(id: string, scope: HoldScope, reason: string, actor: Actor): Promise<Hold | undefined> {
    await this.ledger.append('retention', `${subjectPrefix}${id}`, 'placed', { scope, reason }, actor)
    await this.refresh()
    return this.get(id)
  }

  async release(id: string, reason: string, actor: Actor): Promise<Hold | undefined> {
    await this.ledger.append('retention', `${subjectPrefix}${id}`, 'released', { reason }, actor)
    await this.refresh()
    return this.get(id)
  }

  async #read(): Promise<void> {
    for await (const entry of this.ledger.entries('retention', this.#lastSeq + 1)) {
      if (entry.seq <= this.#lastSeq) continue
      if (entry.subject.startsWith(subjectPrefix)) this.#apply(entry)
      this.#lastSeq = entry.seq
    }
  }

  #apply({ subject, type, at, actor, data, seq }: LedgerEntry): void {
    const id = subject.slice(subjectPrefix.length)
    const before = this.#holds.get(id)
    if (type === 'placed' && isPlaced(data))
      this.#holds.set(id, { id, scope: data.scope, reason: data.reason, placedAt: at, placedBy: actor })
    else if (type === 'released' && before !== undefined && isReasoned(data))
      this.#holds.set(id, before.released ? before : { ...before, released: { at, by: actor, reason: data.reason } })
    else throw new Error(`entry ${seq} of the ledger is a legal hold that cannot be read; nothing is deleted until it can`)
  }
}

/** Every number in a call, in canonical form. */
export function numbersOf(call: CallRecord): ReadonlySet<string> {
  const written = [call.callerNumber, call.callBackRequested ?? '', ...call.attempts.map(({ target }) => target)]
  return new Set(written.filter((number) => number !== '').map(toE164))
}

function isReasoned(data: unknown): data is { readonly reason: string } {
  return typeof data === 'object' && data !== null && 'reason' in data && typeof data.reason === 'string'
}

function isPlaced(data: unknown): data is { readonly reason: string; readonly scope: HoldScope } {
  if (!isReasoned(data) || !('scope' in data)) return false
  const { scope } = data as { readonly scope: unknown }
  return (
    typeof scope === 'object' &&
    scope !== null &&
    'kind' in scope &&
    'value' in scope &&
    typeof scope.value === 'string' &&
    ['call', 'organisation', 'number'].includes(String(scope.kind))
  )
}
