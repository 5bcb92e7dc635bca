import type { Comparison } from './baseline.js'
import { met, type Figure } from './figure.js'
import { loaded, type OtherWork } from './other-work.js'
import { lengthOf, slower, targetHere, yardstickOfTargets, type Scale } from './scale.js'
import { rounded, type Spread } from './statistics.js'
import type { Yardstick } from './yardstick.js'

/** A table for people, in Markdown. */
function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

const inShort = ({ median, p95, p99, n }: Spread) => `${rounded(median)} / ${rounded(p95)} / ${rounded(p99)} (n ${n})`

export function yardstickTable(before: Yardstick, after: Yardstick | undefined): string {
  const row = (name: string, scale: Scale | undefined, spread: (of: Yardstick) => string, here: number, there: number) => [
    name,
    spread(before),
    after ? spread(after) : '',
    String(rounded(there)),
    `${rounded(here / there)}${scale === undefined ? '' : ` (${scale})`}`,
  ]
  const of = yardstickOfTargets
  return markdown(
    ['yardstick', 'before: median / p95 / p99', 'after', 'that of the targets', 'times as slow here'],
    [
      row('a message through three processes, ms', 'message', ({ message }) => inShort(message), before.message.median, of.message.median),
      row('an fsync of 4 kB, ms', undefined, ({ fsync }) => inShort(fsync), before.fsync.median, of.fsync.median),
      row("a timer's lateness, ms", undefined, ({ lateness }) => inShort(lateness), before.lateness.median, of.lateness.median),
      row('a fixed piece of work, CPU ms', 'work', ({ work }) => String(rounded(work)), before.work, of.work),
      row('a message in a crowd, CPU us', 'packets', ({ messageCpu }) => String(rounded(messageCpu)), before.messageCpu, of.messageCpu),
    ],
  )
}

/** Every figure, also as a multiple of the yardstick, beside its target for this machine. */
export function figureTable(figures: readonly Figure[], yardstick: Yardstick): string {
  const rows = figures.map((one) => {
    const verdict = met(one, yardstick)
    const target = targetHere(one, yardstick)
    const sign = one.atLeast ? '>=' : '<='
    return [
      one.name,
      `${one.value} ${one.unit} ${one.of}`,
      one.scale === undefined || one.atLeast ? '' : `${rounded(one.value / lengthOf(one.scale, yardstick))} ${one.scale}`,
      one.target === undefined ? '' : `${sign} ${one.target}`,
      target === undefined ? '' : `${sign} ${target}`,
      verdict === undefined ? '' : verdict ? 'met' : 'MISSED',
      one.spread ? inShort(one.spread) : '',
      one.freeswitchAlone ?? '',
    ]
  })
  return markdown(['figure', 'measured', 'in yardsticks', 'target', 'target here', '', 'median / p95 / p99', 'FreeSWITCH alone'], rows)
}

/** Changes against the baseline, and their thresholds. */
export function movedTable(comparisons: readonly Comparison[]): string {
  if (comparisons.length === 0) return 'Nothing of this is in bench/baseline.json: there is nothing to compare with.'
  const rows = comparisons.map(({ part, figure, expected, noise, moved }) => {
    const change = expected === 0 ? '' : `x ${rounded(figure.value / expected)}`
    return [
      `${part}: ${figure.name}, ${figure.of}`,
      `${expected} ${figure.unit}`,
      `${figure.value} ${figure.unit}`,
      change,
      noise === undefined ? 'fewer than 3 runs kept' : `x ${noise}`,
      moved === undefined ? '' : moved.toUpperCase(),
    ]
  })
  const moved = comparisons.filter((one) => one.moved !== undefined)
  const unknown = comparisons.filter(({ noise }) => noise === undefined).length
  const verdict =
    moved.length === 0
      ? 'Nothing moved by more than noise.'
      : `Moved by more than noise: ${moved.map(({ figure, expected, moved: how }) => `${figure.name} ${figure.of} ${expected} -> ${figure.value} ${figure.unit} (${how ?? ''})`).join('; ')}.`
  return `${markdown(['against the baseline', 'baseline, with this yardstick', 'measured', 'change', 'noise', 'moved'], rows)}\n\n${verdict}${unknown > 0 ? ` ${unknown} figures have too few runs in the baseline to tell.` : ''}`
}

export function otherWorkLine(part: string, work: OtherWork | undefined): string {
  if (!work) return `${part}: what else the machine did is not known`
  return `${part}: other programs took ${work.others} % of the machine, other guests ${work.stolen} %${loaded(work) ? ': LOADED, these are no figures' : ''}`
}

/** The change of this scale's yardstick while the parts ran. */
export function driftOf(before: Yardstick, after: Yardstick): (scale: Scale | undefined) => number {
  return (scale) => (scale === undefined ? 1 : slower(scale, after) / slower(scale, before))
}
