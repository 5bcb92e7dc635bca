import type { Identity } from '../../accounts/identity.js'
import type { Clinician, Directory } from '../../directory/model.js'
import { nextOn } from '../../directory/next-on.js'
import { cliniciansOf, huntCandidates, whoIsOn } from '../../directory/rota.js'
import type { AvailabilityOperations, NotNowView } from '../../operations/availability.js'
import { bypassDirectory, type BypassDirectory } from '../../operations/bypass-directory.js'
import { done, type Result } from '../../operations/result.js'
import { serviceDirectory, type ServiceDirectoryParts, type ServiceLine } from '../../operations/service-directory.js'
import { openCalls, type OpenCallsParts } from '../open-calls.js'
import { timeOf } from '../wallboard/words.js'

/** What a clinician's mobile shows, online and offline: nothing of a patient. */
export interface PocketState {
  /** The owner; discarded on another person's screen. */
  readonly person: string
  /** When it was read, and until when it may be shown, wall-clock ms. */
  readonly now: number
  readonly goodUntil: number
  /** They have said "not now"; undefined: they take calls. */
  readonly notNow?: NotNowView
  /** Lines whose rota they are on, with who is rung now. */
  readonly answers: readonly AnsweredLine[]
  /** Lines that they may ring, open ones first. */
  readonly lines: readonly RungLine[]
  readonly calls: readonly OpenCall[]
  readonly moreCalls: boolean
  readonly bypass: BypassDirectory
}

export interface AnsweredLine {
  readonly id: string
  readonly name: string
  /** Names, in the order in which they are rung. */
  readonly on: readonly string[]
  readonly youAreOn: boolean
  /** `13:00`: until when, while they are on; else their next start within a week. */
  readonly until?: string
  readonly next?: string
}

export interface RungLine extends Pick<ServiceLine, 'id' | 'name' | 'trustName' | 'blurb' | 'open' | 'opening' | 'usualSeconds'> {
  /** How many are rung there now. */
  readonly on: number
  /** Its direct number, formatted; undefined: it has none. */
  readonly direct?: string
}

export interface OpenCall {
  readonly id: string
  readonly line: string
  readonly arrivedAt: number
  readonly with: string
  readonly choices: readonly { readonly id: string; readonly label: string }[]
}

export interface PocketParts extends OpenCallsParts {
  readonly store: OpenCallsParts['store'] & ServiceDirectoryParts['store']
  readonly directory: () => Directory
  readonly availability: Pick<AvailabilityOperations, 'of'>
  /** Wall-clock ms. */
  readonly now: () => number
}

const maxCalls = 5
/** All that a mobile keeps for later. */
const maxPractices = 500

/** @param clinician the person's entry in the directory */
export async function pocketState(
  parts: PocketParts,
  identity: Extract<Identity, { kind: 'person' }>,
  clinician: Clinician,
): Promise<Result<PocketState, 'storeUnavailable'>> {
  const [known, now] = [parts.directory(), parts.now()]
  const lines = new Map<string, ServiceLine>()
  for (const organisation of clinician.organisations) {
    const found = await serviceDirectory(parts, organisation)
    if (found.kind === 'refused') return found
    for (const line of found.value?.lines ?? []) lines.set(line.id, lines.get(line.id) ?? line)
  }
  const notNow = parts.availability.of(clinician.id)
  const calls = await openCalls(parts, identity, known, maxCalls + 1)
  return done({
    person: identity.person.id,
    now,
    goodUntil: identity.session.expiresAt,
    ...(notNow === undefined ? {} : { notNow }),
    answers: answeredLines(parts, known, clinician, now),
    lines: [...lines.values()]
      .map((line) => rungLine(line, known, now))
      .sort((a, b) => Number(b.open) - Number(a.open) || a.name.localeCompare(b.name, 'en-GB')),
    calls: calls.slice(0, maxCalls).map(({ callId, arrivedAt, operation, surgery, consultant, choices }) => ({
      id: callId,
      line: operation ?? 'A call',
      arrivedAt,
      with: [surgery, consultant].filter((one) => one !== null && one !== clinician.name).join(', '),
      choices,
    })),
    moreCalls: calls.length > maxCalls,
    bypass: bypassDirectory(known, { limit: maxPractices }),
  })
}

function rungLine(
  { id, name, trustName, blurb, open, opening, usualSeconds, direct: [direct] }: ServiceLine,
  known: Directory,
  now: number,
): RungLine {
  const line = known.lines.get(id)
  return {
    id,
    name,
    trustName,
    blurb,
    open,
    opening,
    usualSeconds,
    on: line && open ? huntCandidates(known, line, now).length : 0,
    ...(direct === undefined ? {} : { direct }),
  }
}

function answeredLines(
  { availability }: Pick<PocketParts, 'availability'>,
  known: Directory,
  { id }: Clinician,
  now: number,
): readonly AnsweredLine[] {
  return [...known.rotas.values()]
    .filter((rota) => cliniciansOf(rota).includes(id))
    .flatMap((rota): readonly AnsweredLine[] => {
      const line = known.lines.get(rota.line)
      if (!line) return []
      const candidates = huntCandidates(known, line, now)
      const time = (at: number) => timeOf(at, now, line.timeZone)
      const own = whoIsOn(rota, line.timeZone, now).sessions.filter(({ entries }) =>
        entries.some((entry) => entry.kind === 'clinician' && entry.clinician === id),
      )
      const until = own.reduce((latest, { to }) => Math.max(latest, to), 0)
      const next = nextOf(known, line, id, now)
      return [
        {
          id: line.id,
          name: line.name,
          on: candidates.map(({ clinician, label }) => {
            const said = clinician === undefined ? undefined : availability.of(clinician)
            return `${clinician === id ? 'You' : label}${said === undefined ? '' : ` (not now until ${time(said.until)})`}`
          }),
          youAreOn: candidates.some(({ clinician }) => clinician === id),
          ...(until > now ? { until: time(until) } : next === undefined ? {} : { next: time(next) }),
        },
      ]
    })
    .sort((a, b) => Number(b.youAreOn) - Number(a.youAreOn) || a.name.localeCompare(b.name, 'en-GB'))
}

/** How many rota changes are looked through; a day has three or four. */
const maxChanges = 40

/** When they are next on, within a week; undefined: not within it. */
export function nextOf(known: Directory, line: Parameters<typeof nextOn>[1], clinician: string, now: number): number | undefined {
  let at = now
  for (let step = 0; step < maxChanges; step++) {
    const next = nextOn(known, line, at)
    if (!next || next.at > now + 7 * 24 * 60 * 60_000) return undefined
    if (next.candidates.some((one) => one.clinician === clinician)) return next.at
    at = next.at
  }
  return undefined
}
