import type { ApiCall } from './engine.js'
import type { TestLine } from './world.js'

/** One way that a call can go, as SIPp plays it. */
export interface Branch {
  /** A sentence that a GP or an operator understands. */
  readonly name: string
  /** Scenario of the caller, and how long it stays (`-d`). */
  readonly caller: readonly [scenario: string, holdMs?: number]
  /** Scenarios of the phones on the rota, in its order; `undefined`: stands on the rota and must never be rung. */
  readonly rota: readonly (readonly [scenario: string, holdMs?: number] | undefined)[]
  readonly ncn?: readonly (readonly [scenario: string, holdMs?: number])[]
  readonly line?: Partial<TestLine>
  /** The caller dials a practice with a menu; this line has the code 21. */
  readonly menu?: boolean
  /** How it ends; several where it is a race that either may win. */
  readonly ending: string | readonly string[]
  /** What became of each ringing. */
  readonly attempts: readonly string[]
  readonly check?: (call: ApiCall) => void
}

function must(holds: boolean, what: string, call: ApiCall): void {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(call, null, 1)}`)
}

const heardAs = (source: string) => (call: ApiCall) =>
  must(call.attempts.at(-1)?.proof?.heard.source === source, `the proof of acceptance is not ${source}`, call)
const recorded = (call: ApiCall) =>
  must(call.recordings.length === 1 && call.recordings[0]?.state !== 'failed', 'there is not one good recording', call)
const unrecorded = (call: ApiCall) => must(call.recordings.length === 0, 'something was recorded', call)
const both =
  (...checks: readonly ((call: ApiCall) => void)[]) =>
  (call: ApiCall) => {
    for (const check of checks) check(call)
  }
/** The next one is rung as soon as the one before is known not to come. */
const atOnce = (call: ApiCall) => {
  for (let n = 1; n < call.attempts.length; n++) {
    const gap = (call.attempts[n]?.startedAt ?? 0) - (call.attempts[n - 1]?.endedAt ?? 0)
    must(gap < 250, `${gap} ms went by before the next one was rung`, call)
  }
}
const rangFor = (place: number, ms: number) => (call: ApiCall) => {
  const { startedAt = 0, endedAt = 0 } = call.attempts[place] ?? {}
  must(Math.abs(endedAt - startedAt - ms) < 400, `phone ${place + 1} rang for ${endedAt - startedAt} ms`, call)
}
const noAnswer = ['no-answer'] as const
/** Talks, and leaves the outcome when the caller has gone. */
const accepts = ['accept-outcome', 5_500] as const
const hangsUp = ['accept-hang-up', 800] as const

export const branches: readonly Branch[] = [
  // The menu
  ...['pt101', 'pt120', 'pt96', 'info', 'inband', 'type-ahead'].map((form): Branch => ({
    name: `a GP chooses a line in the menu (${form})`,
    caller: [`menu-${form}`, 1_500],
    menu: true,
    rota: [['no-answer']],
    ending: 'abandonedInHunt',
    attempts: ['cancelled'],
  })),
  {
    name: 'a GP who presses a wrong key three times is let go politely',
    caller: ['menu-wrong-keys'],
    menu: true,
    rota: [undefined],
    ending: 'noChoice',
    attempts: [],
  },
  { name: 'a GP hangs up in the menu', caller: ['talk', 1_500], menu: true, rota: [undefined], ending: 'abandonedInMenu', attempts: [] },

  // Acceptance, in every form
  {
    name: 'the first specialist accepts; the GP hangs up, and the specialist leaves the outcome',
    caller: ['talk', 4_000],
    rota: [accepts],
    ending: 'completed',
    attempts: ['accepted'],
    check: both(heardAs('rfc4733'), recorded, (call) =>
      must(call.talkEndedBy === 'caller' && call.outcome?.by === 'specialist', 'no outcome of the specialist', call),
    ),
  },
  {
    name: 'the specialist hangs up, and the GP leaves the outcome',
    caller: ['outcome', 4_500],
    rota: [hangsUp],
    ending: 'completed',
    attempts: ['accepted'],
    check: both(recorded, (call) =>
      must(
        call.talkEndedBy === 'specialist' && call.outcome?.by === 'caller' && call.outcome.outcome === 'referral-avoided',
        'no outcome of the GP',
        call,
      ),
    ),
  },
  {
    name: 'the specialist hangs up, and so does the GP when asked for the outcome',
    caller: ['talk', 5_000],
    rota: [hangsUp],
    ending: 'completed',
    attempts: ['accepted'],
    check: (call) => must(call.outcome === undefined, 'there is an outcome', call),
  },
  {
    name: 'key 1 as SIP INFO (dtmf-relay) accepts',
    caller: ['talk', 4_000],
    rota: [['accept-info-relay', 800]],
    ending: 'completed',
    attempts: ['accepted'],
    check: heardAs('info'),
  },
  {
    name: 'key 1 as SIP INFO (the bare digit) accepts',
    caller: ['talk', 4_000],
    rota: [['accept-info', 800]],
    ending: 'completed',
    attempts: ['accepted'],
    check: heardAs('info'),
  },
  {
    name: 'key 1 as tones in the voice accepts',
    caller: ['talk', 4_000],
    rota: [['accept-inband', 800]],
    ending: 'completed',
    attempts: ['accepted'],
    check: heardAs('inband'),
  },
  {
    name: 'a wrong key is asked again, then key 1 accepts',
    caller: ['talk', 5_000],
    rota: [['wrong-key-then-1', 500]],
    ending: 'completed',
    attempts: ['accepted'],
    check: (call) => must(call.attempts[0]?.wrongKeys === 1, 'no wrong key was counted', call),
  },
  {
    name: 'a specialist who answers just before the ring time-out keeps the whole time to accept',
    caller: ['talk', 8_500],
    rota: [['accept-late', 4_600]],
    ending: 'completed',
    attempts: ['accepted'],
  },

  // The specialist does not take the call: the next one is rung
  {
    name: 'busy, declined, switched off, unknown, out of service, no codec: each time the next one is rung at once',
    caller: ['talk', 5_000],
    rota: [['busy'], ['decline'], ['unavailable'], ['not-found'], ['out-of-service'], ['no-common-codec'], hangsUp],
    ending: 'completed',
    attempts: ['busy', 'declined', 'unavailable', 'badNumber', 'failed', 'failed', 'accepted'],
    check: both(atOnce, (call) => must(call.refs === 7, 'not seven tried', call)),
  },
  {
    name: 'a phone that nobody picks up rings until its time-out',
    caller: ['talk', 9_000],
    rota: [noAnswer, hangsUp],
    ending: 'completed',
    attempts: ['noAnswer', 'accepted'],
    check: both(atOnce, rangFor(0, 5_000)),
  },
  {
    name: 'a phone that announces something without being answered rings until its time-out',
    caller: ['talk', 9_000],
    rota: [['progress-no-answer'], hangsUp],
    ending: 'completed',
    attempts: ['noAnswer', 'accepted'],
    check: rangFor(0, 5_000),
  },
  {
    name: 'a phone from which nothing comes at all holds nobody up for longer than its time-out',
    caller: ['talk', 9_000],
    rota: [['dead', 12_000], hangsUp],
    ending: 'completed',
    attempts: ['noAnswer', 'accepted'],
    check: both(atOnce, rangFor(0, 5_000)),
  },
  {
    name: 'a specialist who picks up in the moment of the time-out is released, and the hunt goes on',
    caller: ['talk', 9_000],
    rota: [['answer-crosses-cancel'], hangsUp],
    ending: 'completed',
    attempts: ['noAnswer', 'accepted'],
  },
  {
    name: 'an answering machine does not accept',
    caller: ['talk', 10_000],
    rota: [['voicemail'], hangsUp],
    ending: 'completed',
    attempts: ['notAccepted', 'accepted'],
  },
  {
    name: 'a specialist who says nothing does not accept',
    caller: ['talk', 10_000],
    rota: [['silent'], hangsUp],
    ending: 'completed',
    attempts: ['notAccepted', 'accepted'],
  },
  {
    name: 'a wrong key alone does not accept',
    caller: ['talk', 10_000],
    rota: [['wrong-key'], hangsUp],
    ending: 'completed',
    attempts: ['notAccepted', 'accepted'],
  },
  {
    name: 'a specialist who answers and hangs up is passed over for the next one',
    caller: ['talk', 7_000],
    rota: [['answer-hang-up', 1_200], hangsUp],
    ending: 'completed',
    attempts: ['answeredThenHungUp', 'accepted'],
    check: atOnce,
  },
  {
    name: 'early media of a specialist is taken and goes no further',
    caller: ['talk', 7_000],
    rota: [['early-media', 800]],
    ending: 'completed',
    attempts: ['accepted'],
  },

  // Nobody
  {
    name: 'nobody local: the hunt goes on in the National Consultant Network',
    caller: ['talk', 6_000],
    rota: [['busy']],
    ncn: [hangsUp],
    ending: 'completed',
    attempts: ['busy', 'accepted'],
    check: both(atOnce, (call) => must(call.attempts[1]?.pool === 'ncn', 'not from the pool', call)),
  },
  {
    name: 'nobody at all: the GP is told so, and the call ends as unanswered',
    caller: ['wait'],
    rota: [['busy'], ['decline']],
    ending: 'unanswered',
    attempts: ['busy', 'declined'],
    check: unrecorded,
  },
  {
    name: 'the total cap of the hunt cuts the last ringing short',
    caller: ['wait'],
    rota: [noAnswer, noAnswer, undefined],
    line: { ring: { totalSeconds: 10 } },
    ending: 'unanswered',
    attempts: ['noAnswer', 'noAnswer'],
    check: (call) =>
      must((call.attempts.at(-1)?.endedAt ?? 0) - (call.attempts[0]?.startedAt ?? 0) < 10_600, 'the hunt went on beyond its cap', call),
  },
  { name: 'an empty rota is told, not rung for ever', caller: ['wait'], rota: [], ending: 'noRota', attempts: [] },
  {
    name: 'a closed line says when it opens',
    caller: ['wait'],
    rota: [undefined],
    line: { hours: { week: {} } },
    ending: 'lineClosed',
    attempts: [],
  },

  // The caller goes
  {
    name: 'a GP gives up before the answer',
    caller: ['cancel'],
    rota: [['no-answer']],
    ending: ['abandonedBeforeAnswer', 'abandonedInHunt', 'abandonedInMenu'],
    attempts: ['cancelled'],
  },
  {
    name: 'a GP hangs up while a phone rings: it stops ringing',
    caller: ['talk', 2_000],
    rota: [noAnswer, undefined],
    ending: 'abandonedInHunt',
    attempts: ['cancelled'],
  },
  {
    name: 'a GP hangs up in the whisper: the specialist is told and released',
    caller: ['talk', 2_500],
    rota: [['silent'], undefined],
    ending: 'abandonedInHunt',
    attempts: ['cancelled'],
    check: unrecorded,
  },

  // Phones of every sort
  { name: 'a phone that offers late', caller: ['late-offer', 4_500], rota: [hangsUp], ending: 'completed', attempts: ['accepted'] },
  { name: 'a phone with A-law only', caller: ['pcma-only', 4_500], rota: [hangsUp], ending: 'completed', attempts: ['accepted'] },
  {
    name: 'a phone with mu-law only, and a specialist with A-law only',
    caller: ['pcmu-only', 4_500],
    rota: [hangsUp],
    ending: 'completed',
    attempts: ['accepted'],
  },
  {
    name: 'a specialist with mu-law only',
    caller: ['pcma-only', 4_500],
    rota: [['accept-pcmu', 800]],
    ending: 'completed',
    attempts: ['accepted'],
  },
  {
    name: 'a GP puts the call on hold and takes it back',
    caller: ['hold-resume', 3_500],
    rota: [['accept-hang-up', 4_500]],
    ending: 'completed',
    attempts: ['accepted'],
  },
  {
    name: 'a specialist puts the call on hold and takes it back',
    caller: ['talk', 7_500],
    rota: [['hold-resume', 1_000]],
    ending: 'completed',
    attempts: ['accepted'],
  },
  {
    name: "session timers of the GP's phone",
    caller: ['session-timer', 3_500],
    rota: [['accept-hang-up', 4_000]],
    ending: 'completed',
    attempts: ['accepted'],
  },
  {
    name: "session timers of the specialist's phone",
    caller: ['talk', 6_000],
    rota: [['session-timer', 1_000]],
    ending: 'completed',
    attempts: ['accepted'],
  },
  {
    name: 'a re-INVITE that may meet another',
    caller: ['glare', 3_500],
    rota: [['accept-hang-up', 1_800]],
    ending: 'completed',
    attempts: ['accepted'],
  },
  {
    name: 'a phone that requires reliable provisional responses',
    caller: ['requires-100rel', 4_500],
    rota: [hangsUp],
    ending: 'completed',
    attempts: ['accepted'],
  },
]

/** Only where messages can be lost and repeated. */
export const datagramBranches: readonly Branch[] = [
  { name: 'an ACK that is lost', caller: ['ack-lost', 4_500], rota: [hangsUp], ending: 'completed', attempts: ['accepted'] },
  {
    name: 'an INVITE that comes three times is one call',
    caller: ['invite-repeated', 4_500],
    rota: [hangsUp],
    ending: 'completed',
    attempts: ['accepted'],
  },
]
