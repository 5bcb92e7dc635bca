import type { Agreement, Columns, Comparison } from './compare.js'
import { figureNames, type Estimate, type FigureName } from './figures.js'
import { assumptions, type Told } from './assumptions.js'

const names: Readonly<Record<FigureName, string>> = {
  meanWait: 'connection time, mean (s)',
  medianWait: 'connection time, median (s)',
  p90Wait: 'connection time, p90 (s)',
  answerRate: 'answer rate (%)',
  refs: 'refs, mean',
}

/** The result for people: the figures side by side, by hour, their basis, and whether they can be trusted. */
export function report(comparison: Comparison, told: Told): string {
  const { overall, byHour } = comparison
  const parts = [
    heading(overall, told),
    table(
      'all calls',
      figureNames.map((name) => [names[name], ...cells(overall, name)]),
      overall,
    ),
  ]
  for (const name of figureNames) {
    parts.push(
      `By hour of the day: ${names[name]}\n${table(
        'hour   calls',
        byHour.map((columns) => [`${hour(columns.hour)}  ${String(columns.calls).padStart(6)}`, ...cells(columns, name)]),
        overall,
      )}`,
    )
  }
  parts.push(
    `What this rests on\n${assumptions(told)
      .map((line) => `- ${line}`)
      .join('\n')}`,
    checkLine(comparison),
  )
  return parts.join('\n\n')
}

function heading({ calls }: Columns, { title, period, seed, runs, changes }: Told): string {
  return [
    `What if: ${title}, ${period}: ${calls} calls that reached the hunt`,
    changes.length === 0 ? 'Change: none; the replay is only held against what happened' : `Change: ${changes.join('; ')}`,
    `${runs} replays, seed ${seed}. In brackets: 95% intervals; what they cover is said below.`,
  ].join('\n')
}

function cells({ recorded, asItWas, changed, difference }: Columns, name: FigureName): readonly string[] {
  const scale = name === 'answerRate' ? 100 : 1
  const digits = name === 'refs' ? 2 : 1
  const show = (estimate: Estimate | undefined, signed = false) => {
    if (estimate === undefined) return '-'
    const number = (value: number) => fixed(value * scale, digits, signed)
    return `${number(estimate.value)} [${number(estimate.interval.from)}, ${number(estimate.interval.to)}]`
  }
  return [
    show(recorded[name]),
    show(asItWas[name]),
    ...(changed === undefined ? [] : [show(changed[name]), show(difference?.[name], true)]),
  ]
}

/** Never "-0.0". */
function fixed(value: number, digits: number, signed: boolean): string {
  const text = value.toFixed(digits)
  const zero = Number(text) === 0
  if (zero) return text.replace('-', '')
  return signed && value > 0 ? `+${text}` : text
}

function table(first: string, rows: readonly (readonly string[])[], { changed }: Columns): string {
  const head = [first, 'recorded', 'replayed as it was', ...(changed === undefined ? [] : ['replayed with the change', 'difference made'])]
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd()
  return [line(head), ...rows.map(line)].join('\n')
}

function hour(of: number): string {
  return `${String(of).padStart(2, '0')}:00`
}

/** Whether the replay as it was matches the record, in one line. */
export function checkLine({ check, overall }: Comparison): string {
  const of = (agreement: Agreement) => figureNames.filter((name) => check.figures[name] === agreement)
  const compared = Object.keys(check.figures).length
  if (compared === 0) return 'Check: nothing can be compared.'
  const off = (name: FigureName) => {
    const [was, again] = [overall.recorded[name], overall.asItWas[name]]
    const show = (value: number | undefined) => fixed((value ?? 0) * (name === 'answerRate' ? 100 : 1), 2, false)
    return `${names[name]} is ${show(again?.value)}, recorded ${show(was?.value)} (${show(was?.interval.from)} to ${show(was?.interval.to)})`
  }
  const { within, near, apart } = check.hours
  const hours =
    within + near + apart === 0
      ? ''
      : ` Of ${within + near + apart} figures of single hours ${within} lie within their intervals, ${apart} do not agree.`
  const [close, wrong] = [of('near').map(off), of('apart').map(off)]
  const aside = close.length === 0 ? '' : `; outside, but no further than one replay from the next: ${close.join('; ')}`
  if (check.reproduced)
    return `Check: the replay as it was reproduces the recorded figures: ${of('within').length} of ${compared} within their intervals${aside}.${hours}`
  return `Check: NOT REPRODUCED. The replay as it was does not give the recorded figures: ${wrong.join('; ')}${aside}. Do not lean on the replayed columns before it is known why (another rota or policy then, or days unlike each other).${hours}`
}
