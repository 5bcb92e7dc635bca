import fc from 'fast-check'
import type { Key } from '../../../src/switch/port.js'
import type { Act, Temperament } from '../../../src/switch/virtual/temperament.js'
import type { Fault, Operation } from '../../../src/switch/virtual/world.js'
import { CallWorld, type Tampering } from './call-world.js'
import { dialIn, type SmallDirectory } from './small-directory.js'

/** One random scenario: several callers, shared specialists, accidents. Plain data. */
export interface Plan {
  /** By line: who is on, as indices into `phones`. A clinician may have two of them. */
  readonly rotas: readonly (readonly number[])[]
  readonly ncn: readonly number[]
  /** Phones 2n and 2n+1 belong to one clinician where it says so. */
  readonly pairs: boolean
  /** By phone, then by attempt: what its owner does. */
  readonly phones: readonly (readonly Temperament[])[]
  readonly callers: readonly PlannedCaller[]
  /** Media servers that die during calls: how long their parties hear nothing, and which parties cannot be moved to another one. */
  readonly mediaDeaths: readonly MediaDeath[]
  readonly faults: readonly { readonly operation: Operation; readonly nth: number; readonly fault: Fault }[]
  readonly ring: { readonly ringSeconds: number; readonly acceptSeconds: number; readonly totalSeconds: number; readonly rounds: number }
  readonly oneWayMs: number
  readonly latencyMs: number
  readonly logDelayMs: number
  /** The log, the speech or the recordings fail in this way throughout. */
  readonly trouble: 'none' | 'logStuck' | 'speechSilent' | 'speechThrows' | 'diskFull' | 'recordingsSilent'
  readonly recordFrom: 'bridge' | 'answer'
  readonly outcomes: boolean
  /** Whether words are heard, on every line. */
  readonly spokenWord: 'off' | 'offers' | 'accepts'
}

export interface MediaDeath {
  readonly atMs: number
  readonly forMs: number
  readonly refuses: 'nobody' | 'callers' | 'called'
}

export interface PlannedCaller {
  readonly arrivesAtMs: number
  /** Keys the code of this line, this long after the answer. */
  readonly line: number
  readonly keysAtMs: number
  readonly hangsUpAtMs: number
  readonly givesUpAfterMs: number | undefined
  readonly more: readonly Act[]
}

/** The longest time on the telephone: talks end by then. Far longer than any hunt, so that it ends no hunt. */
export const longestCallMs = 20 * 60_000

const key = fc.constantFrom<Key>('0', '1', '2', '3', '9', '*', '#')

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ atMs: fc.nat(20_000), does: fc.constant('press' as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({
      atMs: fc.nat(90_000),
      does: fc.constant('break' as const),
      ending: fc.constantFrom('mediaTimeout' as const, 'mediaLost' as const, 'transport' as const, 'signallingLost' as const),
    }),
  },
)

const accepts = (atMs: number, talkMs: number): readonly Act[] => [
  { atMs, does: 'press', key: '1' },
  { atMs: atMs + talkMs, does: 'hangUp' },
]

const saysOne: fc.Arbitrary<Act> = fc.record({
  atMs: fc.nat(16_000),
  does: fc.constant('say' as const),
  word: fc.constant('one'),
  confidence: fc.double({ min: 0.7, max: 1, noNaN: true }),
})

/** It is recognisable within the first whisper, like every measured greeting (docs/words.md). */
const greetingThatSaysOne: fc.Arbitrary<readonly Act[]> = fc
  .tuple(
    fc.array(saysOne, { maxLength: 30 }),
    fc.nat(900),
    fc.constantFrom('talking' as const, 'stretch' as const, 'beep' as const, 'goesOn' as const),
  )
  .map(([says, atMs, how]) => [{ atMs, does: 'talk', how }, ...says])

const afterAnswer: fc.Arbitrary<readonly Act[]> = fc.oneof(
  { weight: 10, arbitrary: fc.tuple(fc.nat(16_000), fc.nat(120_000)).map(([atMs, talkMs]) => accepts(atMs, talkMs)) },
  // Voicemail: talks and talks.
  { weight: 2, arbitrary: fc.constant([]) },
  // Voicemail that says the word, again and again, before and behind what gives it away.
  { weight: 3, arbitrary: greetingThatSaysOne },
  // A specialist with busy hands, who may press the key in the middle of it.
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.array(saysOne, { minLength: 2, maxLength: 30 }), fc.option(fc.nat(16_000)), fc.nat(120_000))
      .map(([says, atMs, talkMs]): readonly Act[] => [
        ...says,
        ...(atMs === null ? [{ atMs: talkMs, does: 'hangUp' as const }] : accepts(atMs, talkMs)),
      ]),
  },
  { weight: 2, arbitrary: fc.nat(16_000).map((atMs): readonly Act[] => [{ atMs, does: 'hangUp' }]) },
  { weight: 2, arbitrary: fc.array(act, { maxLength: 4 }) },
)

export const temperament: fc.Arbitrary<Temperament> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('answers' as const), afterMs: fc.nat(25_000), then: afterAnswer }) },
  // At the exact moment of the time-out, or just before or after it.
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('answers' as const),
      afterMs: fc.constantFrom(9_990, 9_995, 10_000, 10_005, 19_990, 19_995, 19_999, 20_000, 20_005),
      then: afterAnswer,
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'neverAnswers' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('refuses' as const),
      afterMs: fc.nat(3_000),
      how: fc.constantFrom('busy' as const, 'declined' as const, 'unavailable' as const, 'badNumber' as const, 'failed' as const),
    }),
  },
)

const caller = (lines: number): fc.Arbitrary<PlannedCaller> =>
  fc.record({
    arrivesAtMs: fc.nat(60_000),
    line: fc.nat(lines),
    keysAtMs: fc.nat(8_000),
    hangsUpAtMs: fc.oneof(
      { weight: 4, arbitrary: fc.constant(longestCallMs) },
      { weight: 2, arbitrary: fc.nat(200_000) },
      { weight: 1, arbitrary: fc.nat(3_000) },
    ),
    givesUpAfterMs: fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat(50) }),
    more: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(act, { maxLength: 2 }) }),
  })

export const fault: fc.Arbitrary<Plan['faults'][number]> = fc.oneof(
  fc.record({
    operation: fc.constantFrom('answer' as const, 'dial' as const, 'play' as const, 'record' as const, 'bridge' as const),
    nth: fc.integer({ min: 1, max: 12 }),
    fault: fc.record({ kind: fc.constant('fails' as const), afterMs: fc.nat(300) }),
  }),
  fc.record({
    operation: fc.constantFrom('play' as const, 'bridge' as const),
    nth: fc.integer({ min: 1, max: 12 }),
    fault: fc.record({ kind: fc.constant('breaks' as const), afterMs: fc.nat(60_000) }),
  }),
)

/** Within the contract for dying media servers (5 s). */
export const mediaDeath: fc.Arbitrary<MediaDeath> = fc.record({
  atMs: fc.nat(200_000),
  forMs: fc.nat(4_000),
  refuses: fc.constantFrom('nobody' as const, 'nobody' as const, 'nobody' as const, 'callers' as const, 'called' as const),
})

/** People are trouble enough. */
export const calmPlan: fc.Arbitrary<Plan> = planWith({
  faults: fc.constant([]),
  mediaDeaths: fc.constant([]),
  trouble: fc.constant('none'),
})

/** People, and media servers that die under them. */
export const mortalPlan: fc.Arbitrary<Plan> = planWith({
  faults: fc.constant([]),
  mediaDeaths: fc.array(mediaDeath, { minLength: 1, maxLength: 4 }),
  trouble: fc.constant('none'),
})

/** Operations fail, disks are full, voices are silent, media servers die. */
export const troubledPlan: fc.Arbitrary<Plan> = planWith({
  mediaDeaths: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(mediaDeath, { maxLength: 2 }) }),
  faults: fc.array(fault, { maxLength: 4 }),
  trouble: fc.oneof(
    { weight: 3, arbitrary: fc.constant('none' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'logStuck' as const,
        'speechSilent' as const,
        'speechThrows' as const,
        'diskFull' as const,
        'recordingsSilent' as const,
      ),
    },
  ),
})

function planWith(accidents: {
  readonly faults: fc.Arbitrary<Plan['faults']>
  readonly mediaDeaths: fc.Arbitrary<Plan['mediaDeaths']>
  readonly trouble: fc.Arbitrary<Plan['trouble']>
}): fc.Arbitrary<Plan> {
  return fc.integer({ min: 1, max: 6 }).chain((phones) =>
    fc.integer({ min: 1, max: 2 }).chain((lines) => {
      const people = (least: number): fc.Arbitrary<number[]> =>
        fc.uniqueArray(fc.nat(phones - 1), { minLength: Math.min(least, phones), maxLength: 5, size: 'max' })
      return fc.record({
        rotas: fc.array(fc.oneof({ weight: 12, arbitrary: people(1) }, { weight: 1, arbitrary: fc.constant([]) }), {
          minLength: lines,
          maxLength: lines,
        }),
        ncn: fc.oneof(fc.constant([]), people(1)),
        pairs: fc.boolean(),
        phones: fc.array(fc.array(temperament, { minLength: 1, maxLength: 3 }), { minLength: phones, maxLength: phones }),
        callers: fc.array(caller(lines - 1), { minLength: 2, maxLength: 6, size: 'max' }),
        ...accidents,
        ring: fc.record({
          ringSeconds: fc.constantFrom(10, 20),
          acceptSeconds: fc.constantFrom(10, 15),
          totalSeconds: fc.constantFrom(45, 90, 180),
          rounds: fc.constantFrom(1, 1, 1, 2, 4),
        }),
        oneWayMs: fc.constantFrom(0, 2, 20),
        latencyMs: fc.constantFrom(0, 1, 25),
        logDelayMs: fc.constantFrom(0, 2, 30),
        recordFrom: fc.constantFrom('bridge' as const, 'bridge' as const, 'answer' as const),
        outcomes: fc.boolean(),
        spokenWord: fc.constantFrom('off' as const, 'offers' as const, 'accepts' as const, 'accepts' as const),
      })
    }),
  )
}

/** The result of a plan. */
export interface Lived {
  readonly plan: Plan
  readonly world: CallWorld
  /** Every call came to its end by itself. */
  readonly ended: boolean
}

/** Runs a plan until a little after the last call. */
export async function live(plan: Plan, tampering?: Tampering): Promise<Lived> {
  const world = new CallWorld({
    directory: directoryOf(plan),
    oneWayMs: plan.oneWayMs,
    latencyMs: () => plan.latencyMs,
    logDelayMs: () => (plan.trouble === 'logStuck' ? 60_000 : plan.logDelayMs),
    faults: (operation, nth) => plan.faults.find((each) => each.operation === operation && each.nth === nth)?.fault,
    tampering: { ...troubles[plan.trouble], ...tampering },
  })
  const spare = mediaDies(plan.mediaDeaths, world)
  const arrived = people(plan, world)
  const ended = await world.clock.runUntil(
    () => arrived() === plan.callers.length && world.desk.liveCalls === 0,
    longestCallMs + 10 * 60_000,
  )
  spare()
  await world.clock.advance(70_000)
  return { plan, world, ended }
}

/** Lets media servers die in a world. @returns cancels the deaths to come */
export function mediaDies(deaths: readonly MediaDeath[], { clock, telephone }: Pick<CallWorld, 'clock' | 'telephone'>): () => void {
  const cancels = deaths.map(({ atMs, forMs, refuses }) =>
    clock.after(atMs, () =>
      telephone.loseMedia({ forMs, refuses: ({ party }) => refuses === (party === 'caller' ? 'callers' : 'called') }),
    ),
  )
  return () => cancels.forEach((cancel) => cancel())
}

/** The people on each line. */
export function directoryOf(plan: Plan): SmallDirectory {
  return {
    lines: plan.rotas.map((rota, index) => ({
      id: `line${index}`,
      rota: rota.map((phone) => whose(plan, phone)),
      ring: plan.ring,
      recordFrom: plan.recordFrom,
      ...(plan.spokenWord === 'off' ? {} : { spokenWord: plan.spokenWord }),
      outcomes: plan.outcomes ? [{ id: 'avoided', label: 'Referral avoided' }] : [],
      ...(plan.ncn.length > 0 ? { ncnPool: 'network' } : {}),
    })),
    clinicians: plan.pairs ? clinicians(plan) : {},
    pools: { network: { members: plan.ncn.map((phone) => whose(plan, phone)), ring: plan.ring } },
  }
}

/** Puts the telephones and the callers of a plan into a world. @returns how many have rung so far */
export function people(plan: Plan, world: Pick<CallWorld, 'clock' | 'telephone'>): () => number {
  plan.phones.forEach((temperaments, index) => {
    world.telephone.phone(numberOf(index), (nth) => temperaments[(nth - 1) % temperaments.length] ?? { kind: 'neverAnswers' })
  })
  let arrived = 0
  for (const planned of plan.callers) {
    world.clock.after(planned.arrivesAtMs, () => {
      arrived++
      world.telephone.arrive({
        callerNumber: `+44163296${String(arrived).padStart(4, '0')}`,
        dialledNumber: dialIn,
        then: [
          { atMs: planned.keysAtMs, does: 'press', key: String(planned.line + 1) as Key },
          ...planned.more,
          { atMs: planned.hangsUpAtMs, does: 'hangUp' },
        ],
        ...(planned.givesUpAfterMs === undefined ? {} : { givesUpAfterMs: planned.givesUpAfterMs }),
      })
    })
  }
  return () => arrived
}

export function numberOf(phone: number): string {
  return `+4477009000${String(phone).padStart(2, '0')}`
}

/** A phone's name on a rota. */
function whose(plan: Plan, phone: number): string {
  return plan.pairs ? `clinician${Math.floor(phone / 2)}` : numberOf(phone)
}

function clinicians(plan: Plan): Record<string, readonly string[]> {
  const found: Record<string, string[]> = {}
  plan.phones.forEach((_, phone) => (found[whose(plan, phone)] ??= []).push(numberOf(phone)))
  return found
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

export const troubles: Readonly<Record<Plan['trouble'], Tampering>> = {
  none: {},
  logStuck: {},
  speechSilent: { speech: () => ({ say: never, warm: never }) },
  speechThrows: {
    speech: () => ({
      say: () => {
        throw new Error('no voice')
      },
      warm: never,
    }),
  },
  diskFull: {
    recordings: () => ({
      allocate: () => Promise.resolve({ kind: 'refused', why: 'disk full' }),
      left: () => Promise.resolve(undefined),
      resume: () => Promise.resolve(true),
      finish: () => undefined,
    }),
  },
  recordingsSilent: {
    recordings: () => ({
      allocate: never,
      left: () => Promise.resolve(undefined),
      resume: () => Promise.resolve(true),
      finish: () => undefined,
    }),
  },
}
