import { messageOf } from '../common/errors.js'
/**
 * Why a request was refused. Closed; nothing was changed. `badInput`: an input is missing, unknown or wrong.
 * `storeUnavailable`: the database cannot be read or written.
 */
export type RefusalCode =
  | 'badInput'
  | 'arrangementNotFound'
  | 'callNotFound'
  | 'deviceNotFound'
  | 'clinicianNotFound'
  | 'ownerNotFound'
  | 'targetNotFound'
  | 'notOpen'
  | 'notDialable'
  | 'noClinician'
  | 'noAdviceCall'
  | 'lineNotFound'
  | 'lineClosed'
  | 'noTelephone'
  | 'tooLate'
  | 'deviceExists'
  | 'notWatched'
  | 'holdNotFound'
  | 'holdReleased'
  | 'closingDown'
  | 'codesUsedUp'
  | 'staleVersion'
  | 'directoryInvalid'
  | 'directoryConflict'
  | 'personNotFound'
  | 'grantNotFound'
  | 'lastAdministrator'
  | 'notMailable'
  | 'messageNotFound'
  | 'messageGone'
  | 'tokenNotFound'
  | 'storeUnavailable'

export interface Refused<Code extends RefusalCode = RefusalCode> {
  readonly kind: 'refused'
  readonly code: Code
  /** For people: what is wrong, and what would be right. */
  readonly message: string
  /** The input at fault, if it is one: `dueAt`, `owner.id`. */
  readonly field?: string
  /** Each problem, if there may be several. */
  readonly problems?: readonly Problem[]
}

/** One of several problems. */
export interface Problem {
  readonly field: string
  readonly message: string
  /** What would be right. */
  readonly expected?: string
  /** If another person has changed the same field: their value, and the one wanted here. */
  readonly inForce?: string
  readonly wanted?: string
}

export interface Done<T> {
  readonly kind: 'done'
  readonly value: T
}

/** The answer of an operation: done, or one of these refusals. It rejects for neither. */
export type Result<T, Code extends RefusalCode> = Done<T> | Refused<Code>

export function done<T>(value: T): Done<T> {
  return { kind: 'done', value }
}

export function refused<Code extends RefusalCode>(
  code: Code,
  message: string,
  field?: string,
  problems?: readonly Problem[],
): Refused<Code> {
  return { kind: 'refused', code, message, ...(field === undefined ? {} : { field }), ...(problems === undefined ? {} : { problems }) }
}

/** @param field the input at fault */
export function bad(message: string, field: string): Refused<'badInput'> {
  return refused('badInput', message, field)
}

/** Several problems of the input, each beside its field. */
export function allBad(problems: readonly Problem[]): Refused<'badInput'> {
  return refused('badInput', `${problems.map(({ message }) => message).join('. ')}.`, problems[0]?.field, problems)
}

/** Every input, read; or the refusal of the first that is unreadable. Absent inputs are left out. */
export function readAll<T extends Readonly<Record<string, Result<unknown, RefusalCode> | undefined>>>(
  parts: T,
): Result<Read<T>, CodesOf<T>> {
  const read: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(parts)) {
    if (part === undefined) continue
    // Its code is one of the parts' codes.
    if (part.kind === 'refused') return part as Refused<CodesOf<T>>
    read[name] = part.value
  }
  // Each has been read into its own name.
  return done(read as Read<T>)
}

type ValueOf<P> = Extract<P, Done<unknown>> extends Done<infer V> ? V : never
type Read<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: ValueOf<T[K]> } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: ValueOf<T[K]>
}
type CodesOf<T> = Extract<T[keyof T], Refused> extends Refused<infer Code> ? Code : never

/** The store's answer. A store that does not answer is no fault of the program. @param what precedes the database's own words */
export async function asked<T>(answer: Promise<T>, what = 'The store cannot be asked'): Promise<Result<T, 'storeUnavailable'>> {
  try {
    return done(await answer)
  } catch (error) {
    return refused('storeUnavailable', `${what}: ${messageOf(error)}`)
  }
}
