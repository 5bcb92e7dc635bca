import { describe, expect, it } from 'vitest'
import { heatOf, monthBars, ticksUpTo } from './charts.js'

describe('charts', () => {
  it.each([
    [1, [0, 1]],
    [7, [0, 2, 4, 6, 8]],
    [100, [0, 50, 100]],
    [101, [0, 50, 100, 150]],
    [84_000, [0, 50_000, 100_000]],
  ])('an axis up to %i', (most, ticks) => expect(ticksUpTo(most)).toEqual(ticks))

  it('bars have the height of their value, and say it', () => {
    const svg = monthBars(
      [
        { label: 'Mar', answered: 75, notAnswered: 25 },
        { label: 'Apr', answered: 0, notAnswered: 0 },
      ],
      'Calls by month',
    )
    const heights = [...svg.matchAll(/class="rr-chart__(answered|not)"[^>]* height="([\d.]+)"/g)].map((found) => Number(found[2]))
    expect(heights).toEqual([141, 47, 0, 0])
    expect(svg).toContain('>100</text>')
    expect(svg).toContain('>Apr</text>')
  })

  it('text in them is escaped', () =>
    expect(monthBars([{ label: '<b>', answered: 1, notAnswered: 0 }], '"><script>')).not.toMatch(/<b>|<script>/))

  it('a cell is dark by its share of the highest', () =>
    expect([0, 1, 20, 21, 99, 100].map((value) => heatOf(value, 100))).toEqual([0, 1, 1, 2, 5, 5]))
})
