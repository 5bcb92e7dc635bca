import type { Target } from '../switch/port.js'
import type { Period } from './period.js'

/**
 * The directory: who may call what, and who answers when. Plain, readonly data; every question that depends on the time is a
 * pure function with the instant as an argument (`hours.ts`, `rota.ts`, `access.ts`, `numbers.ts`).
 *
 * Ids are short kebab-case strings that people write in the directory file (`cardiology`, `dr-okafor`).
 * Times of day are local to the line's `timeZone`, as `HH:MM`; dates are `YYYY-MM-DD`.
 */

export type OrganisationId = string
export type LineId = string
export type ClinicianId = string
export type PoolId = string
export type AreaId = string

export type OrganisationKind = 'gpPractice' | 'trust' | 'ambulance' | 'icb' | 'pharmacy' | 'other'

export interface Organisation {
  readonly id: OrganisationId
  readonly kind: OrganisationKind
  readonly name: string
  /** How to speak it, if the written name reads badly. */
  readonly spokenName: string
  /** National code, e.g. `E81001`. */
  readonly odsCode?: string
  /** Borough or ICB; outcomes and access are configured by area. */
  readonly area: AreaId
  /** Keys by which clinicians reach it on its bypass number, 1 to 6 digits; unique in the directory. */
  readonly code?: string
  /** A practice's unlisted number that skips its queue (E.164), and the number to ring if that is unavailable or busy. */
  readonly bypass?: Target
  readonly reception?: Target
  /** How long recordings of its calls are kept; default: the setting `retention.recordings`. */
  readonly keepRecordings?: Period
  /** How long the records of its calls are kept; default: the setting `retention.records`. */
  readonly keepRecords?: Period
}

/** A borough or ICB. Every area that an organisation names is known; `outcomes` only if the area has its own list. */
export interface Area {
  readonly id: AreaId
  readonly name: string
  readonly outcomes?: readonly OutcomeChoice[]
}

export type DayOfWeek = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun'
export type Nation = 'england' | 'scotland' | 'wales'

/** `to` at or before `from` means that the span ends on the next day. `24:00` is midnight at the end of the day. */
export interface TimeSpan {
  readonly from: string
  readonly to: string
}

export interface OpeningHours {
  /** Several spans a day; a day without an entry is closed. `'always'`: round the clock. */
  readonly week: Readonly<Partial<Record<DayOfWeek, readonly TimeSpan[]>>> | 'always'
  /** Replaces the weekly spans of that date. An empty list: closed all day. */
  readonly exceptions: Readonly<Record<string, readonly TimeSpan[]>>
  /** The spans on bank holidays of this nation (an empty list: closed). Undefined: as on any day. */
  readonly bankHolidays?: { readonly nation: Nation; readonly spans: readonly TimeSpan[] }
}

export type HuntOrder = 'rota' | 'leastRecentlyRung'

export interface RingPolicy {
  /** Ring time-out of one leg. Default 20. */
  readonly ringSeconds: number
  /** From the specialist's answer to the latest moment for acceptance. Default 15. */
  readonly acceptSeconds: number
  /** Cap of the whole hunt, NCN included, from the choice of the line. Default 180. */
  readonly totalSeconds: number
  /** The most rounds of the rota. Default 1. */
  readonly rounds: number
  readonly order: HuntOrder
}

export type LineKind = 'advice' | 'pifuAnswer' | 'pifuCallBack'

/** The possible outcomes, in the order of keys 1, 2, 3 ... `id` is stored, `label` is shown and spoken. */
export interface OutcomeChoice {
  readonly id: string
  readonly label: string
}

/**
 * Whether a specialist who answers may say "one" instead of pressing it. `offers`: the word makes the engine ask for the key; `accepts`: the word, repeated on
 * request, accepts: no directory can say that yet, because the figures are not good enough (docs/words.md).
 */
export type SpokenWord = 'off' | 'offers' | 'accepts'

export interface Line {
  readonly id: LineId
  readonly kind: LineKind
  /** The organisation that runs it. */
  readonly trust: OrganisationId
  readonly name: string
  readonly spokenName: string
  /** Keys that choose it in a menu, 1 to 4 digits; unique within what one organisation may call. */
  readonly code: string
  /** For callers, spoken after the choice or when nobody accepts: "If no response try again after 15 mins". */
  readonly blurb: string
  /** Said when nobody accepted; defaults to the blurb. */
  readonly closedMessage?: string
  readonly timeZone: string
  readonly hours: OpeningHours
  /** Who may call it. Both empty: nobody; `everyone`: every organisation of the directory. */
  readonly access: { readonly everyone: boolean; readonly organisations: readonly OrganisationId[]; readonly areas: readonly AreaId[] }
  readonly ring: RingPolicy
  /** The National Consultant Network pool in which the hunt goes on, if the line has one. */
  readonly ncnPool?: PoolId
  readonly outcomes: readonly OutcomeChoice[]
  /** Whether the list is the line's own; the default list of its kind yields to the caller's area's (`outcomesFor`). */
  readonly ownOutcomes?: boolean
  /** `bridge` (default): the conversation only. `answer`: from the caller's answer. */
  readonly recordFrom: 'bridge' | 'answer'
  /** Absent: off. */
  readonly spokenWord?: Exclude<SpokenWord, 'off'>
}

export interface Clinician {
  readonly id: ClinicianId
  readonly name: string
  readonly spokenName: string
  readonly role: string
  /** Rung in this order. Never shown or sent to a caller. */
  readonly numbers: readonly Target[]
  /** Several for locums. */
  readonly organisations: readonly OrganisationId[]
}

/** One place on a rota: a clinician, or a plain phone (on-call mobile, nurses' station, clinic room). */
export type RotaEntry =
  | { readonly kind: 'clinician'; readonly clinician: ClinicianId }
  | { readonly kind: 'phone'; readonly label: string; readonly target: Target }

/** One session of the weekly pattern: "Monday morning 09:00-13:00". May cross midnight. It belongs to the day on which it begins. */
export interface RotaSession {
  readonly name: string
  readonly day: DayOfWeek
  readonly span: TimeSpan
  readonly entries: readonly RotaEntry[]
}

/** A change of the session with that name on one date. `close`: nobody is rung. */
export type RotaChange = { readonly date: string; readonly session: string } & (
  | { readonly kind: 'replace'; readonly entries: readonly RotaEntry[]; readonly span?: TimeSpan }
  | { readonly kind: 'add'; readonly entry: RotaEntry; readonly position?: number }
  | { readonly kind: 'remove'; readonly entry: RotaEntry }
  | { readonly kind: 'reorder'; readonly entries: readonly RotaEntry[] }
  | { readonly kind: 'close' }
)

export interface Rota {
  readonly line: LineId
  readonly pattern: readonly RotaSession[]
  readonly changes: readonly RotaChange[]
}

export interface NcnPool {
  readonly id: PoolId
  readonly specialty: string
  readonly spokenName: string
  readonly entries: readonly RotaEntry[]
  readonly ring: RingPolicy
}

/** What a dialled number does. */
export type NumberUse =
  | { readonly kind: 'dialIn'; readonly organisation: OrganisationId }
  | { readonly kind: 'line'; readonly line: LineId }
  /** Takes the codes of arranged calls. */
  | { readonly kind: 'callBackCode' }
  /** Asks for a practice's code, and connects to its bypass number. */
  | { readonly kind: 'bypass' }

export interface DirectoryNumber {
  /** E.164, or a bare string of digits on a private network. */
  readonly number: string
  readonly use: NumberUse
}

export interface Directory {
  readonly organisations: ReadonlyMap<OrganisationId, Organisation>
  readonly lines: ReadonlyMap<LineId, Line>
  readonly clinicians: ReadonlyMap<ClinicianId, Clinician>
  readonly rotas: ReadonlyMap<LineId, Rota>
  readonly pools: ReadonlyMap<PoolId, NcnPool>
  /** By the dialled number in E.164 or as written. */
  readonly numbers: ReadonlyMap<string, DirectoryNumber>
  /** Boroughs and ICBs, by the name that organisations and access rules use. */
  readonly areas: ReadonlyMap<AreaId, Area>
}

/** A candidate for a hunt, resolved from a rota entry. */
export interface HuntCandidate {
  /** Stable identity for reservations and for statistics: `clinician:dr-okafor` or `phone:<target>`. */
  readonly key: string
  readonly pool: 'local' | 'ncn'
  /** For operations pages and records, never for the caller. */
  readonly label: string
  readonly clinician?: ClinicianId
  /** Tried in this order; usually one. Never empty. */
  readonly targets: readonly Target[]
}
