import fc from 'fast-check'
import type { ArrangedCall, Arrangements } from '../../../src/calls/arrangements.js'
import type { Key } from '../../../src/switch/port.js'
import type { Act, Temperament } from '../../../src/switch/virtual/temperament.js'
import { CallWorld, type Tampering } from './call-world.js'
import { FewArrangements } from './few-arrangements.js'
import { fault, longestCallMs, mediaDeath, mediaDies, temperament, troubles, type Lived, type Plan } from './plan.js'
import { dialIn } from './small-directory.js'

/** One call not made by a GP. */
export interface OtherCall {
  readonly atMs: number
  readonly kind: 'patient' | 'pin' | 'code' | 'bypass' | 'placed'
  /** What the caller does once answered, besides keying what the call needs. */
  readonly more: readonly Act[]
  readonly keysAtMs: number
  readonly hangsUpAtMs: number
}

/** Random patients' calls, arranged calls and calls to practices, on shared telephones, with accidents. */
export interface OtherPlan {
  readonly calls: readonly OtherCall[]
  readonly nurse: readonly Temperament[]
  readonly clinician: readonly Temperament[]
  readonly patient: readonly Temperament[]
  readonly bypass: readonly Temperament[]
  readonly reception: readonly Temperament[]
  readonly faults: Plan['faults']
  readonly mediaDeaths: Plan['mediaDeaths']
  readonly trouble: Plan['trouble']
  readonly latencyMs: number
  readonly logDelayMs: number
}

const clinic = '+441632960700'
const codes = '+441632960600'
const bypassNumber = '+441632960098'
const numbers = {
  nurse: '+447700900011',
  clinician: '+447700900021',
  patient: '+441632960888',
  bypass: '+441632960201',
  reception: '+441632960301',
}

/** The keys for a call, if any. */
const keyed: Readonly<Record<Exclude<OtherCall['kind'], 'placed'>, { readonly number: string; readonly keys: string }>> = {
  // Asks to be called back if nobody is free; pressed again and again, since the moment is unknown.
  patient: { number: clinic, keys: '' },
  pin: { number: dialIn, keys: '*482913' },
  code: { number: codes, keys: '4821' },
  bypass: { number: bypassNumber, keys: '2101' },
}

const connect: ArrangedCall = {
  id: 'connect',
  kind: 'patientConnect',
  targets: [{ kind: 'number', number: numbers.patient }],
  clinician: 'dr',
}
const coded: ArrangedCall = { id: 'coded', kind: 'callBackCode', targets: [{ kind: 'number', number: numbers.reception }], line: 'advice' }
const callBack: ArrangedCall = {
  id: 'back',
  kind: 'callBack',
  targets: [{ kind: 'number', number: numbers.patient }],
  clinician: 'dr',
  line: 'clinic',
}

/** Everybody hangs up in the end, also in calls that the engine placed. */
const mortal = temperament.map((each): Temperament =>
  each.kind === 'answers' ? { ...each, then: [...each.then, { atMs: longestCallMs, does: 'hangUp' }] } : each,
)

const people = fc.array(mortal, { minLength: 1, maxLength: 3 })

const otherCall: fc.Arbitrary<OtherCall> = fc.record({
  atMs: fc.nat(90_000),
  kind: fc.constantFrom('patient' as const, 'patient' as const, 'pin' as const, 'code' as const, 'bypass' as const, 'placed' as const),
  more: fc.array(
    fc.record({ atMs: fc.nat(120_000), does: fc.constant('press' as const), key: fc.constantFrom<Key>('1', '2', '1', '*', '7', '#') }),
    { maxLength: 4 },
  ),
  keysAtMs: fc.nat(9_000),
  hangsUpAtMs: fc.oneof({ weight: 3, arbitrary: fc.constant(longestCallMs) }, { weight: 2, arbitrary: fc.nat(200_000) }),
})

export const otherPlan: fc.Arbitrary<OtherPlan> = fc.record({
  calls: fc.array(otherCall, { minLength: 1, maxLength: 6 }),
  nurse: people,
  clinician: people,
  patient: people,
  bypass: people,
  reception: people,
  faults: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(fault, { maxLength: 4 }) }),
  mediaDeaths: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(mediaDeath, { maxLength: 2 }) }),
  trouble: fc.oneof(
    { weight: 6, arbitrary: fc.constant('none' as const) },
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
  latencyMs: fc.constantFrom(0, 1, 25),
  logDelayMs: fc.constantFrom(0, 2, 30),
})

/** Wrappers that may replace honest parts, besides those for GPs' calls. */
export interface OtherTampering extends Tampering {
  readonly arrangements?: (honest: Arrangements) => Arrangements
}

/** Runs it until a little after the last call. */
export async function liveOthers(plan: OtherPlan, tampering: OtherTampering = {}): Promise<Lived> {
  const { arrangements, ...tampered } = tampering
  const honest = new FewArrangements({ '482913': connect, '4821': coded }, 3, 6_000)
  const ring = { ringSeconds: 20, acceptSeconds: 15, totalSeconds: 90, rounds: 1 }
  const outcomes = [{ id: 'done', label: 'Done' }]
  const world = new CallWorld({
    directory: {
      lines: [
        { id: 'advice', rota: [numbers.nurse], ring, outcomes },
        { id: 'clinic', kind: 'pifuAnswer', rota: [numbers.nurse, numbers.clinician], ring, outcomes },
      ],
      clinicians: { dr: [numbers.clinician] },
      direct: { [clinic]: 'clinic' },
      desks: { 'Elm Surgery': { code: '2101', bypass: numbers.bypass, reception: numbers.reception } },
      codes,
      bypass: bypassNumber,
    },
    oneWayMs: 2,
    latencyMs: () => plan.latencyMs,
    logDelayMs: () => (plan.trouble === 'logStuck' ? 60_000 : plan.logDelayMs),
    faults: (operation, nth) => plan.faults.find((each) => each.operation === operation && each.nth === nth)?.fault,
    arrangements: arrangements?.(honest) ?? honest,
    tampering: { ...troubles[plan.trouble], ...tampered },
  })
  for (const [who, number] of Object.entries(numbers)) {
    const temperaments = plan[who as keyof typeof numbers]
    world.telephone.phone(number, (nth) => temperaments[(nth - 1) % temperaments.length] ?? { kind: 'neverAnswers' })
  }
  const spare = mediaDies(plan.mediaDeaths, world)
  let begun = 0
  for (const call of plan.calls) {
    world.clock.after(call.atMs, () => {
      begun++
      if (call.kind === 'placed') return void world.desk.place(callBack)
      const { number, keys } = keyed[call.kind]
      const presses = keys.split('').map((key, index): Act => ({ atMs: call.keysAtMs + index * 150, does: 'press', key: key as Key }))
      world.telephone.arrive({
        callerNumber: `+4477009005${String(begun).padStart(2, '0')}`,
        dialledNumber: number,
        then: [...presses, ...call.more, { atMs: call.hangsUpAtMs, does: 'hangUp' }],
      })
    })
  }
  const ended = await world.clock.runUntil(() => begun === plan.calls.length && world.desk.liveCalls === 0, longestCallMs + 10 * 60_000)
  spare()
  await world.clock.advance(70_000)
  return { plan: asPlan(plan), world, ended }
}

/** What the rules that hold for every kind of call need to know of the plan. */
function asPlan({ faults, mediaDeaths, trouble, latencyMs, logDelayMs }: OtherPlan): Plan {
  return {
    ...{ rotas: [], ncn: [], pairs: false, phones: [], callers: [], faults, mediaDeaths, trouble, latencyMs, logDelayMs },
    ...{
      ring: { ringSeconds: 20, acceptSeconds: 15, totalSeconds: 90, rounds: 1 },
      oneWayMs: 2,
      recordFrom: 'bridge',
      outcomes: true,
      spokenWord: 'off',
    },
  }
}
