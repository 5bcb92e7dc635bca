import { lineChoices } from '../directory/access.js'
import { openingAt } from '../directory/hours.js'
import type { Directory, Line } from '../directory/model.js'
import { outcomesFor } from '../directory/outcomes.js'
import { knownTimeZone } from '../directory/time-zone.js'
import type { CallEvent } from '../facts/events.js'
import type { Key } from '../switch/port.js'
import { randomStream, type RandomStream } from '../what-if/random.js'
import { pastBehaviour } from './past-behaviour.js'
import { heardNothing, virtualDesk } from './virtual-desk.js'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** Calls an hour on a working day, by hour of the day; advice lines are busiest when surgeries are. */
const working: readonly number[] = [
  0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 1, 3.2, 5.5, 6, 5.5, 3.8, 3, 4.2, 5, 4.6, 3.8, 2, 1, 0.7, 0.5, 0.3, 0.2,
]
/** This share of that at a weekend. */
const weekendShare = 0.3
/** Whenever the demo starts, there were calls just before, an hour. */
const leastOfLate = 3
const lateMs = 3 * hour

/** The share of talks with an outcome; some people hang up instead. */
const leavesOutcome = 0.74
/** Outcomes in the order of a line's list: the first by far the most frequent. */
const outcomeShares = [0.56, 0.76, 0.88, 0.95, 1]
/** Callers who give up during the hunt. */
const impatient = 0.09
/** Older requests for a call-back would be overdue in today's list. */
const requestsWithinMs = 3 * hour

export interface HistoryOptions {
  readonly directory: Directory
  /** Wall-clock ms at which the history ends. */
  readonly now: number
  readonly days: number
  readonly seed: number
}

/** A caller, and the purpose of the call. */
interface Errand {
  readonly number: string
  readonly callerNumber: string
  readonly keys: string
  readonly line: Line
  readonly organisation: string | undefined
}

/**
 * The month before the demo: calls to the lines of this directory, carried by the engine's own desk and hunt in virtual time, with people on the rotas
 * who answer most of the time. Nothing was recorded, because nobody really spoke; the facts say so.
 * @returns the facts of calls that are over, in the order in which they happened
 */
export async function inventHistory({ directory, now, days, seed }: HistoryOptions): Promise<readonly CallEvent[]> {
  const startAt = now - days * 24 * hour
  const random = randomStream(seed, 1)
  const zone = knownTimeZone('Europe/London')
  const { clock, telephone, log, desk, latestCall } = virtualDesk(directory, startAt)
  pastBehaviour(directory, telephone, randomStream(seed, 2))

  function ring(errand: Errand): void {
    const keyedAt = (3 + 5 * random()) * second
    const caller = telephone.arrive({
      callerNumber: errand.callerNumber,
      dialledNumber: errand.number,
      then: Array.from(errand.keys, (key, index) => ({ atMs: keyedAt + 400 * index, does: 'press', key: key as Key })),
    })
    const callId = latestCall()
    const patience = random() < impatient ? (20 + 45 * random()) * second : undefined
    const stop = log.subscribe((event) => {
      if (event.callId !== callId) return
      const later = (ms: number, act: () => void) => void clock.after(ms, act)
      switch (event.type) {
        case 'hunt.started':
          if (patience !== undefined && event.pool === 'local')
            later(patience, () => (caller.leg?.isBridged === true ? undefined : caller.hangUp()))
          return
        case 'hunt.ended':
          if (event.result !== 'nobody' && event.result !== 'timeUp') return
          if (errand.line.kind !== 'advice' && now - event.at < requestsWithinMs) later(9 * second, () => caller.press('1'))
          else later(12 * second, () => caller.hangUp())
          return
        case 'talk.started': {
          const length = talkMs(random)
          const callerFirst = random() < (errand.line.kind === 'advice' ? 0.4 : 0.88)
          later(length, () => (callerFirst ? caller.hangUp() : hangUpOther(event.callId)))
          return
        }
        case 'outcome.asked': {
          const key = outcomeKey(directory, errand, random)
          const leg = event.of === 'caller' ? caller.leg : otherLeg(event.callId)
          later((5 + 9 * random()) * second, () => (key === undefined ? leg?.hangUp() : leg?.press(key)))
          return
        }
        case 'call.ended':
          stop()
          return
        default:
      }
    })
  }

  const targets = new Map<string, string>()
  log.subscribe((event) => {
    if (event.type === 'attempt.started') targets.set(`${event.callId} ${event.attempt}`, event.target)
    if (event.type === 'talk.started') targets.set(event.callId, targets.get(`${event.callId} ${event.attempt}`) ?? '')
  })
  const otherLeg = (callId: string) => telephone.phones.get(targets.get(callId) ?? '')?.leg
  const hangUpOther = (callId: string) => otherLeg(callId)?.hangUp()

  for (let at = startAt; at < now; at += hour) {
    const { minute: minuteOfDay } = zone.wallClockAt(at)
    const weekend = [0, 6].includes(new Date(at).getUTCDay())
    const usual = (working[Math.floor(minuteOfDay / 60)] ?? 0) * (weekend ? weekendShare : 1)
    const rate = now - at <= lateMs ? Math.max(usual, leastOfLate) : usual
    for (const offset of arrivals(rate, random)) {
      const when = at + offset
      const errand = errandAt(directory, when, random)
      if (errand !== undefined && when < now) clock.after(when - startAt, () => ring(errand))
    }
  }
  desk.open()
  await clock.advance(now - startAt)
  const over = new Set(log.told.filter((event) => event.type === 'call.ended').map((event) => event.callId))
  return heardNothing(log.told.filter((event) => over.has(event.callId)))
}

/** Random moments within an hour, ms, at this rate. */
function arrivals(rate: number, random: RandomStream): readonly number[] {
  const moments: number[] = []
  for (let at = 0; ;) {
    at += (-Math.log(1 - random()) * hour) / Math.max(rate, 1e-6)
    if (at >= hour) return moments
    moments.push(Math.round(at))
  }
}

/** Most conversations last two to five minutes, a few much longer. */
function talkMs(random: RandomStream): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.round(Math.min(15 * minute, Math.max(35 * second, Math.exp(Math.log(175) + 0.5 * normal) * second)))
}

function outcomeKey(directory: Directory, { line, organisation }: Errand, random: RandomStream): Key | undefined {
  if (random() > leavesOutcome) return undefined
  const offered = outcomesFor(directory, line, organisation)
  const drawn = random()
  const index = outcomeShares.findIndex((share) => drawn < share)
  return String(Math.min(index < 0 ? 0 : index, offered.length - 1) + 1) as Key
}

/** A possible caller at that time: a practice for a line that it may use, or a patient; only for open lines. */
function errandAt(directory: Directory, at: number, random: RandomStream): Errand | undefined {
  const errands: (() => Errand)[] = []
  const national = [...directory.numbers.values()].filter(({ number }) => number.startsWith('+44'))
  for (const [index, { number, use }] of national.entries()) {
    if (use.kind === 'dialIn') {
      const { organisation } = use
      // A trust's number is for its own clinicians, who key a PIN there.
      if (directory.organisations.get(organisation)?.kind === 'trust') continue
      const choices = lineChoices(directory, organisation, at)
      for (const { line, opening } of choices) {
        if (opening.open)
          errands.push(() => ({
            number: dialled(number),
            callerNumber: callerOf(directory, organisation, index, random),
            keys: choices.length === 1 ? '' : line.code,
            line,
            organisation,
          }))
      }
    }
    const line = use.kind === 'line' ? directory.lines.get(use.line) : undefined
    if (line === undefined || line.kind === 'advice' || !openingAt(line, at).open) continue
    const patientsLine = () => ({
      number: dialled(number),
      callerNumber: `07700900${String(Math.floor(random() * 1_000)).padStart(3, '0')}`,
      keys: '',
      line,
      organisation: undefined,
    })
    errands.push(patientsLine, patientsLine)
  }
  return errands[Math.floor(random() * errands.length)]?.()
}

function dialled(number: string): string {
  return number.replace(/^\+44/, '0')
}

/** An ambulance crew rings from any of its mobiles, a practice from its own line. */
function callerOf(directory: Directory, id: string, index: number, random: RandomStream): string {
  const organisation = directory.organisations.get(id)
  if (organisation?.kind === 'ambulance') return `077009004${String(81 + Math.floor(random() * 6))}`
  const reception = organisation?.reception
  return reception?.kind === 'number' ? dialled(reception.number) : `016329603${String(50 + index)}`
}
