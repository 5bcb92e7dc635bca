import { fine, wrong, type Finding } from './finding.js'

const zone = 'Europe/London'

/** Noon UTC in winter and in summer, in a place whose clocks change: a Node.js without its time zone data knows one of them or none. */
export function timeZoneData(hourAt: (at: Date) => number = hourIn(zone)): Finding {
  const advice = 'install a Node.js with full time zone data (full-icu)'
  try {
    const [winter, summer] = ['2026-01-15T12:00:00Z', '2026-07-15T12:00:00Z'].map((at) => hourAt(new Date(at)))
    if (winter === 12 && summer === 13) return fine('time zones are known')
    return wrong(`time zones: noon UTC is ${winter ?? '?'} o'clock in ${zone} in winter, and ${summer ?? '?'} o'clock in summer`, advice)
  } catch {
    return wrong(`time zones: ${zone} is not known`, advice)
  }
}

function hourIn(timeZone: string): (at: Date) => number {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' })
  return (at) => Number(format.format(at))
}
