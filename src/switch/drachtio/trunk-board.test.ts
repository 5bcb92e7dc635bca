import { beforeEach, describe, expect, it } from 'vitest'
import { TrunkBoard } from './trunk-board.js'

const second = 1_000
let now: number
let told: string[]
let board: TrunkBoard

beforeEach(() => {
  now = 5 * second
  told = []
  board = new TrunkBoard(
    ['a', 'b', 'c'].map((name) => ({ name, address: `${name}.example` })),
    { now: () => now, onChange: (name, failing) => told.push(`${name}: ${failing ?? 'carries'}`) },
  )
})

const order = (able?: readonly string[]) =>
  board
    .inOrder(able)
    .map(({ name }) => name)
    .join('')
const down = (name: string, retryAfterMs?: number) =>
  board.tell(name, { kind: 'down', why: 'silent', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })

describe('the trunks', () => {
  it('are tried as the settings have them, and only those that may carry the number', () => {
    expect(order()).toBe('abc')
    expect(order(['c', 'a'])).toBe('ac')
    expect(order([])).toBe('')
    expect(order(['nobody'])).toBe('')
  })

  it('that cannot be reached come after the others for half a minute, and are then tried first again', () => {
    down('a')
    expect(order()).toBe('bca')
    now += 30 * second - 1
    expect(order()).toBe('bca')
    now += 1
    expect(order()).toBe('abc')
    expect(told).toEqual(['a: silent'])
  })

  it('are tried in their order when all of them are down', () => {
    for (const name of ['c', 'a', 'b']) down(name)
    expect(order()).toBe('abc')
  })

  it('are failing until one call goes through', () => {
    down('a')
    now += 60 * second
    down('a')
    board.tell('a', { kind: 'carried' })
    board.tell('a', { kind: 'carried' })
    expect(order()).toBe('abc')
    expect(told).toEqual(['a: silent', 'a: silent', 'a: carries'])
  })

  it('that fail with a single call are not blamed before the third in a row', () => {
    const refused = () => board.tell('a', { kind: 'refused', why: '500' })
    refused()
    refused()
    expect(order()).toBe('abc')
    board.tell('a', { kind: 'carried' })
    refused()
    refused()
    expect(order()).toBe('abc')
    expect(told).toEqual([])
    refused()
    expect(order()).toBe('bca')
    expect(told).toEqual(['a: 500'])
  })

  it('that ask for time get it, within bounds', () => {
    down('a', 120 * second)
    down('b', 1)
    down('c', 24 * 3_600 * second)
    now += 31 * second
    expect(order()).toBe('bac')
    now += 90 * second
    expect(order()).toBe('abc')
    now += 200 * second
    board.tell('a', { kind: 'down', why: 'x' })
    expect(order()).toBe('bca')
  })

  it('nobody knows say nothing', () => {
    board.tell('nobody', { kind: 'down', why: 'x' })
    expect(told).toEqual([])
  })
})
