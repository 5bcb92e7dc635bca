import { expect, it } from 'vitest'
import { emptyDirectory } from '../directory/empty-directory.js'
import type { Actor } from '../facts/actor.js'
import type { StoredTarget } from '../store/questions/list-targets.js'
import { watchListOperations } from './watch-list.js'

const secretary: Actor = { kind: 'staff', id: 'm-lowe' }
const okafor: StoredTarget = {
  ...{
    id: 7,
    target: '+447700900123',
    candidate: 'phone:+447700900123',
    label: 'Dr Okafor',
    rung: 3,
    answered: 0,
    byResult: { badNumber: 3 },
    byReason: { 'badNumber 404': 3 },
    lastRungAt: 1_000,
    lastAcceptedAt: undefined,
    watchedSince: 1_000,
    clearedAt: undefined,
  },
  failures: [{ callId: 'one', at: 900, result: 'badNumber', status: 404, reason: 'Nobody at 07700900123' }],
}

function opened() {
  const world = { watched: true, fails: undefined as 'reading' | 'clearing' | undefined, cleared: [] as unknown[] }
  const row = () => ({ ...okafor, ...(world.cleared.length === 0 ? {} : { watchedSince: undefined, failures: [] }) })
  const watchList = watchListOperations({
    directory: () => emptyDirectory,
    now: () => 2_000,
    store: {
      watched: () =>
        world.fails === 'reading'
          ? Promise.reject(new Error('disk I/O error'))
          : Promise.resolve({ targets: [row()], next: 'MTAwMC43Lk9rYWZvcg' }),
      targets: () => Promise.resolve({ targets: [] }),
      target: (id) =>
        world.fails === 'reading' ? Promise.reject(new Error('disk I/O error')) : Promise.resolve(id === okafor.id ? row() : undefined),
    },
    watchList: {
      size: 1,
      clear: (...given) => {
        if (world.fails === 'clearing') return Promise.reject(new Error('disk is full'))
        if (world.watched) world.cleared.push(given)
        return Promise.resolve(world.watched)
      },
    },
  })
  const idOf = async () => {
    const page = await watchList.watched({ limit: 10 })
    return page.kind === 'done' ? (page.value.targets[0]?.id ?? '') : ''
  }
  return { world, watchList, idOf }
}

it('the list names each owner and the fault, and no number', async () => {
  const { watchList } = opened()
  const page = await watchList.watched({ limit: 10 })
  expect(page).toMatchObject({
    kind: 'done',
    value: { nextCursor: 'MTAwMC43Lk9rYWZvcg', targets: [{ label: 'Dr Okafor', failed: 3, watchedSince: 1_000, standsToday: [] }] },
  })
  expect(JSON.stringify(page)).not.toContain('7700900123')
})

it('a cursor from elsewhere is refused', async () => {
  const { watchList } = opened()
  expect(await watchList.watched({ limit: 10, cursor: 'elsewhere' })).toMatchObject({ kind: 'refused', code: 'badInput', field: 'cursor' })
})

it('a person takes a telephone off the list, with a reason, and gets its new state', async () => {
  const { world, watchList, idOf } = opened()
  const id = await idOf()
  expect(await watchList.find(id)).toMatchObject({ kind: 'done', value: { id, watchedSince: 1_000 } })
  expect(await watchList.clear(secretary, id, 'number corrected')).toMatchObject({
    kind: 'done',
    value: { id, label: 'Dr Okafor', watchedSince: null, failures: [] },
  })
  expect(world.cleared).toEqual([['+447700900123', secretary, 'number corrected']])
})

it('an unknown one is refused', async () => {
  const { watchList } = opened()
  const refusal = { kind: 'refused', code: 'targetNotFound' }
  expect([await watchList.clear(secretary, 'nothing'), await watchList.find('Qm9zY8sVxjv3mK2w5tA1dQ')]).toMatchObject([refusal, refusal])
})

it('one that is not on the list is refused, without its number', async () => {
  const { world, watchList, idOf } = opened()
  const id = await idOf()
  world.watched = false
  expect(await watchList.clear(secretary, id)).toEqual({
    kind: 'refused',
    code: 'notWatched',
    message: 'This telephone of Dr Okafor is not on the watch list; nothing was changed.',
  })
})

it.each(['reading', 'clearing'] as const)('a store that fails at %s is refused as such', async (fails) => {
  const { world, watchList, idOf } = opened()
  const id = await idOf()
  world.fails = fails
  expect(await watchList.clear(secretary, id)).toMatchObject({ kind: 'refused', code: 'storeUnavailable' })
})
