import { emptyDirectory } from '../directory/empty-directory.js'
import type { Clinician, ClinicianId, Directory, Line, LineId, NcnPool, RingPolicy, Rota, RotaEntry } from '../directory/model.js'
import { versionFor, type RotaHistory } from '../directory/rota-history.js'
import { entryKey, huntCandidates, poolCandidates, whoIsOn } from '../directory/rota.js'
import { targetInFacts } from '../facts/target-in-facts.js'
import type { PastRinging } from '../store/past-ringing.js'
import type { Target } from '../switch/port.js'

/** The people rung for a line, when and how: the policy in force then, or one to try. */
export interface Scenario {
  readonly line: Line
  readonly ring: RingPolicy
  /** The rota for a call that arrives at this instant (wall-clock ms), and its time zone. */
  readonly rotaAt: (atMs: number) => { readonly rota: Rota; readonly timeZone: string }
  readonly clinicians: ReadonlyMap<ClinicianId, Clinician>
  /** The pool in which the hunt goes on. */
  readonly ncnPool: NcnPool | undefined
}

/** The number that replayed callers dial. No real directory has it. */
export const replayedNumber = '1'

const allWeek = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/**
 * The directories of a scenario for the hunt's code: each call's has the people on who were on at its arrival. The
 * line is always open (the call is known to have reached the hunt), takes calls without a menu, and asks for no outcome.
 */
export class ScenarioDirectories {
  readonly #scenario: Scenario
  readonly #line: Line
  readonly #known = new Map<string, Directory>()

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.#line = {
      ...scenario.line,
      kind: 'advice',
      blurb: '',
      hours: { week: 'always', exceptions: {} },
      outcomes: [],
      ownOutcomes: true,
      recordFrom: 'bridge',
      ring: scenario.ring,
      ncnPool: scenario.ncnPool?.id,
    }
  }

  get line(): LineId {
    return this.#line.id
  }

  directoryAt(atMs: number): Directory {
    const { rota, timeZone } = this.#scenario.rotaAt(atMs)
    const { entries } = whoIsOn(rota, timeZone, atMs)
    const key = entries.map((entry) => `${entryKey(entry)}\t${entry.kind === 'phone' ? entry.label : ''}`).join('\n')
    let directory = this.#known.get(key)
    if (directory === undefined) this.#known.set(key, (directory = this.#withOnDuty(entries)))
    return directory
  }

  /** Everybody whom calls arriving at these instants could have rung, each telephone once. */
  telephones(instants: readonly number[]): readonly Telephone[] {
    const found = new Map<string, Telephone>()
    for (const directory of new Set(instants.map((atMs) => this.directoryAt(atMs)))) {
      for (const { key, label, pool, targets } of [
        ...huntCandidates(directory, this.#line, 0),
        ...(this.#line.ncnPool === undefined ? [] : poolCandidates(directory, this.#line.ncnPool)),
      ]) {
        for (const [place, target] of targets.entries()) {
          const named = targetInFacts(target)
          if (!found.has(named))
            found.set(named, { target: named, candidate: key, label: place === 0 ? label : `${label} (number ${place + 1})`, pool })
        }
      }
    }
    return [...found.values()]
  }

  #withOnDuty(entries: readonly RotaEntry[]): Directory {
    const line = this.#line
    const { clinicians, ncnPool } = this.#scenario
    const rota: Rota = {
      line: line.id,
      changes: [],
      pattern: allWeek.map((day) => ({ name: 'on', day, span: { from: '00:00', to: '24:00' }, entries })),
    }
    return {
      ...emptyDirectory,
      lines: new Map([[line.id, line]]),
      clinicians,
      rotas: new Map([[line.id, rota]]),
      pools: new Map(ncnPool === undefined ? [] : [[ncnPool.id, ncnPool]]),
      numbers: new Map([[replayedNumber, { number: replayedNumber, use: { kind: 'line', line: line.id } }]]),
    }
  }
}

/** A telephone that a scenario can ring. */
export interface Telephone {
  /** As the facts name it. */
  readonly target: string
  readonly candidate: string
  /** Never the number. */
  readonly label: string
  readonly pool: 'local' | 'ncn'
}

/** The rota planned when each call arrived, as far as its history goes back; before that, today's. */
export function rotaInForce(history: RotaHistory, today: { readonly rota: Rota; readonly timeZone: string }): Scenario['rotaAt'] {
  return (atMs) => versionFor(history, atMs) ?? today
}

/**
 * The clinicians with their telephones of that time: one who has left the directory or changed numbers is rung on
 * those in the recorded calls.
 * @param ringings attempts of the line, in the period
 */
export function cliniciansThen(
  today: ReadonlyMap<ClinicianId, Clinician>,
  history: RotaHistory,
  ringings: readonly PastRinging[],
): ReadonlyMap<ClinicianId, Clinician> {
  const rung = new Map<ClinicianId, { readonly label: string; readonly targets: string[] }>()
  for (const { candidate, label, target } of ringings) {
    const id = /^clinician:(.+)$/.exec(candidate)?.[1]
    if (id === undefined) continue
    const known = rung.get(id)
    if (known === undefined) rung.set(id, { label, targets: [target] })
    else if (!known.targets.includes(target)) known.targets.push(target)
  }
  const then = new Map(today)
  for (const [id, { label, targets }] of rung) {
    const now = today.get(id)
    if (now?.numbers.some((target) => targets.includes(targetInFacts(target))) === true) continue
    const name = now?.name ?? history.findLast(({ names }) => names[id] !== undefined)?.names[id] ?? label
    then.set(id, {
      id,
      name,
      spokenName: name,
      role: now?.role ?? '',
      organisations: now?.organisations ?? [],
      numbers: targets.map(asTarget),
    })
  }
  return then
}

function asTarget(target: string): Target {
  return target.startsWith('sip:') || target.startsWith('sips:') ? { kind: 'uri', uri: target } : { kind: 'number', number: target }
}
