import type { Habit } from './phones/commands.js'

export interface BenchLane {
  readonly number: string
  readonly habits: readonly Habit[]
}

/** Lanes of one kind; each has its own line, so that calls never wait for each other's specialists. */
export function lanes(count: number, first: number, habits: readonly Habit[]): readonly BenchLane[] {
  return Array.from({ length: count }, (_, index) => ({ number: String(first + index), habits }))
}

/** Lanes with phones in one process. */
export interface Crowd {
  readonly lanes: readonly BenchLane[]
  /** SIP port of its specialists. */
  readonly specialistsPort: number
}

/** The directory for these lanes, as JSON (which is YAML). A leg rings for 5 s, the least that a directory may say. */
export function directory(crowds: readonly Crowd[]): string {
  const all = crowds.flatMap(({ lanes: own, specialistsPort }) => own.map((lane, index) => ({ ...lane, index, specialistsPort })))
  const trust = 'general-hospital'
  return JSON.stringify({
    areas: { testshire: { name: 'Testshire' } },
    organisations: {
      [trust]: { kind: 'trust', name: 'General Hospital', area: 'testshire' },
      riverside: { kind: 'gpPractice', name: 'Riverside Surgery', area: 'testshire', dialIn: '99' },
    },
    lines: Object.fromEntries(
      all.map(({ number }) => [
        `line-${number}`,
        {
          trust,
          name: `Line ${number}`,
          spokenName: 'Cardiology',
          code: number.slice(-4),
          number,
          hours: 'always',
          access: 'everyone',
          blurb: 'Try again later.',
          ring: { ringSeconds: 5, acceptSeconds: 15, totalSeconds: 60 },
        },
      ]),
    ),
    rotas: Object.fromEntries(
      all.map(({ number, habits, index, specialistsPort }) => [
        `line-${number}`,
        {
          pattern: [
            {
              session: 'All',
              days: 'mon-sun',
              time: '00:00-24:00',
              entries: habits.map((_, place) => ({
                phone: `Phone ${place + 1}`,
                target: `sip:p${index}x${place}@127.0.0.1:${specialistsPort}`,
              })),
            },
          ],
        },
      ]),
    ),
  })
}

export const ringMs = 5_000
