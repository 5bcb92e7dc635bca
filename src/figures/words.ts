/** Figures for people. A dash: there is no value. */

export function count(value: number): string {
  return value.toLocaleString('en-GB')
}

/** To a tenth of a percent: `72.4%`, `80%`. */
export function percent(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? '–' : `${(share * 100).toFixed(1).replace(/\.0$/, '')}%`
}

export function seconds(ms: number | undefined): string {
  return ms === undefined ? '–' : `${(ms / 1_000).toFixed(ms < 99_950 ? 1 : 0)} s`
}

export function minutes(ms: number | undefined): string {
  if (ms === undefined) return '–'
  const whole = Math.round(ms / 1_000)
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
}

/** `12 h 05 min`. */
export function hours(ms: number): string {
  const whole = Math.round(ms / 60_000)
  return `${Math.floor(whole / 60).toLocaleString('en-GB')} h ${String(whole % 60).padStart(2, '0')} min`
}
