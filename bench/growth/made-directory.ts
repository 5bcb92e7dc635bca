import { clinicians, lines, organisations } from './made-calls.js'

const areas = 8
const trusts = 4
const onSession = 4

/** The directory of a service that has had the calls of `made-calls.ts`, as JSON (which is YAML): its lines, practices and clinicians by name, and the people on now. */
export function madeDirectory(): string {
  const numbered = <T>(count: number, entry: (index: number) => readonly [string, T]) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => entry(index)))
  return JSON.stringify({
    areas: numbered(areas, (index) => [`area-${index}`, { name: `Area ${index}` }]),
    organisations: {
      ...numbered(trusts, (index) => [`trust-${index}`, { kind: 'trust', name: `General Hospital ${index}`, area: `area-${index}` }]),
      ...Object.fromEntries(
        organisations.map((id, index) => [
          id,
          { kind: 'gpPractice', name: `Surgery ${index}`, area: `area-${index % areas}`, dialIn: String(5_000 + index) },
        ]),
      ),
    },
    clinicians: numbered(clinicians, (index) => [
      `dr-${index}`,
      {
        name: `Dr Person ${index}`,
        role: 'Consultant',
        numbers: [`+4477${10_000_000 + index}`],
        organisations: [`trust-${index % trusts}`],
      },
    ]),
    lines: Object.fromEntries(
      lines.map((id, index) => [
        id,
        {
          trust: `trust-${index % trusts}`,
          name: `Line number ${index}`,
          spokenName: 'Cardiology',
          code: String(10 + index),
          hours: 'always',
          access: 'everyone',
          blurb: 'Try again later.',
          ring: { ringSeconds: 15, totalSeconds: 120 },
        },
      ]),
    ),
    rotas: Object.fromEntries(
      lines.map((id, index) => [
        id,
        {
          pattern: [
            {
              session: 'All',
              days: 'mon-sun',
              time: '00:00-24:00',
              entries: Array.from({ length: onSession }, (_, place) => `dr-${(index * onSession + place) % clinicians}`),
            },
          ],
        },
      ]),
    ),
  })
}
