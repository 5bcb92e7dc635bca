/**
 * The wallboard in words: the template writes them into the page, and the script replaces them as they change. Neither knows
 * what they mean. States and marks show as words or shapes in the fields as well as by colour.
 */
export interface Row {
  /** Of one row among its kind, for as long as it is there. */
  readonly key: string
  /** The order of rows, smallest first. */
  readonly order: number
  /** Of the row as a whole. */
  readonly state: string
  readonly fields: Readonly<Record<string, string>>
  /** Of single fields. */
  readonly marks?: Readonly<Record<string, Mark>>
  readonly clock?: Clock
  /** Where the row leads. */
  readonly href?: string
}

/** `good`: on target. `off`: staff have to act. */
export type Mark = 'good' | 'off'

/** Seconds that tick. */
export interface Clock {
  /** What is timed: a new value restarts the clock. */
  readonly of: string
  /** When reported. */
  readonly ms: number
  /** When it becomes too long, ms, and the words for it. */
  readonly limitMs?: number
  readonly over?: string
}

export interface Board {
  readonly tiles: readonly Row[]
  readonly lines: readonly Row[]
  readonly alarms: readonly Row[]
}

/** The changes of a board: new or changed rows, and the keys of removed ones. */
export interface BoardChange {
  readonly rows: Readonly<Partial<Record<keyof Board, readonly Row[]>>>
  readonly gone: Readonly<Partial<Record<keyof Board, readonly string[]>>>
}

const parts = ['tiles', 'lines', 'alarms'] as const

/** @returns undefined: nothing. A clock that only ticks is no change. */
export function changeOf(before: Board, now: Board): BoardChange | undefined {
  const rows: Partial<Record<keyof Board, readonly Row[]>> = {}
  const gone: Partial<Record<keyof Board, readonly string[]>> = {}
  for (const part of parts) {
    const known = new Map(before[part].map((row) => [row.key, wordsOf(row)]))
    const changed = now[part].filter((row) => known.get(row.key) !== wordsOf(row))
    const there = new Set(now[part].map(({ key }) => key))
    const left = [...known.keys()].filter((key) => !there.has(key))
    if (changed.length > 0) rows[part] = changed
    if (left.length > 0) gone[part] = left
  }
  return Object.keys(rows).length + Object.keys(gone).length === 0 ? undefined : { rows, gone }
}

function wordsOf({ clock, ...row }: Row): string {
  return JSON.stringify([row, clock && { ...clock, ms: 0 }])
}
