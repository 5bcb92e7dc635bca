import type { Alarms } from '../../src/alarms/alarms.js'
import { ArrangedCalls, type ArrangedCallsOptions } from '../../src/arrangements/arranged-calls.js'
import type { ArrangedCall, KeyedAt } from '../../src/calls/arrangements.js'
import { VirtualClock } from '../../src/clock/virtual-clock.js'
import { MemoryLog } from '../../src/demo/memory-log.js'
import { emptyDirectory } from '../../src/directory/empty-directory.js'
import type { Clinician, Directory } from '../../src/directory/model.js'
import { MemoryLedger } from './memory-ledger.js'

/** Wednesday, 4 March 2026, 10:00 UTC. */
export const worldBegins = Date.UTC(2026, 2, 4, 10)

export const patient = '+447700900123'
export const dialIn = '+441632960001'
export const codeNumber = '+441632960099'

function clinician(id: string, organisations: readonly string[], number: string): Clinician {
  return { id, name: id, spokenName: id, role: 'Consultant', numbers: [{ kind: 'number', number }], organisations }
}

/** Two practices with a Dial-In number each; Dr Okafor is at the first, Dr Prasad at both, Dr Quiet has no telephone. */
export const arrangedDirectory: Directory = {
  ...emptyDirectory,
  clinicians: new Map(
    [
      clinician('dr-okafor', ['elm-row'], '+441632960501'),
      clinician('dr-prasad', ['elm-row', 'mill-street'], '+441632960502'),
      { ...clinician('dr-quiet', ['elm-row'], ''), numbers: [] },
    ].map((one) => [one.id, one]),
  ),
  numbers: new Map(
    [
      { number: dialIn, use: { kind: 'dialIn' as const, organisation: 'elm-row' } },
      { number: '+441632960003', use: { kind: 'dialIn' as const, organisation: 'mill-street' } },
      { number: codeNumber, use: { kind: 'callBackCode' as const } },
    ].map((one) => [one.number, one]),
  ),
}

/** The facts of a log, as in the store. */
export function factsOf(log: MemoryLog): ArrangedCallsOptions['facts'] {
  return {
    events: (callId) => Promise.resolve(log.of(callId)),
    arrivals: (callIds) => Promise.resolve(log.told.filter((event) => event.type === 'call.arrived' && callIds.includes(event.callId))),
    async *factsOf(types, since) {
      await Promise.resolve()
      for (const event of log.told) if ((types as readonly string[]).includes(event.type) && event.at >= since) yield [event]
    },
    async *outcomesByStaff(since) {
      await Promise.resolve()
      for (const event of log.told) if (event.type === 'outcome.left' && event.by === 'staff' && event.at >= since) yield event.callId
    },
  }
}

/** Arranged calls over a ledger, facts and a clock in memory. `again()` is a new engine on the same disk. */
export class ArrangedWorld {
  readonly placed: ArrangedCall[] = []
  readonly alarms = new Map<string, string>()
  readonly log: MemoryLog
  #arranged: ArrangedCalls | undefined

  constructor(
    readonly clock = new VirtualClock(worldBegins),
    readonly ledger = new MemoryLedger(clock),
    private readonly more: Partial<ArrangedCallsOptions> = {},
  ) {
    this.log = new MemoryLog(clock)
  }

  static async open(more: Partial<ArrangedCallsOptions> = {}): Promise<ArrangedWorld> {
    const world = new ArrangedWorld(undefined, undefined, more)
    await world.again()
    return world
  }

  get arranged(): ArrangedCalls {
    if (!this.#arranged) throw new Error('not open yet')
    return this.#arranged
  }

  /** As if the engine had been killed and restarted. */
  async again(): Promise<void> {
    const { clock, ledger, log, more } = this
    const raised: Alarms = {
      raise: (alarm, detail) => void this.alarms.set(alarm, detail),
      clear: (alarm) => void this.alarms.delete(alarm),
    }
    this.#arranged = await ArrangedCalls.open({
      codesKey: () => Promise.resolve(Buffer.alloc(32, 5)),
      ledger,
      log,
      facts: factsOf(log),
      clock,
      alarms: raised,
      directory: () => arrangedDirectory,
      mayDial: (number) => /^\+44\d{10}$/.test(number),
      ...more,
    })
  }

  place = (call: ArrangedCall): { readonly kind: 'placed'; readonly callId: string } => {
    this.placed.push(call)
    return { kind: 'placed', callId: `placed-${this.placed.length}` }
  }

  /** Keys on a Dial-In number; default: Elm Row's. */
  at(callId: string, more: Partial<KeyedAt> = {}): KeyedAt {
    return { callId, callerNumber: '01632960701', dialledNumber: dialIn, organisation: 'elm-row', ...more }
  }

  atCodes(callId: string, more: Partial<KeyedAt> = {}): KeyedAt {
    return { callId, callerNumber: '01632960702', dialledNumber: codeNumber, ...more }
  }

  /** Lets all work on appended facts finish. */
  async settled(): Promise<void> {
    await this.arranged.diary.settled()
  }

  /** The call is over; with `talk`, after a conversation. */
  async ends(callId: string, { talk = false, outcome }: { readonly talk?: boolean; readonly outcome?: string } = {}): Promise<void> {
    if (talk) await this.log.append(callId, { type: 'talk.started', attempt: `${callId}-1` })
    if (outcome !== undefined) await this.log.append(callId, { type: 'outcome.left', outcome, by: 'caller' })
    await this.log.append(callId, { type: 'call.ended', ending: 'completed' })
    await this.settled()
  }
}
