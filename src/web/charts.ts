/** Charts as SVG, made on the server: readable in print, without colour and without scripts, each with its table. */

export interface MonthBar {
  /** `Mar`, `2026-03`: under the bar. */
  readonly label: string
  readonly answered: number
  readonly notAnswered: number
}

const [width, height] = [720, 240]
const plot = { left: 48, right: 8, top: 24, bottom: 28 }

/**
 * Calls offered by month, as bars: answered below, unanswered above, hatched.
 * @param title read aloud in place of the picture
 */
export function monthBars(bars: readonly MonthBar[], title: string): string {
  const most = Math.max(1, ...bars.map(({ answered, notAnswered }) => answered + notAnswered))
  const ticks = ticksUpTo(most)
  const top = ticks.at(-1) ?? 1
  const [plotWidth, plotHeight] = [width - plot.left - plot.right, height - plot.top - plot.bottom]
  const y = (value: number) => round(plot.top + plotHeight * (1 - value / top))
  const slot = plotWidth / Math.max(1, bars.length)
  const grid = ticks.map(
    (tick) =>
      `<line class="rr-chart__grid" x1="${plot.left}" x2="${width - plot.right}" y1="${y(tick)}" y2="${y(tick)}"/><text class="rr-chart__tick" x="${plot.left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick.toLocaleString('en-GB')}</text>`,
  )
  const drawn = bars.map(({ label, answered, notAnswered }, index) => {
    const x = round(plot.left + slot * index + slot * 0.15)
    const barWidth = round(slot * 0.7)
    const middle = round(plot.left + slot * (index + 0.5))
    const offered = answered + notAnswered
    return [
      `<rect class="rr-chart__answered" x="${x}" y="${y(answered)}" width="${barWidth}" height="${round(y(0) - y(answered))}"/>`,
      `<rect class="rr-chart__not" fill="url(#rr-hatch)" x="${x}" y="${y(offered)}" width="${barWidth}" height="${round(y(answered) - y(offered))}"/>`,
      offered === 0
        ? ''
        : `<text class="rr-chart__value" x="${middle}" y="${y(offered) - 5}" text-anchor="middle">${offered.toLocaleString('en-GB')}</text>`,
      `<text class="rr-chart__tick" x="${middle}" y="${height - 8}" text-anchor="middle">${escaped(label)}</text>`,
    ].join('')
  })
  return `<svg class="rr-chart" role="img" viewBox="0 0 ${width} ${height}" aria-label="${escaped(title)}"><defs><pattern id="rr-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="rr-chart__paper" width="6" height="6"/><rect class="rr-chart__line" width="2" height="6"/></pattern></defs>${grid.join('')}${drawn.join('')}</svg>`
}

/** Round numbers from 0 to the first that is not below `most`; four or five steps. */
export function ticksUpTo(most: number): readonly number[] {
  const rough = most / 4
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one * 4 >= most) ?? power * 10
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step)
}

/** The shade of a heat map cell, 0 (nothing) to 5 (the most). The cell shows its number as well. */
export function heatOf(value: number, most: number): number {
  return value <= 0 || most <= 0 ? 0 : Math.min(5, Math.ceil((value / most) * 5))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
