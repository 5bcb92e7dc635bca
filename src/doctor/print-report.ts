import type { Report } from './doctor.js'

const marks = { fine: 'ok   ', look: 'look ', wrong: 'WRONG' } as const

/** One line; what to change follows an arrow. */
export function printReport(report: Report): string {
  const advice = report.kind === 'fine' ? '' : ` -> ${report.advice}`
  return `${marks[report.kind]} ${report.check.padEnd(15)} ${report.what}${advice}`
}

/** The last line. */
export function summary(reports: readonly Report[]): string {
  const wrong = reports.filter(({ kind }) => kind === 'wrong').length
  const look = reports.filter(({ kind }) => kind === 'look').length
  if (wrong > 0) return `${wrong} of ${reports.length} findings are wrong: change them, and run this again.`
  return look > 0 ? `Nothing is wrong; ${look} of ${reports.length} findings want a look.` : `All ${reports.length} findings are fine.`
}
