import type { AlarmOfEngine } from './alarms-of-all.js'
import { entryOf, kindOf, type AlarmKind } from './alarm-list.js'

/** An alarm as people and programs see it. */
export interface ShownAlarm extends Omit<AlarmOfEngine, 'alarm' | 'about' | 'lately'> {
  /** Shortened. */
  readonly alarm: string
  /** What is wrong, for every alarm of this kind; `detail` is about this one. */
  readonly meaning: string
  /** What to do about it. */
  readonly action: string
}

/** The alarms now up, as people and programs see them: bounded in length, whatever fails. */
export interface ShownAlarms {
  /** Some of every kind, the oldest first. */
  readonly alarms: readonly ShownAlarm[]
  /** How many are up. */
  readonly alarmCount: number
  /** How many of each kind: `number.failing` is the kind of `number.failing: Dr Okafor`. */
  readonly alarmsByKind: Readonly<Record<string, number>>
}

const maxShown = 30
const maxOfOneKind = 5
const longestDetail = 500

/** @param active oldest first */
export function shownAlarms(active: readonly AlarmOfEngine[]): ShownAlarms {
  const byKind = new Map<AlarmKind, number>()
  const ranked: { readonly rank: number; readonly place: number; readonly alarm: AlarmOfEngine }[] = []
  for (const [place, alarm] of active.entries()) {
    const kind = kindOf(alarm.alarm)
    const rank = byKind.get(kind) ?? 0
    byKind.set(kind, rank + 1)
    if (rank < maxOfOneKind) ranked.push({ rank, place, alarm })
  }
  // The first of each kind before the second of any: hundreds of one kind hide no other.
  const chosen = ranked.sort((a, b) => a.rank - b.rank || a.place - b.place).slice(0, maxShown)
  return {
    alarms: chosen.sort((a, b) => a.place - b.place).map(({ alarm }) => shownAlarm(alarm)),
    alarmCount: active.length,
    alarmsByKind: Object.fromEntries(byKind),
  }
}

/** Words for an operator, shortened. */
export function short(text: string): string {
  return text.length <= longestDetail ? text : `${text.slice(0, longestDetail)} ... (${text.length} characters; all of them are in the log)`
}

/** One of them. */
export function shownAlarm({ about: _about, lately: _lately, ...active }: AlarmOfEngine): ShownAlarm {
  const { meaning, action } = entryOf(active.alarm)
  return { ...active, alarm: short(active.alarm), detail: short(active.detail), meaning, action }
}
