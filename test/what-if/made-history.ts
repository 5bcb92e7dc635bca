import { join } from 'node:path'
import { Desk } from '../../src/calls/desk.js'
import { flowDefaults } from '../../src/calls/flow-settings.js'
import { VirtualClock } from '../../src/clock/virtual-clock.js'
import { MemoryLog } from '../../src/demo/memory-log.js'
import { VirtualRecordings } from '../../src/demo/virtual-recordings.js'
import { spokenMs, VirtualSpeech } from '../../src/demo/virtual-speech.js'
import type { RingPolicy } from '../../src/directory/model.js'
import { knownTimeZone } from '../../src/directory/time-zone.js'
import { CallDatabase } from '../../src/store/call-database.js'
import { openForWriting } from '../../src/store/sqlite/open.js'
import type { Temperament } from '../../src/switch/virtual/temperament.js'
import { VirtualSwitch } from '../../src/switch/virtual/virtual-switch.js'
import { TargetHistory } from '../../src/watch-list/target-history.js'
import { randomStream, type RandomStream } from '../../src/what-if/random.js'
import { outbound } from '../kit/calls/call-world.js'
import { smallDirectory } from '../kit/calls/small-directory.js'

/** How somebody behaves whenever they are rung. */
export interface Person {
  /** Probability that they answer, by the hour of the day, if they were rung for ever. */
  readonly answers: (hour: number) => number
  /** How long they take to answer, s. */
  readonly seconds: readonly [number, number]
  /** Of those answers, how many lead to acceptance, and how many to hanging up; the rest is silence. */
  readonly accepts: number
  readonly hangsUp: number
  /** Probability of a refusal at once where they do not answer. */
  readonly busy: number
}

export interface MadeHistory {
  readonly people: Readonly<Record<string, Person>>
  /** Telephone numbers, in order: the rota round the clock. */
  readonly rota: readonly string[]
  readonly ring?: Partial<RingPolicy>
  readonly calls: number
  /** Wall-clock ms of the first day's midnight. */
  readonly firstDay: number
  readonly days: number
  readonly seed: number
  /** Of the callers so many hang up after 20 to 60 s of the hunt. */
  readonly impatient: number
}

export const lineNumber = '+441632960021'
const dayMs = 86_400_000

/** Calls on the line `cardiology`, carried by the real desk in virtual time, to people whose behaviour is known; kept in a store of their own. */
export async function makeHistory(folder: string, history: MadeHistory): Promise<string> {
  const random = randomStream(history.seed, 77)
  const zone = knownTimeZone('Europe/London')
  const clock = new VirtualClock(history.firstDay)
  const telephone = new VirtualSwitch({ clock, durationMs: spokenMs, traced: false })
  const log = new MemoryLog(clock)
  const past = new TargetHistory()
  log.subscribe((event) => past.apply(event))
  const directory = smallDirectory({
    lines: [{ id: 'cardiology', rota: history.rota, ring: history.ring ?? {} }],
    direct: { [lineNumber]: 'cardiology' },
  })
  let serial = 0
  const desk = new Desk({
    switch: telephone,
    directory: () => directory,
    speech: new VirtualSpeech(),
    log,
    recordings: new VirtualRecordings(),
    past,
    clock,
    settings: { ...flowDefaults, outbound },
    newCallId: () => `call-${String(++serial).padStart(5, '0')}`,
  })
  desk.open()
  for (const [number, person] of Object.entries(history.people)) {
    telephone.phone(number, () => behave(person, Math.floor(zone.wallClockAt(clock.now()).minute / 60), random))
  }
  // Working hours, so that several calls meet: eight in the morning to six in the evening.
  const arrivals = Array.from(
    { length: history.calls },
    () => Math.floor(random() * history.days) * dayMs + (8 + 10 * random()) * 3_600_000,
  ).sort((a, b) => a - b)
  for (const at of arrivals) {
    const promptTimeoutMs = random() < history.impatient ? (20 + 40 * random()) * 1_000 : undefined
    clock.after(at, () => {
      const caller = telephone.arrive({ callerNumber: '+441632960001', dialledNumber: lineNumber })
      if (promptTimeoutMs === undefined) return
      clock.after(promptTimeoutMs, () => {
        if (caller.leg?.isBridged !== true) caller.hangUp()
      })
    })
  }
  await clock.advance((history.days + 1) * dayMs)
  const file = join(folder, 'ringround.db')
  const open = await openForWriting(file)
  const database = new CallDatabase(open)
  for (let start = 0; start < log.told.length; start += 5_000) await database.append(log.told.slice(start, start + 5_000))
  await open.close()
  return file
}

function behave({ answers, seconds: [least, most], accepts, hangsUp, busy }: Person, hour: number, random: RandomStream): Temperament {
  const between = (from: number, to: number) => Math.round((from + (to - from) * random()) * 1_000)
  if (random() >= answers(hour))
    return random() < busy ? { kind: 'refuses', afterMs: between(0.2, 1), how: 'busy' } : { kind: 'neverAnswers' }
  const afterMs = between(least, most)
  const chance = random()
  if (chance < accepts) {
    const acceptMs = between(2, 8)
    return {
      kind: 'answers',
      afterMs,
      then: [
        { atMs: acceptMs, does: 'press', key: '1' },
        { atMs: acceptMs + between(60, 400), does: 'hangUp' },
      ],
    }
  }
  if (chance < accepts + hangsUp) return { kind: 'answers', afterMs, then: [{ atMs: between(1, 5), does: 'hangUp' }] }
  return { kind: 'answers', afterMs, then: [] }
}

/** The directory to such a history. @param rota who is on, as entries of a directory file */
export function directoryText(rota: readonly string[], ring = 'ringSeconds: 20'): string {
  return `areas: { saltmarsh: { name: Saltmarsh } }
organisations:
  st-brides: { kind: trust, name: St Bride's Hospital, area: saltmarsh }
lines:
  cardiology:
    trust: st-brides
    name: Cardiology
    code: 21
    number: 01632 960021
    hours: always
    access: everyone
    ring: { ${ring} }
rotas:
  cardiology:
${rotaText(rota, '    ')}`
}

export function rotaText(rota: readonly string[], indent = ''): string {
  const entries = rota.map((number) => `{ phone: "phone ${number}", target: "${number}" }`).join(', ')
  return `${indent}pattern:\n${indent}  - { session: All day, days: mon-sun, time: 00:00-24:00, entries: [${entries}] }\n`
}
