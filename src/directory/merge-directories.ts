import { directoryOf, entitiesIn, same, sections, type Entity, type EntityName, type Section } from './entities.js'
import { entityOfFields, fieldsOf, type Fields } from './entity-fields.js'
import { mergeOrder } from './merge-order.js'
import type { Directory } from './model.js'

/** A field that two people changed to different values. */
export interface MergeConflict extends EntityName {
  /** As `fieldsOf` names it; `order`: of the lines in a menu, or of the sessions of a rota. */
  readonly field: string
  /** The old value, mine and theirs. Undefined: absent. */
  readonly base: unknown
  readonly mine: unknown
  readonly theirs: unknown
}

export type MergedDirectories =
  { readonly ok: true; readonly directory: Directory } | { readonly ok: false; readonly conflicts: readonly MergeConflict[] }

/**
 * Merges two changes of one directory, entity by entity and field by field. A field that only one side changed takes that side's value; one that both
 * changed to different values is a conflict, and so is a field of an entity that the other side removed. The result need not be free of
 * contradictions (`contradictions`): one side may have removed a clinician whom the other put on a rota.
 */
export function mergeDirectories(base: Directory, mine: Directory, theirs: Directory): MergedDirectories {
  const steps = mergeSteps(base, mine, theirs)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same without holding up calls: yields after this many ms of work. A directory of 200 organisations, 1,000 lines and 5,000 people takes some 40 ms in all. */
export async function mergeInSlices(base: Directory, mine: Directory, theirs: Directory, sliceMs = 8): Promise<MergedDirectories> {
  const steps = mergeSteps(base, mine, theirs)
  for (;;) {
    const until = performance.now() + sliceMs
    do {
      const step = steps.next()
      if (step.done === true) return step.value
    } while (performance.now() < until)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Entity by entity. */
function* mergeSteps(base: Directory, mine: Directory, theirs: Directory): Generator<void, MergedDirectories> {
  const conflicts: MergeConflict[] = []
  const parts: Partial<Record<Section, ReadonlyMap<string, Entity>>> = {}
  for (const section of sections)
    parts[section] = yield* mergeSection(
      section,
      { base: entitiesIn(base, section), mine: entitiesIn(mine, section), theirs: entitiesIn(theirs, section) },
      conflicts,
    )
  return conflicts.length > 0 ? { ok: false, conflicts } : { ok: true, directory: directoryOf(parts) }
}

interface Three<T> {
  readonly base: T
  readonly mine: T
  readonly theirs: T
}

function* mergeSection(
  section: Section,
  { base, mine, theirs }: Three<ReadonlyMap<string, Entity>>,
  conflicts: MergeConflict[],
): Generator<void, ReadonlyMap<string, Entity>> {
  const merged = new Map<string, Entity>()
  for (const id of new Set([...theirs.keys(), ...mine.keys()])) {
    const entity = mergeEntity({ section, id }, { base: base.get(id), mine: mine.get(id), theirs: theirs.get(id) }, conflicts)
    if (entity !== undefined) merged.set(id, entity)
    yield
  }
  const { order, conflict } = mergeOrder([...base.keys()], [...mine.keys()], [...theirs.keys()], new Set(merged.keys()))
  // Menus follow the order of the lines; other orders are only for display.
  if (conflict && section === 'lines') {
    const listed = (things: ReadonlyMap<string, Entity>) => [...things.keys()].filter((id) => merged.has(id))
    conflicts.push({ section, id: order[0] ?? '', field: 'order', base: listed(base), mine: listed(mine), theirs: listed(theirs) })
  }
  return new Map(order.map((id) => [id, merged.get(id) as Entity]))
}

/** @returns undefined: absent */
function mergeEntity(name: EntityName, { base, mine, theirs }: Three<Entity | undefined>, conflicts: MergeConflict[]): Entity | undefined {
  if (same(mine, base)) return theirs
  if (same(theirs, base) || same(mine, theirs)) return mine
  const none: Fields = new Map()
  const fields: Three<Fields> = {
    base: base ? fieldsOf(name.section, base) : none,
    mine: mine ? fieldsOf(name.section, mine) : none,
    theirs: theirs ? fieldsOf(name.section, theirs) : none,
  }
  const names = new Set([...fields.base.keys(), ...fields.mine.keys(), ...fields.theirs.keys()])
  const before = conflicts.length
  const merged = new Map<string, unknown>()
  for (const field of names) {
    const [was, here, there] = [fields.base.get(field), fields.mine.get(field), fields.theirs.get(field)]
    // One side removed the entity, the other changed a field of it: that is the conflict.
    const removed = base !== undefined && (mine === undefined || theirs === undefined)
    const [mineChanged, theirsChanged] = [!same(here, was), !same(there, was)]
    if (removed ? (mine === undefined ? theirsChanged : mineChanged) : mineChanged && theirsChanged && !same(here, there))
      conflicts.push({ ...name, field, base: was, mine: here, theirs: there })
    else {
      const value = mineChanged ? here : there
      if (value !== undefined) merged.set(field, value)
    }
  }
  if (conflicts.length > before) return mine
  // Removed by one side; the other side changed no field's meaning.
  if (mine === undefined || theirs === undefined) return base === undefined ? (mine ?? theirs) : undefined
  const { order } = mergeOrder([...fields.base.keys()], [...fields.mine.keys()], [...fields.theirs.keys()], new Set(merged.keys()))
  if (name.section === 'rotas') {
    const sessions = (of: Fields) => [...of.keys()].filter((field) => field.startsWith('pattern.') && merged.has(field))
    const lists = { base: sessions(fields.base), mine: sessions(fields.mine), theirs: sessions(fields.theirs) }
    if (mergeOrder(lists.base, lists.mine, lists.theirs, new Set(merged.keys())).conflict)
      conflicts.push({ ...name, field: 'order', ...lists })
  }
  return entityOfFields(name.section, name.id, new Map(order.map((field) => [field, merged.get(field)])))
}
