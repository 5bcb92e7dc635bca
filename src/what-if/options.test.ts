import { describe, expect, it } from 'vitest'
import { dateOf, dayNumber } from '../directory/calendar.js'
import { readOptions as read } from './options.js'

const today = dayNumber('2026-04-10') ?? 0
const readOptions = (args: readonly string[]) => read(args, today)

const period = ['--line', 'cardiology', '--from', '2026-03-01', '--to', '2026-03-31']

describe('the command line of what-if', () => {
  it('has sensible defaults', () => {
    expect(readOptions(period)).toMatchObject({
      line: 'cardiology',
      ring: {},
      runs: 100,
      seed: 1,
      json: false,
      rotaFile: undefined,
      config: undefined,
    })
    expect(readOptions(['--help'])).toBeUndefined()
  })

  it.each([
    [[], '2026-03-14', '2026-04-10'],
    [['--to', '2026-03-31'], '2026-03-04', '2026-03-31'],
    [['--from', '2026-04-01'], '2026-04-01', '2026-04-10'],
    [['--from', '2026-04-01', '--to', '2026-04-01'], '2026-04-01', '2026-04-01'],
  ])('%j: the calls from %s to %s', (args, first, last) => {
    const options = readOptions(['--line', 'cardiology', ...args])
    expect([dateOf(options?.from ?? 0), dateOf(options?.to ?? 0)]).toEqual([first, last])
  })

  it('takes every part of a ring policy', () => {
    expect(
      readOptions([
        ...period,
        '--ring-seconds',
        '15',
        '--accept-seconds=10',
        '--total-seconds',
        '120',
        '--rounds',
        '2',
        '--order',
        'leastRecentlyRung',
        '--runs',
        '10',
        '--seed',
        '7',
      ]),
    ).toMatchObject({
      ring: { ringSeconds: 15, acceptSeconds: 10, totalSeconds: 120, rounds: 2, order: 'leastRecentlyRung' },
      runs: 10,
      seed: 7,
    })
  })

  it.each([
    [[], 'Which line? --line NAME'],
    [['--line', 'x', '--from', '2026-04-11'], '--to 2026-04-10 is before --from 2026-04-11'],
    [['--line', 'x', '--from', '2026-02-30', '--to', '2026-03-01'], '--from is "2026-02-30", which is no date'],
    [['--line', 'x', '--from', '2026-03-02', '--to', '2026-03-01'], '--to 2026-03-01 is before --from 2026-03-02'],
    [['--line', 'x', '--from', '2016-03-02', '--to', '2026-03-01'], 'are 3652 days; at most 731'],
    [[...period, '--ring-seconds', '4'], '--ring-seconds is "4"; it has to be a whole number from 5 to 120.'],
    [[...period, '--ring-seconds', '15s'], '--ring-seconds is "15s"'],
    [[...period, '--ring-seconds', '-5'], "Option '--ring-seconds' argument is ambiguous"],
    [[...period, '--runs', '100000'], '--runs is "100000"'],
    [[...period, '--order', 'random'], '--order is "random"; it has to be rota or leastRecentlyRung.'],
    [[...period, '--ringseconds', '15'], "Unknown option '--ringseconds'"],
    [[...period, 'cardiology'], "Unexpected argument 'cardiology'"],
    [[...period, '--line', 'ent'], '--line stands there twice'],
    [['--line'], "Option '--line <value>' argument missing"],
  ])('%j: one line that says what is wrong', (args, message) => {
    const error = ((): Error | undefined => {
      try {
        readOptions(args)
        return undefined
      } catch (caught) {
        return caught as Error
      }
    })()
    expect(error?.message).toContain(message)
    expect(error?.message).not.toContain('\n')
  })
})
