import type { Insertable, Selectable } from 'kysely'
import type { CallRecord } from '../facts/call-record.js'
import type { CallEvent } from '../facts/events.js'
import type { Ringing } from '../watch-list/failing-telephone.js'
import { withStep, type RingingStep, type TargetFigures } from '../watch-list/target-figures.js'
import { targetFromRecord } from './questions/target-from-record.js'
import type { TargetsTable } from './schema.js'
import type { Step } from './statement.js'
import { changedColumns, runOn, type Db, type Statements } from './statements.js'

export type TargetRow = Omit<Insertable<TargetsTable>, 'id' | 'version'>

/** Telephones whose figures are kept in memory between two batches of facts. */
const keptTargets = 2_000

/** The figures of one telephone as a row. Pure. */
export function rowOfTarget({
  target,
  candidate,
  label,
  rung,
  answered,
  byResult,
  byReason,
  lastRungAt,
  lastAcceptedAt,
  failures,
  watchedSince,
  clearedAt,
}: TargetFigures): TargetRow {
  return {
    target,
    candidate,
    label,
    rung,
    answered,
    by_result: JSON.stringify(byResult),
    by_reason: JSON.stringify(byReason),
    last_rung_at: lastRungAt,
    last_accepted_at: lastAcceptedAt ?? null,
    failures: JSON.stringify(failures),
    failing: failures.length,
    place: watchedSince === undefined ? 1 : 0,
    watched_since: watchedSince ?? null,
    cleared_at: clearedAt ?? null,
  }
}

export function figuresOfRow(row: Selectable<TargetsTable>): TargetFigures {
  return {
    target: row.target,
    candidate: row.candidate,
    label: row.label,
    rung: Number(row.rung),
    answered: Number(row.answered),
    // `rowOfTarget` wrote them from typed figures.
    byResult: JSON.parse(row.by_result) as TargetFigures['byResult'],
    byReason: JSON.parse(row.by_reason) as TargetFigures['byReason'],
    failures: JSON.parse(row.failures) as readonly Ringing[],
    lastRungAt: Number(row.last_rung_at),
    lastAcceptedAt: optional(row.last_accepted_at),
    watchedSince: optional(row.watched_since),
    clearedAt: optional(row.cleared_at),
  }
}

/** What a fact says of the telephone that it is about. @param record of the call, with the fact. Undefined: nothing */
export function stepIn(event: CallEvent, record: CallRecord): { readonly target: string; readonly step: RingingStep } | undefined {
  if (event.type !== 'attempt.started' && event.type !== 'attempt.answered' && event.type !== 'attempt.ended') return undefined
  const rung = record.attempts.find(({ attempt }) => attempt === event.attempt)
  // A patient's or a practice's telephone stands on no rota.
  if (rung === undefined || rung.pool === 'direct') return undefined
  const { target } = rung
  switch (event.type) {
    case 'attempt.started':
      return { target, step: { type: 'started', at: event.at, candidate: event.candidate, label: event.label } }
    case 'attempt.answered':
      return { target, step: { type: 'answered' } }
    case 'attempt.ended': {
      const { callId, at, result, status, reason, fault } = event
      return {
        target,
        step: {
          type: 'ended',
          callId,
          at,
          result,
          ...(status === undefined ? {} : { status }),
          ...(reason === undefined ? {} : { reason }),
          ...(fault === undefined ? {} : { fault }),
        },
      }
    }
  }
}

/** Figures as they are on disk. `version`: counts their changes, so that an engine notices that another one was there between. */
interface Stored {
  readonly figures: TargetFigures
  readonly version: number
}

/** The figures of telephones, kept up to date with the facts and in one transaction with them. */
export class TargetRows {
  /** As they are on disk; those that were not heard of for longest are forgotten first. */
  readonly #known = new Map<string, Stored>()

  constructor(
    private readonly db: Db,
    private readonly statements: Statements,
  ) {}

  /** Begins a batch. Nothing is remembered of it unless `keep` is called, after its transaction. */
  batch(): TargetBatch {
    return new TargetBatch(this.db, this.statements, this.#known, (changed) => this.#remember(changed))
  }

  /** The rows were changed from outside. */
  forget(): void {
    this.#known.clear()
  }

  /** What a telephone's row becomes when a call is gone that rang it: read off the record that is left. */
  async without(target: string, callId: string): Promise<readonly Step[]> {
    const row = await this.db.selectFrom('targets').select('version').where('target', '=', target).executeTakeFirst()
    if (row === undefined) return []
    const version = Number(row.version)
    const { figures } = await targetFromRecord(this.db, target, callId)
    const step =
      figures === undefined
        ? this.statements.step(
            'target gone',
            (db) => db.deleteFrom('targets').where('target', '=', target).where('version', '=', version),
            [target, version],
          )
        : this.statements.update('targets', { ...rowOfTarget(figures), version: version + 1 }, { target, version })
    return [{ ...step, mustChange: 1 }]
  }

  #remember(changed: ReadonlyMap<string, Stored>): void {
    for (const [target, stored] of changed) {
      this.#known.delete(target)
      this.#known.set(target, stored)
    }
    for (const target of this.#known.keys()) {
      if (this.#known.size <= keptTargets) return
      this.#known.delete(target)
    }
  }
}

class TargetBatch {
  readonly #changed = new Map<string, { readonly before: Stored | undefined; now: TargetFigures }>()
  readonly #rungAt = new Map<string, number>()

  constructor(
    private readonly db: Db,
    private readonly statements: Statements,
    private readonly known: ReadonlyMap<string, Stored>,
    private readonly remember: (changed: ReadonlyMap<string, Stored>) => void,
  ) {}

  async apply(target: string, step: RingingStep): Promise<void> {
    const begun = this.#changed.get(target)
    const stored = begun ? begun.before : (this.known.get(target) ?? (await this.#stored(target)))
    const before = begun ? begun.now : stored?.figures
    const now = withStep(target, before, step)
    if (step.type === 'started') this.#rungAt.set(step.candidate, Math.max(step.at, this.#rungAt.get(step.candidate) ?? 0))
    if (now === undefined || now === before) return
    if (begun) begun.now = now
    else this.#changed.set(target, { before: stored, now })
  }

  /** In the same order at every engine, so that no two wait for each other. */
  steps(): readonly Step[] {
    return [
      ...inOrder(this.#changed).flatMap(([target, { before, now }]) => {
        if (before === undefined) return this.statements.insert('targets', [rowOfTarget(now)])
        const changed = changedColumns(rowOfTarget(before.figures), rowOfTarget(now))
        if (Object.keys(changed).length === 0) return []
        return [
          {
            ...this.statements.update('targets', { ...changed, version: before.version + 1 }, { target, version: before.version }),
            mustChange: 1,
          },
        ]
      }),
      ...inOrder(this.#rungAt).map(([candidate, at]) => laterRung(this.statements, candidate, at)),
    ]
  }

  keep(): void {
    this.remember(
      new Map(
        [...this.#changed].map(([target, { before, now }]) => [
          target,
          {
            figures: now,
            version:
              before === undefined
                ? 0
                : before.version + Number(Object.keys(changedColumns(rowOfTarget(before.figures), rowOfTarget(now))).length > 0),
          },
        ]),
      ),
    )
  }

  async #stored(target: string): Promise<Stored | undefined> {
    const [row] = await runOn(
      this.db,
      this.statements.step('target', (db) => db.selectFrom('targets').selectAll().where('target', '=', target), [target]),
    )
    if (row === undefined) return undefined
    // Selected whole from that table.
    const found = row as unknown as Selectable<TargetsTable>
    return { figures: figuresOfRow(found), version: Number(found.version) }
  }
}

/** Notes that a candidate was rung. A telephone may be that of several people, and a person have several. @param at wall-clock ms; an earlier one than is known changes nothing */
export function laterRung(statements: Statements, candidate: string, at: number): Step {
  return statements.step(
    'rung',
    (db) =>
      db
        .insertInto('candidates')
        .values({ candidate, last_rung_at: at })
        .onConflict((conflict) =>
          conflict
            .column('candidate')
            .doUpdateSet((row) => ({ last_rung_at: row.ref('excluded.last_rung_at') }))
            .whereRef('candidates.last_rung_at', '<', 'excluded.last_rung_at' as never),
        ),
    [candidate, at],
  )
}

function inOrder<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function optional(value: number | string | null): number | undefined {
  return value === null ? undefined : Number(value)
}
