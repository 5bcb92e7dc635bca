import { emptyRota } from '../../directory/empty-directory.js'
import { entityOf, isRecord, same, type PlainEntity, type Section } from '../../directory/entities.js'
import type { Line, LineId, Rota } from '../../directory/model.js'
import { cliniciansOf } from '../../directory/rota.js'
import type { RotaHistory, RotaVersion } from '../../directory/rota-history.js'
import { partsOf } from '../paged.js'
import type { Db } from '../statements.js'

/** Every state of a line's rota, oldest first, with what its clinicians were called then; empty for a line that never had one. */
export async function rotaHistory(db: Db, line: LineId): Promise<RotaHistory> {
  const earlier = await earlierRotas(db, line)
  const [lines, rotas] = [await statesOf(db, 'lines', [line]), await statesOf(db, 'rotas', [line])]
  const clinicians = await statesOf(db, 'clinicians', [
    ...new Set(rotas.flatMap(({ plain }) => cliniciansOf(entityOf('rotas', line, plain) as Rota))),
  ])
  const versions = [...new Set([...lines, ...rotas].flatMap(({ from, to }) => (to === undefined ? [from] : [from, to])))].sort(
    (a, b) => a - b,
  )
  const times = await timesOf(db, versions)
  const history: RotaVersion[] = [...earlier]
  for (const version of versions) {
    const at = (states: readonly State[]) => states.find(({ from, to }) => from <= version && (to === undefined || to > version))
    const [ofLine, ofRota] = [at(lines), at(rotas)]
    // A line that has left the directory has an empty rota.
    const timeZone = ofLine === undefined ? 'UTC' : (entityOf('lines', line, ofLine.plain) as Line).timeZone
    const rota = ofLine === undefined || ofRota === undefined ? emptyRota(line) : (entityOf('rotas', line, ofRota.plain) as Rota)
    const last = history.at(-1)
    if (last !== undefined && last.timeZone === timeZone && same(last.rota, rota)) continue
    const names = Object.fromEntries(cliniciansOf(rota).map((id) => [id, nameOf(at(clinicians.filter((state) => state.id === id))) ?? id]))
    history.push({ validFrom: Math.max(times.get(version) ?? 0, last?.validFrom ?? 0), timeZone, rota, names })
  }
  return history
}

/** Those from before the directory was kept here. */
export async function earlierRotas(db: Db, line: LineId): Promise<RotaHistory> {
  const rows = await db
    .selectFrom('earlier_rotas')
    .select('data')
    .where('line', '=', line)
    .orderBy('valid_from')
    .orderBy('node')
    .orderBy('seq')
    .execute()
  // Written from typed versions.
  return rows.map(({ data }) => JSON.parse(data) as RotaVersion)
}

interface State {
  readonly id: string
  readonly from: number
  readonly to: number | undefined
  readonly plain: PlainEntity
}

async function statesOf(db: Db, section: Section, ids: readonly string[]): Promise<readonly State[]> {
  const states: State[] = []
  for (const some of partsOf(ids)) {
    const rows = await db
      .selectFrom('directory_entities')
      .select(['id', 'from_version', 'to_version', 'data'])
      .where('section', '=', section)
      .where('id', 'in', some)
      .execute()
    for (const { id, from_version: from, to_version: to, data } of rows)
      states.push({ id, from: Number(from), to: to === null ? undefined : Number(to), plain: JSON.parse(data) as PlainEntity })
  }
  return states
}

async function timesOf(db: Db, versions: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const times = new Map<number, number>()
  for (const some of partsOf(versions)) {
    for (const { version, at } of await db
      .selectFrom('directory_versions')
      .select(['version', 'at'])
      .where('version', 'in', some)
      .execute())
      times.set(Number(version), Number(at))
  }
  return times
}

function nameOf(state: State | undefined): string | undefined {
  const name = state && isRecord(state.plain) ? state.plain['name'] : undefined
  return typeof name === 'string' ? name : undefined
}
