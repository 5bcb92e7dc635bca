import { dateOf, dayNumber } from '../../src/directory/calendar.js'
import type { Directory, Line, Rota } from '../../src/directory/model.js'
import { parseDirectory } from '../../src/directory/parse-directory.js'
import { readRotaSheet } from '../../src/directory/rota-sheet.js'
import { entryKey, sessionPlansOn } from '../../src/directory/rota.js'

export const parsed = parseDirectory(
  `areas:
  a: { name: A }
organisations:
  t: { kind: trust, name: T, area: a }
clinicians:
  dr-okafor: { name: Dr Ada Okafor, role: x, numbers: 01632 960001 }
  dr-lind: { name: "Dr Maja Lindqvist, née Öst", role: x, numbers: 01632 960002 }
  dr-smith: { name: Dr Jo Smith, role: x, numbers: 01632 960003 }
  dr-smith-2: { name: Dr Jo Smith, role: x, numbers: 01632 960004 }
  dr-obrien: { name: "Dr Siobhán O'Brien-Lloyd", role: x, numbers: 01632 960005 }
lines:
  cardiology: { trust: t, name: Cardiology, code: 1, hours: always, access: nobody }
rotas:
  cardiology:
    pattern:
      - { session: Day, days: mon-fri, time: 09:00-17:00, entries: [dr-okafor, dr-lind] }
      - { session: Night, days: mon, time: 17:00-09:00, entries: [{ phone: 'Ward 7 (north)', target: 01632 960107 }, dr-smith] }
    changes:
      - { date: 2026-01-13, session: Day, close: true }
      - { date: 2026-01-20, session: Day, close: true }
`,
  'x',
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
export const { directory } = parsed
export const line: Line = cardiology()
export const monday = dayNumber('2026-01-12') ?? Number.NaN
export const bytes = (text: string) => new TextEncoder().encode(text)
export const readText = (text: string | Uint8Array) =>
  readRotaSheet(directory, line, monday, typeof text === 'string' ? bytes(text) : text, 'week.csv')

/** The plan for a date and session after reading the sheet. */
export function planned(text: string | Uint8Array, date: string, session: string): string {
  const read = readText(text)
  if (!read.ok) throw new Error(JSON.stringify(read.errors))
  const plan = sessionPlansOn(read.rota, dayNumber(date) ?? 0).find((candidate) => candidate.name === session)
  return plan === undefined
    ? 'none'
    : plan.closed
      ? 'closed'
      : `${plan.span.from}-${plan.span.to} ${plan.entries.map((entry) => entryKey(entry).replace(/^\w+:/, '')).join(' ')}`
}

export function shape(_random: Directory, _line: Line, first: number, rota: Rota | undefined) {
  return Array.from({ length: 7 }, (_, index) => first + index).flatMap((day) =>
    sessionPlansOn(rota ?? { line: 'line-1', pattern: [], changes: [] }, day).map((plan) => ({
      at: `${dateOf(day)} ${plan.name}`,
      closed: plan.closed,
      people: plan.entries.map(entryKey),
      span: plan.closed ? undefined : plan.span,
    })),
  )
}

function cardiology(): Line {
  const found = directory.lines.get('cardiology')
  if (found === undefined) throw new Error('no line')
  return found
}
