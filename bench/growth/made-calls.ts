import { firstCallId } from '../../src/facts/call-id.js'
import type { AttemptResult, CallEnding, CallFact } from '../../src/facts/events.js'
import { randomStream, type RandomStream } from '../../src/what-if/random.js'

const day = 24 * 60 * 60_000
/** The past of a service: one year, with any number of calls. */
export const pastMs = 365 * day

export const lines = Array.from({ length: 40 }, (_, index) => `line-${index}`)
export const organisations = Array.from({ length: 200 }, (_, index) => `practice-${index}`)
export const clinicians = 1_600
/** Telephones that are unassigned or answered by a machine: they end up on the watch list. */
const bad = 400

export interface MadeCall {
  readonly callId: string
  readonly facts: readonly { readonly at: number; readonly elapsedMs: number; readonly fact: CallFact }[]
  /** The arranged call that it carried out. */
  readonly arrangement?: string
}

/** The calls of a past that ends at `now` (wall-clock ms), in the order of their arrival: the same ones for the same number. */
export function* madeCalls(count: number, now: number): Generator<MadeCall> {
  const random = randomStream(count)
  for (let index = 0; index < count; index++) {
    // The last minute is empty: every call is over.
    yield madeCall(index, now - pastMs + Math.floor(((pastMs - 10 * 60_000) * index) / count), random)
  }
}

/** As `newCallId`, and the same for the same stream. */
function idFrom(random: RandomStream, at: number): string {
  const hex = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  const drawn = hex() + hex() + hex()
  return `${firstCallId(at)}${drawn.slice(0, 3)}-8${drawn.slice(3, 6)}-${drawn.slice(6, 18)}`
}

function madeCall(index: number, arrivedAt: number, random: RandomStream): MadeCall {
  const callId = idFrom(random, arrivedAt)
  const facts: { at: number; elapsedMs: number; fact: CallFact }[] = []
  let elapsedMs = 0
  const tell = (afterMs: number, fact: CallFact) => {
    elapsedMs += Math.round(afterMs)
    facts.push({ at: arrivedAt + elapsedMs, elapsedMs, fact })
  }
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * random() * list.length)]!
  const line = pick(lines)
  // One in forty is a call-back: the engine rings the clinician first.
  const arrangement = index % 40 === 7 ? `made-${index}` : undefined
  if (arrangement === undefined)
    tell(0, {
      type: 'call.arrived',
      kind: 'dialIn',
      callerNumber: `0163296${String(index % 10_000).padStart(4, '0')}`,
      dialledNumber: '01632960001',
      organisation: pick(organisations),
      source: '192.0.2.7:5060/udp',
    })
  else tell(0, { type: 'call.placed', kind: 'pifuCallBack', arrangement, clinician: `dr-${index % clinicians}` })
  tell(12, { type: 'call.answered', legId: `${callId}-a` })
  if (random() < 0.06) return { callId, facts: ended(facts, tell, callId, 'abandonedInMenu') }
  tell(2_000, { type: 'menu.offered', lines: lines.slice(0, 6), attempt: 1 })
  tell(3_000, { type: 'menu.keyed', keys: '21', understood: true })
  tell(5, { type: 'line.chosen', line, by: 'code' })
  if (random() < 0.04) return { callId, facts: ended(facts, tell, callId, 'lineClosed') }
  tell(5, { type: 'hunt.started', pool: 'local', candidates: 4 })
  const reached = random() < 0.78
  const ringings = 1 + Math.floor(random() * random() * 4)
  for (let n = 1; n <= ringings; n++) {
    const attempt = `${callId}-${n}`
    const last = n === ringings
    const who = last && reached ? Math.floor(random() * clinicians) : Math.floor(random() * (clinicians + bad))
    const target = `+4477${String(10_000_000 + who).slice(-8)}`
    tell(20, {
      type: 'attempt.started',
      attempt,
      candidate: `clinician:dr-${who}`,
      label: `Dr Person ${who}`,
      clinician: `dr-${who}`,
      pool: 'local',
      target,
      account: line,
    })
    tell(900, { type: 'attempt.ringing', attempt })
    if (last && reached) {
      tell(6_000 + random() * 8_000, { type: 'attempt.answered', attempt, legId: `${attempt}-leg` })
      tell(10, { type: 'whisper.started', attempt, repetition: 1 })
      tell(3_500, {
        type: 'attempt.accepted',
        attempt,
        proof: { heard: { kind: 'key', key: '1', source: 'rfc4733' }, legId: `${attempt}-leg`, heardAt: arrivedAt + elapsedMs },
      })
      tell(3, { type: 'attempt.ended', attempt, result: 'accepted' })
      tell(1, { type: 'hunt.ended', result: 'accepted' })
      tell(5, { type: 'recording.started', recordingId: `${callId}-r`, spoolPath: `/var/lib/ringround/spool/${callId}-r.wav` })
      tell(5, { type: 'talk.started', attempt })
      tell(40_000 + random() * 400_000, { type: 'talk.ended', by: 'specialist', why: 'hangup' })
      tell(5, { type: 'recording.stopped', recordingId: `${callId}-r` })
      tell(5, {
        type: 'leg.ended',
        legId: `${attempt}-leg`,
        party: 'specialist',
        hangUp: { ending: 'hangup', at: arrivedAt + elapsedMs, detail: 'BYE' },
      })
      tell(5, { type: 'outcome.asked', of: 'caller' })
      if (random() < 0.7)
        tell(4_000, { type: 'outcome.left', outcome: random() < 0.7 ? 'referral-avoided' : 'referral-made', by: 'caller' })
    } else {
      const [result, status] = who >= clinicians ? (['badNumber', 404] as const) : missed(random)
      tell(8_000 + random() * 12_000, { type: 'attempt.ended', attempt, result, ...(status === undefined ? {} : { status }) })
    }
  }
  if (!reached) tell(1, { type: 'hunt.ended', result: 'nobody' })
  ended(facts, tell, callId, reached ? 'completed' : 'unanswered')
  if (reached)
    tell(900, {
      type: 'recording.ready',
      recordingId: `${callId}-r`,
      path: `2026/03/02/${callId}.mp3`,
      bytes: 700_000,
      seconds: 180.5,
      sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    })
  return { callId, facts, ...(arrangement === undefined ? {} : { arrangement }) }
}

function missed(random: RandomStream): readonly [AttemptResult, number | undefined] {
  const drawn = random()
  return drawn < 0.6 ? ['noAnswer', undefined] : drawn < 0.8 ? ['busy', 486] : drawn < 0.95 ? ['declined', 603] : ['notAccepted', undefined]
}

function ended(
  facts: MadeCall['facts'],
  tell: (afterMs: number, fact: CallFact) => void,
  callId: string,
  ending: CallEnding,
): MadeCall['facts'] {
  tell(2, { type: 'leg.ended', legId: `${callId}-a`, party: 'caller', hangUp: { ending: 'hangup', at: 0, detail: 'BYE' } })
  tell(1, { type: 'call.ended', ending })
  return facts
}
