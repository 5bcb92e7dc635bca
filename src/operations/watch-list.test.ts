import { expect, it } from 'vitest'
import type { Actor } from '../facts/actor.js'
import type { StoredTarget } from '../store/questions/list-targets.js'
import { watchListOperations } from './watch-list.js'

const secretary: Actor = { kind: 'staff', id: 'm-lowe' }
// Of a telephone nothing but whose it is matters here.
const okafor = { id: 7, target: '+447700900123', label: 'Dr Okafor' } as StoredTarget

function opened() {
  const world = { watched: true, fails: undefined as 'reading' | 'clearing' | undefined, cleared: [] as [string, Actor | undefined][] }
  const watchList = watchListOperations({
    store: { target: (row) => (world.fails === 'reading' ? Promise.reject(new Error('disk I/O error')) : Promise.resolve(row === okafor.id ? { ...okafor, rung: world.cleared.length } : undefined)) },
    watchList: {
      clear: (target, actor) => {
        if (world.fails === 'clearing') return Promise.reject(new Error('disk is full'))
        if (world.watched) world.cleared.push([target, actor])
        return Promise.resolve(world.watched)
      },
    },
  })
  return { world, watchList }
}

it('a telephone is taken off the list by somebody, and shown as it stands then', async () => {
  const { world, watchList } = opened()
  expect(await watchList.clear(secretary, okafor.id)).toEqual({ kind: 'done', value: { ...okafor, rung: 1 } })
  expect(world.cleared).toEqual([['+447700900123', secretary]])
})

it('one that nobody knows is refused', async () => {
  const { watchList } = opened()
  expect([await watchList.clear(secretary, undefined), await watchList.clear(secretary, 8)]).toMatchObject([{ code: 'targetNotFound' }, { code: 'targetNotFound' }])
})

it('one that is not on the list is refused, without its number', async () => {
  const { world, watchList } = opened()
  world.watched = false
  expect(await watchList.clear(secretary, okafor.id)).toEqual({ kind: 'refused', code: 'notWatched', message: 'This telephone of Dr Okafor is not on the watch list; nothing was changed.' })
})

it.each(['reading', 'clearing'] as const)('a store that fails at %s is told as what it is', async (fails) => {
  const { world, watchList } = opened()
  world.fails = fails
  expect(await watchList.clear(secretary, okafor.id)).toMatchObject({ kind: 'refused', code: 'storeUnavailable' })
})
