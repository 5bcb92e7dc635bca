import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryDirectory } from '../../test/kit/directory-arbitraries.js'
import { contradictions } from './contradictions.js'
import { directoryOf, entitiesIn, same, sections, type Entity, type Section } from './entities.js'
import { entityOfFields, fieldsOf } from './entity-fields.js'
import { mergeDirectories, mergeInSlices } from './merge-directories.js'
import { mergeOrder } from './merge-order.js'
import type { Directory } from './model.js'
import { parseDirectory } from './parse-directory.js'

/** Every field of every entity, by its whole name. */
function allFields(directory: Directory): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>()
  for (const section of sections) {
    for (const [id, entity] of entitiesIn(directory, section))
      for (const [field, value] of fieldsOf(section, entity)) found.set(`${section}/${id}/${field}`, value)
  }
  return found
}

/** The directory with the chosen fields taken from another. Entities not in both are left alone: one is never half there. */
function changed(directory: Directory, other: Directory, isChosen: (field: string) => boolean): Directory {
  const parts: Partial<Record<Section, ReadonlyMap<string, Entity>>> = {}
  for (const section of sections) {
    const entities = new Map<string, Entity>()
    for (const [id, entity] of entitiesIn(directory, section)) {
      const there = entitiesIn(other, section).get(id)
      const [mine, theirs] = [fieldsOf(section, entity), there ? fieldsOf(section, there) : new Map<string, unknown>()]
      const fields = new Map(mine)
      for (const field of there ? new Set([...mine.keys(), ...theirs.keys()]) : []) {
        if (!isChosen(`${section}/${id}/${field}`)) continue
        if (theirs.has(field)) fields.set(field, theirs.get(field))
        else fields.delete(field)
      }
      entities.set(id, entityOfFields(section, id, fields))
    }
    parts[section] = entities
  }
  return directoryOf(parts)
}

/** Access to a line is chosen as a whole: `everyone` includes any list. */
const coin = (seed: number) => (field: string) => {
  let hash = seed
  for (const letter of field.replace(/\/access\..*/, '/access')) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0
  return ((hash ^ (hash >>> 13)) & 3) === 0
}

const merged = (base: Directory, mine: Directory, theirs: Directory) => {
  const result = mergeDirectories(base, mine, theirs)
  if (!result.ok) throw new Error(JSON.stringify(result.conflicts))
  return result.directory
}

describe('an entity and its fields', () => {
  it('are two forms of the same thing', () => {
    fc.assert(
      fc.property(arbitraryDirectory, (directory) => {
        for (const section of sections) {
          for (const [id, entity] of entitiesIn(directory, section)) {
            const again = entityOfFields(section, id, fieldsOf(section, entity))
            // Changes of one session of one date keep their order; those of others may stand elsewhere.
            expect(fieldsOf(section, again)).toEqual(fieldsOf(section, entity))
            if (section !== 'rotas') expect(again).toEqual(entity)
          }
        }
      }),
    )
  })
})

describe('two changes of one directory', () => {
  it('are exactly the one, if there is no other', () => {
    fc.assert(
      fc.property(arbitraryDirectory, arbitraryDirectory, (base, file) => {
        for (const [mine, theirs] of [
          [file, base],
          [base, file],
        ] as const) {
          const result = merged(base, mine, theirs)
          expect(result).toEqual(file)
          for (const section of sections) expect([...result[section].keys()]).toEqual([...file[section].keys()])
        }
      }),
    )
  })

  it('of different fields are both in the result, in either order', () => {
    fc.assert(
      fc.property(arbitraryDirectory, arbitraryDirectory, fc.integer(), (base, other, seed) => {
        const isMine = coin(seed)
        const isTheirs = (field: string) => !isMine(field) && coin(seed + 1)(field)
        const [mine, theirs] = [changed(base, other, isMine), changed(base, other, isTheirs)]
        const result = merged(base, mine, theirs)
        expect(merged(base, theirs, mine)).toEqual(result)
        expect(allFields(result)).toEqual(allFields(changed(base, other, (field) => isMine(field) || isTheirs(field))))
      }),
    )
  })

  it('give the same result in slices, and let other work run in between', async () => {
    let turns = 0
    let counting = true
    const count = () =>
      void setImmediate(() => {
        turns++
        if (counting) count()
      })
    count()
    await fc
      .assert(
        fc.asyncProperty(arbitraryDirectory, arbitraryDirectory, arbitraryDirectory, async (base, mine, theirs) => {
          const before = turns
          expect(await mergeInSlices(base, mine, theirs, -1)).toEqual(mergeDirectories(base, mine, theirs))
          expect(turns).toBeGreaterThan(before)
        }),
        { numRuns: 20 },
      )
      .finally(() => (counting = false))
  })

  it('are a conflict exactly where one field got two values', () => {
    fc.assert(
      fc.property(arbitraryDirectory, arbitraryDirectory, arbitraryDirectory, fc.integer(), (base, one, two, seed) => {
        const [mine, theirs] = [changed(base, one, coin(seed)), changed(base, two, coin(seed + 1))]
        const [was, here, there] = [allFields(base), allFields(mine), allFields(theirs)]
        const expected = [...new Set([...was.keys(), ...here.keys(), ...there.keys()])].filter(
          (field) =>
            !same(here.get(field), was.get(field)) && !same(there.get(field), was.get(field)) && !same(here.get(field), there.get(field)),
        )
        const result = mergeDirectories(base, mine, theirs)
        const told = result.ok ? [] : result.conflicts.map(({ section, id, field }) => `${section}/${id}/${field}`)
        expect(told.filter((field) => !field.endsWith('/order')).toSorted()).toEqual(expected.toSorted())
        if (!result.ok)
          for (const { section, id, field, mine: my, theirs: their } of result.conflicts)
            if (field !== 'order')
              expect([my, their]).toEqual([here.get(`${section}/${id}/${field}`), there.get(`${section}/${id}/${field}`)])
      }),
    )
  })

  const text = (more: string, rota = '[dr-a, dr-b]') => `
areas: { a: { name: A } }
organisations: { t: { kind: trust, name: T, area: a }, p: { kind: gpPractice, name: P, area: a, dialIn: 1001 } }
clinicians: { dr-a: { name: Dr A, role: x, numbers: 01632 960001 }, dr-b: { name: Dr B, role: x, numbers: 01632 960002 } }
lines:
  one: { trust: t, name: One, code: 1, hours: always, access: { organisations: [p] } }
  two: { trust: t, name: Two, code: 2, hours: always, access: everyone }
rotas: { one: { pattern: [{ session: Day, days: mon-sun, time: 00:00-24:00, entries: ${rota} }] } }
${more}`
  const read = (yaml: string) => {
    const parsed = parseDirectory(yaml, 'x')
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
    return parsed.directory
  }
  const base = read(text(''))

  it('an entity that one has removed and the other has changed is a conflict; removed by both it is gone', () => {
    const without = read(text('').replace(', dr-b: { name: Dr B, role: x, numbers: 01632 960002 }', '').replace(', dr-b', ''))
    const renamed = read(text('').replace('Dr B', 'Dr Bee'))
    expect(mergeDirectories(base, without, renamed)).toMatchObject({
      ok: false,
      conflicts: [{ section: 'clinicians', id: 'dr-b', field: 'name', base: 'Dr B', mine: undefined, theirs: 'Dr Bee' }],
    })
    expect(mergeDirectories(base, renamed, without)).toMatchObject({
      ok: false,
      conflicts: [{ section: 'clinicians', id: 'dr-b', field: 'name', base: 'Dr B', mine: 'Dr Bee', theirs: undefined }],
    })
    expect(merged(base, without, without)).toEqual(without)
  })

  it('two people who each give one more practice access to a line both succeed', () => {
    const more = (id: string) =>
      text('')
        .replace('organisations: { t:', `organisations: { ${id}: { kind: gpPractice, name: ${id}, area: a }, t:`)
        .replace('[p]', `[p, ${id}]`)
    const both = merged(base, read(more('q')), read(more('r')))
    expect(both.lines.get('one')?.access).toEqual({ everyone: false, organisations: ['p', 'q', 'r'], areas: [] })
  })

  it('a session whose people both changed is a conflict with both lists', () => {
    const result = mergeDirectories(base, read(text('', '[dr-a]')), read(text('', '[dr-b, dr-a]')))
    if (result.ok) throw new Error('merged')
    expect(result.conflicts.map(({ field }) => field)).toEqual(
      ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => `pattern.${day}.Day`),
    )
  })

  it('two changes each valid alone need not be valid together', () => {
    const without = read(text('', '[dr-a]').replace(', dr-b: { name: Dr B, role: x, numbers: 01632 960002 }', ''))
    const pool = read(text('ncnPools: { pool: { specialty: S, entries: [dr-b] } }'))
    expect(contradictions(merged(base, without, pool))).toEqual([
      { section: 'pools', id: 'pool', message: 'there is no clinician "dr-b"', expected: 'the name of one under `clinicians:`' },
    ])
    const [sameCode, other] = [
      read(text('').replace('everyone }', 'everyone }\n  three: { trust: t, name: Three, code: 3, hours: always, access: everyone }')),
      read(text('').replace('everyone }', 'everyone }\n  four: { trust: t, name: Four, code: 3, hours: always, access: everyone }')),
    ]
    expect(contradictions(merged(base, sameCode, other))).toMatchObject([
      { section: 'lines', id: 'three', message: expect.stringContaining('has the code 3') as string },
    ])
  })

  it('an order that both changed is a conflict for lines, whose menu follows it', () => {
    const order = (...ids: readonly string[]) => ({
      ...base,
      lines: new Map(
        [...base.lines.entries(), ['three', { ...base.lines.get('two')!, id: 'three', code: '3' }] as const].sort(
          ([a], [b]) => ids.indexOf(a) - ids.indexOf(b),
        ),
      ),
    })
    const three = order('one', 'two', 'three')
    expect([...merged(three, order('two', 'one', 'three'), three).lines.keys()]).toEqual(['two', 'one', 'three'])
    expect(mergeDirectories(three, order('two', 'one', 'three'), order('three', 'two', 'one'))).toMatchObject({
      ok: false,
      conflicts: [{ section: 'lines', field: 'order', mine: ['two', 'one', 'three'], theirs: ['three', 'two', 'one'] }],
    })
  })
})

describe('what goes together', () => {
  it('is everything that was read from one file', () => {
    fc.assert(
      fc.property(arbitraryDirectory, (directory) => {
        expect(contradictions(directory)).toEqual([])
      }),
    )
  })
})

describe('the order of a list that two have changed', () => {
  const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  const lists = fc.uniqueArray(keys)

  it('has each key once, and is the same in either order, unless both moved items', () => {
    fc.assert(
      fc.property(lists, lists, lists, (base, mine, theirs) => {
        const kept = new Set([...mine, ...theirs])
        const [one, two] = [mergeOrder(base, mine, theirs, kept), mergeOrder(base, theirs, mine, kept)]
        expect(one.order.toSorted()).toEqual([...kept].toSorted())
        expect(two.conflict).toBe(one.conflict)
        if (!one.conflict) expect(two.order).toEqual(one.order)
      }),
    )
  })

  it('puts an added item after the one it was added after', () => {
    expect(mergeOrder(['a', 'b', 'c'], ['a', 'x', 'b', 'c'], ['c', 'a', 'b', 'y'], new Set('abcxy'))).toEqual({
      order: ['c', 'a', 'x', 'b', 'y'],
      conflict: false,
    })
  })
})
