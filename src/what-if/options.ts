import { parseArgs } from 'node:util'
import { messageOf } from '../common/errors.js'
import { dateOf, dayNumber, type DayNumber } from '../directory/calendar.js'
import type { RingPolicy } from '../directory/model.js'

export const usage = `Usage: npm run what-if -- --line LINE [--from DATE] [--to DATE] [changes] [more]

Replays the recorded calls of a period with another rota or ring policy, and puts the figures beside the recorded ones.

  --line LINE           the line, by its name in the directory file
  --from DATE --to DATE the days on which the calls came, both included: 2026-03-01;
                        default: the 28 days up to today

  Changes; without any, the replay is only compared with what happened:
  --rota FILE           another rota: the line's part of a directory file, or a whole directory file
  --ring-seconds N      ring time-out of one telephone, 5 to 120
  --accept-seconds N    time to accept after the answer, 5 to 60
  --total-seconds N     limit of the whole hunt, 10 to 1800
  --rounds N            rounds through the rota, 1 to 10
  --order ORDER         rota, or leastRecentlyRung

  --runs N              replays, 10 to 2000; default 100
  --seed N              other chances; the same seed gives the same output; default 1
  --json                the figures as JSON
  --config FILE         settings file instead of config/ringround.yaml`

export interface Options {
  readonly line: string
  /** Both included. */
  readonly from: DayNumber
  readonly to: DayNumber
  readonly rotaFile: string | undefined
  readonly ring: Partial<RingPolicy>
  readonly runs: number
  readonly seed: number
  readonly json: boolean
  readonly config: string | undefined
}

/** The request cannot be met: one line that says what would be right. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

/** Without a first day: four weeks, so that each weekday counts alike. */
const usualDays = 28
/** A longer period is surely a mistake. */
const maxDays = 731

/**
 * Reads the command line.
 * @param today the default last day
 * @returns undefined when help is asked for
 * @throws OptionError
 */
export function readOptions(args: readonly string[], today: DayNumber): Options | undefined {
  const values = parsed(args)
  if (values.help === true) return undefined
  const line = values.line
  if (line === undefined) throw new OptionError('Which line? --line NAME, as the directory file has it. --help shows every option.')
  const to = day('--to', values.to) ?? today
  const from = day('--from', values.from) ?? to - usualDays + 1
  if (to < from) throw new OptionError(`--to ${dateOf(to)} is before --from ${dateOf(from)}; the first day comes first.`)
  if (to - from >= maxDays) throw new OptionError(`From ${dateOf(from)} to ${dateOf(to)} are ${to - from + 1} days; at most ${maxDays}.`)
  const { order } = values
  if (order !== undefined && order !== 'rota' && order !== 'leastRecentlyRung')
    throw new OptionError(`--order is "${order}"; it has to be rota or leastRecentlyRung.`)
  const ring: Partial<RingPolicy> = {
    ...seconds('ringSeconds', whole('--ring-seconds', values['ring-seconds'], 5, 120)),
    ...seconds('acceptSeconds', whole('--accept-seconds', values['accept-seconds'], 5, 60)),
    ...seconds('totalSeconds', whole('--total-seconds', values['total-seconds'], 10, 1_800)),
    ...seconds('rounds', whole('--rounds', values.rounds, 1, 10)),
    ...(order === undefined ? {} : { order }),
  }
  return {
    line,
    from,
    to,
    rotaFile: values.rota,
    ring,
    runs: whole('--runs', values.runs, 10, 2_000) ?? 100,
    seed: whole('--seed', values.seed, 0, 999_999_999) ?? 1,
    json: values.json === true,
    config: values.config,
  }
}

function parsed(args: readonly string[]) {
  try {
    const { values, tokens } = parseArgs({
      args: [...args],
      tokens: true,
      options: {
        line: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        rota: { type: 'string' },
        'ring-seconds': { type: 'string' },
        'accept-seconds': { type: 'string' },
        'total-seconds': { type: 'string' },
        rounds: { type: 'string' },
        order: { type: 'string' },
        runs: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        config: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
    const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw new OptionError(`--${twice} stands there twice; once is enough.`)
    return values
  } catch (error) {
    if (error instanceof OptionError) throw error
    // parseArgs names the option first; the rest is advice for programmers.
    const [first] = messageOf(error).split(/\. |\n/)
    throw new OptionError(`${(first ?? '').replace(/\.$/, '')}. --help shows every option.`)
  }
}

function day(option: string, text: string | undefined): DayNumber | undefined {
  if (text === undefined) return undefined
  const found = dayNumber(text)
  if (found === undefined) throw new OptionError(`${option} is "${text}", which is no date such as 2026-03-01.`)
  return found
}

function whole(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < least || value > most)
    throw new OptionError(`${option} is "${text}"; it has to be a whole number from ${least} to ${most}.`)
  return value
}

function seconds(name: 'ringSeconds' | 'acceptSeconds' | 'totalSeconds' | 'rounds', value: number | undefined): Partial<RingPolicy> {
  return value === undefined ? {} : { [name]: value }
}
