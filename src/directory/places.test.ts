import fc from 'fast-check'
import { expect, it } from 'vitest'
import { placesFor } from './places.js'

const letters = (text: string) => Array.from(text)
const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'))

function after(before: ReadonlyMap<string, number>, order: readonly string[]): ReadonlyMap<string, number> {
  const changed = placesFor(before, order)
  return new Map(order.map((id) => [id, changed.get(id) ?? before.get(id)!]))
}

it('the places of a list are in its order after any moves, additions and removals', () => {
  fc.assert(
    fc.property(fc.array(ids, { maxLength: 20 }), (orders) => {
      let places: ReadonlyMap<string, number> = new Map()
      for (const order of orders) {
        places = after(places, order)
        expect([...places].sort(([, a], [, b]) => a - b).map(([id]) => id)).toEqual(order)
      }
    }),
  )
})

it('moving or adding one item changes one place', () => {
  const places = after(new Map(), letters('abcdef'))
  expect([...placesFor(places, letters('fabcde')).keys()]).toEqual(['f'])
  expect([...placesFor(places, letters('bcadef')).keys()]).toEqual(['a'])
  expect([...placesFor(places, letters('abcxdef')).keys()]).toEqual(['x'])
  expect([...placesFor(places, letters('abcdefx')).keys()]).toEqual(['x'])
  expect([...placesFor(places, letters('abcdf')).keys()]).toEqual([])
})

it('two neighbours can be split a hundred times', () => {
  let order = ['a', 'z']
  let places = after(new Map(), order)
  for (let n = 0; n < 100; n++) {
    order = ['a', `n${n}`, ...order.slice(1)]
    places = after(places, order)
    expect([...places].sort(([, a], [, b]) => a - b).map(([id]) => id)).toEqual(order)
  }
})
