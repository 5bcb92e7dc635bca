import { entryOf, kindOf, type AlarmKind } from '../../alarms/alarm-list.js'
import type { AlarmOfEngine } from '../../alarms/alarms-of-all.js'
import { short } from '../../alarms/shown-alarms.js'
import type { Availability } from '../../availability/not-now.js'
import type { ArrangedCalls } from '../../arrangements/arranged-calls.js'
import { isOverdue } from '../../arrangements/arrangement-list.js'
import type { Directory, LineId } from '../../directory/model.js'
import type { LiveBoard, LiveCall } from '../../live/live-board.js'
import { callRow } from './calls.js'
import { lineRow, type LineNow } from './lines.js'
import type { Board, Row } from './row.js'
import { Staffings } from './staffing.js'
import type { Targets } from './targets.js'
import { tilesOf } from './tiles.js'
import { Today, type TodayParts } from './today.js'
import type { View } from './view.js'
import { clockTime } from './words.js'

export interface WallboardParts extends TodayParts {
  readonly live: Pick<LiveBoard, 'calls'>
  /** Those of all engines. */
  readonly alarms: { active(): readonly AlarmOfEngine[] }
  readonly availability: Pick<Availability, 'of' | 'now'>
  readonly arranged: { readonly diary: Pick<ArrangedCalls['diary'], 'values'> }
  readonly directory: () => Directory
  readonly targets: Targets
}

/** Figures not read again for this long are shown with their time. */
const oldMs = 30_000

/** What the wallboard shows to each viewer. */
export class Wallboard {
  readonly today: Today
  readonly #staffings = new Staffings()

  constructor(private readonly parts: WallboardParts) {
    this.today = new Today(parts)
  }

  get targets(): Targets {
    return this.parts.targets
  }

  /** Every visible current call, the longest first. */
  calls(view: View): readonly Row[] {
    return this.parts.live
      .calls()
      .filter(view.sees)
      .map((call) => this.call(call, view))
  }

  call(call: LiveCall, view: View): Row {
    return callRow(call, view, this.parts.directory(), this.parts.targets)
  }

  /** Everything but the calls. Today's figures are those last read. */
  board(view: View): Board {
    const { live, directory, targets, now } = this.parts
    const known = directory()
    const at = now()
    const calls = live.calls().filter(view.sees)
    const byLine = new Map<LineId, LiveCall[]>()
    for (const call of calls) {
      if (call.line === undefined) continue
      const ofLine = byLine.get(call.line)
      if (ofLine) ofLine.push(call)
      else byLine.set(call.line, [call])
    }
    const lines = [...known.lines.values()].filter(({ id }) => view.seesLine(id)).sort((a, b) => a.name.localeCompare(b.name, 'en-GB'))
    const shown = lines.map((line, order): LineNow => ({
      line,
      order,
      staffing: this.#staffings.of(known, line, at),
      figures: this.today.of(line.id),
      calls: byLine.get(line.id) ?? [],
    }))
    const alarms = this.parts.alarms.active()
    return {
      tiles: tilesOf(
        {
          // Lines removed from the directory today are seen by viewers who see everything.
          figures: this.today.ofAll([...this.today.lines()].filter(view.seesLine)),
          asOf: this.today.isOlderThan(oldMs) && this.today.readAt !== undefined ? clockTime(this.today.readAt) : undefined,
          calls,
          staffings: shown.map(({ staffing }) => staffing),
          overdue: this.#overdue(view, at),
          alarms: alarms.length,
        },
        targets,
      ),
      lines: shown.map((line) => lineRow(line, known, view.names(line.line.id), targets, this.parts.availability)),
      alarms: alarmRows(alarms, view.details),
    }
  }

  #overdue(view: View, now: number): number {
    let count = 0
    for (const arrangement of this.parts.arranged.diary.values())
      if (arrangement.kind === 'callBack' && isOverdue(arrangement, now) && view.seesLine(arrangement.line)) count++
    return count
  }
}

/** The most of one kind. */
const maxDetails = 5

/** One row for each kind: what it means and what to do. The details name the line or telephone. */
function alarmRows(active: readonly AlarmOfEngine[], details: boolean): readonly Row[] {
  const byKind = new Map<AlarmKind, AlarmOfEngine[]>()
  for (const one of active) {
    const kind = kindOf(one.alarm)
    const ofKind = byKind.get(kind)
    if (ofKind) ofKind.push(one)
    else byKind.set(kind, [one])
  }
  return [...byKind]
    .map(([kind, ofKind]): Row => {
      const { severity, meaning, action } = entryOf(kind)
      const detail = ofKind.slice(0, maxDetails).map((one) => short(`${one.alarm.slice(kind.length + 2)} ${one.detail}`.trim()))
      return {
        key: kind,
        order: urgency[severity],
        state: severity,
        fields: {
          severity,
          name: ofKind.length === 1 ? kind : `${kind}, ${ofKind.length} times`,
          meaning,
          action,
          detail: details ? detail.join('; ') : '',
        },
      }
    })
    .sort((a, b) => a.order - b.order)
    .map((row, order) => ({ ...row, order }))
}

const urgency = { critical: 0, major: 1, minor: 2 } as const
