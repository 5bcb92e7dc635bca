import { describe, expect, it } from 'vitest'
import { smallDirectory, type SmallLine } from '../../test/kit/calls/small-directory.js'
import { knownTimeZone } from '../directory/time-zone.js'
import { Behaviour, type ObservedRinging } from './behaviour.js'
import type { Engagement } from './elsewhere.js'
import { Incidence } from './incidence.js'
import { PastOfTargets } from './past-of-targets.js'
import type { HuntedCall } from './recorded.js'
import { replay, type ReplayInput } from './replay.js'
import { ScenarioDirectories } from './scenario.js'

const noon = Date.UTC(2026, 2, 10, 12)
const always = { atMs: 5_000, cause: 'answered' } as const

/** A specialist who always does the same: seen so often that others' behaviour weighs nothing. */
function habit(target: string, ringing: ObservedRinging['ringing'], answer?: ObservedRinging['answer']): readonly ObservedRinging[] {
  return Array.from({ length: 2_000 }, () => ({ target, hour: 12, ringing, answer, calledOff: false }))
}
const accepts = (target: string) => habit(target, always, { atMs: 3_000, cause: 'accepted' })
const neverAnswers = (target: string) => habit(target, { atMs: 20_000, cause: undefined })

function call(second: number, more: Partial<HuntedCall> = {}): HuntedCall {
  const at = noon + second * 1_000
  return {
    callId: `call-${second}`,
    arrivedAt: at,
    huntAt: at,
    hour: 12,
    patience: { atMs: 0, cause: undefined },
    talkMs: 60_000,
    result: { waitMs: undefined, refs: 0 },
    ...more,
  }
}

interface World {
  readonly calls: readonly HuntedCall[]
  readonly people: readonly (readonly ObservedRinging[])[]
  readonly rota: readonly string[]
  readonly line?: Partial<SmallLine>
  readonly engagements?: readonly Engagement[]
  readonly patience?: Incidence<'hangsUp'>
}

function inputOf({ calls, people, rota, line, engagements, patience }: World): ReplayInput {
  const directory = smallDirectory({ lines: [{ id: 'cardiology', rota, ...line }] })
  const known = directory.lines.get('cardiology')!
  const directories = new ScenarioDirectories({
    line: known,
    ring: known.ring,
    rotaAt: () => ({ rota: directory.rotas.get('cardiology')!, timeZone: 'Europe/London' }),
    clinicians: directory.clinicians,
    ncnPool: undefined,
  })
  return {
    calls,
    directories: calls.map(({ arrivedAt }) => directories.directoryAt(arrivedAt)),
    behaviour: new Behaviour(people.flat()),
    zone: knownTimeZone('Europe/London'),
    patience: patience ?? new Incidence([]),
    talks: [60_000],
    engagements: engagements ?? [],
    past: new PastOfTargets([], noon),
  }
}

const run = (world: World, seed = 1, nth = 0) => replay(inputOf(world), seed, nth)

describe('a replayed call', () => {
  it('goes through the rota until a specialist accepts: 20 s unanswered, 5 s to the answer, 3 s to acceptance', async () => {
    expect(await run({ calls: [call(0)], people: [neverAnswers('+441'), accepts('+442')], rota: ['+441', '+442'] })).toEqual([
      { waitMs: 28_000, refs: 2 },
    ])
  })

  it('is unanswered when nobody accepts, and when nobody is on', async () => {
    expect(await run({ calls: [call(0)], people: [neverAnswers('+441')], rota: ['+441'] })).toEqual([{ waitMs: undefined, refs: 1 }])
    expect(await run({ calls: [call(0)], people: [accepts('+441')], rota: [] })).toEqual([{ waitMs: undefined, refs: 0 }])
  })

  it('follows the ring policy: a time-out before the answer, an acceptance too late, a second round', async () => {
    const people = [accepts('+441')]
    const ring = (policy: NonNullable<SmallLine['ring']>) => run({ calls: [call(0)], people, rota: ['+441'], line: { ring: policy } })
    expect(await ring({ ringSeconds: 4 })).toEqual([{ waitMs: undefined, refs: 1 }])
    expect(await ring({ acceptSeconds: 2 })).toEqual([{ waitMs: undefined, refs: 1 }])
    expect(await ring({})).toEqual([{ waitMs: 8_000, refs: 1 }])
    const busyAndOff = { calls: [call(0)], people: [habit('+441', { atMs: 1_000, cause: 'busy' })], rota: ['+441'] }
    expect(await run({ ...busyAndOff, line: { ring: { rounds: 3 } } })).toEqual([{ waitMs: undefined, refs: 1 }])
  })

  it('of a caller who hung up ends at the same moment, unless a specialist accepts before', async () => {
    const gaveUp = (seconds: number) => call(0, { patience: { atMs: seconds * 1_000, cause: 'hangsUp' } })
    const people = [neverAnswers('+441'), accepts('+442')]
    expect(await run({ calls: [gaveUp(27)], people, rota: ['+441', '+442'] })).toEqual([{ waitMs: undefined, refs: 2 }])
    expect(await run({ calls: [gaveUp(19)], people, rota: ['+441', '+442'] })).toEqual([{ waitMs: undefined, refs: 1 }])
    expect(await run({ calls: [gaveUp(27)], people, rota: ['+442', '+441'] })).toEqual([{ waitMs: 8_000, refs: 1 }])
  })

  it('of any other caller lasts as long as callers’ patience: never less than they waited', async () => {
    const patience = new Incidence([
      { atMs: 10_000, cause: 'hangsUp' },
      { atMs: 25_000, cause: 'hangsUp' },
    ] as const)
    const world: World = {
      calls: [call(0, { patience: { atMs: 12_000, cause: undefined } })],
      people: [neverAnswers('+441'), accepts('+442')],
      rota: ['+441', '+442'],
      patience,
    }
    for (let nth = 0; nth < 5; nth++) expect(await run(world, 1, nth)).toEqual([{ waitMs: undefined, refs: 2 }])
  })

  it('finds its specialist engaged while another call has them, and waits for them', async () => {
    const calls = [call(0), call(1, { talkMs: 10_000 })]
    // The second caller waits until the first has talked for 20 s: 8 + 20 - 1 s, then 8 s of its own.
    const short = await run({ calls: [call(0, { talkMs: 20_000 }), calls[1]!], people: [accepts('+441')], rota: ['+441'] })
    expect(short).toEqual([
      { waitMs: 8_000, refs: 1 },
      { waitMs: 35_000, refs: 1 },
    ])
    const free = await run({ calls, people: [accepts('+441'), accepts('+442')], rota: ['+441', '+442'] })
    expect(free).toEqual([
      { waitMs: 8_000, refs: 1 },
      { waitMs: 8_000, refs: 1 },
    ])
  })

  it('of an impatient caller who was connected in time lasts as long as any other conversation', async () => {
    const calls = [call(0, { patience: { atMs: 27_000, cause: 'hangsUp' }, talkMs: 60_000 }), call(20)]
    // Free after 68 s: the second caller is not kept waiting for longer than 30 s.
    expect(await run({ calls, people: [accepts('+441')], rota: ['+441'] })).toEqual([
      { waitMs: 8_000, refs: 1 },
      { waitMs: undefined, refs: 0 },
    ])
  })

  it('passes over a specialist busy on another line at that moment', async () => {
    const engagements = [{ from: noon - 5_000, to: noon + 60_000, keys: ['phone:+441', 'target:+441'] }]
    const world: World = { calls: [call(0)], people: [accepts('+441'), neverAnswers('+442')], rota: ['+441', '+442'] }
    expect(await run(world)).toEqual([{ waitMs: 8_000, refs: 1 }])
    // 20 s of the other, and the hunt waits at most 30 s for a busy one.
    expect(await run({ ...world, engagements, line: { ring: { totalSeconds: 300 } } })).toEqual([{ waitMs: undefined, refs: 1 }])
    expect(await run({ ...world, engagements: [{ ...engagements[0]!, to: noon + 30_000 }] })).toEqual([{ waitMs: 38_000, refs: 2 }])
  })

  it('rings the specialist rung longest ago first, if the policy says so', async () => {
    const calls = [call(0), call(600), call(1_200)]
    const world: World = { calls, people: [neverAnswers('+441'), accepts('+442'), accepts('+443')], rota: ['+441', '+442', '+443'] }
    expect((await run(world)).map(({ refs }) => refs)).toEqual([2, 2, 2])
    expect((await run({ ...world, line: { ring: { order: 'leastRecentlyRung' } } })).map(({ refs }) => refs)).toEqual([2, 1, 2])
  })

  it('rings a number that failed three times after the good ones', async () => {
    const calls = [0, 600, 1_200, 1_800].map((second) => call(second))
    const results = await run({
      calls,
      people: [habit('+441', { atMs: 500, cause: 'badNumber' }), accepts('+442')],
      rota: ['+441', '+442'],
    })
    expect(results.map(({ refs }) => refs)).toEqual([2, 2, 2, 1])
  })
})

describe('the chances of a replay', () => {
  const sometimes = [
    ...Array.from({ length: 50 }, () => accepts('+441')[0]!),
    ...Array.from({ length: 50 }, () => neverAnswers('+441')[0]!),
  ]
  const world: World = {
    calls: Array.from({ length: 40 }, (_, index) => call(index * 600)),
    people: [sometimes, neverAnswers('+442'), neverAnswers('+443')],
    rota: ['+441', '+442'],
  }

  it('are the same for the same seed and run, and others for another', async () => {
    const first = await run(world, 1, 0)
    expect(await run(world, 1, 0)).toEqual(first)
    expect(await run(world, 1, 1)).not.toEqual(first)
    expect(await run(world, 2, 0)).not.toEqual(first)
  })

  it('of one person are not those of another', async () => {
    const second = sometimes.map((ringing) => ({ ...ringing, target: '+442' }))
    const results = await run({ ...world, people: [sometimes, second] })
    expect(results.filter(({ refs, waitMs }) => refs === 2 && waitMs !== undefined).length).toBeGreaterThan(4)
    expect(results.filter(({ refs, waitMs }) => refs === 2 && waitMs === undefined).length).toBeGreaterThan(4)
  })

  it('of one person do not depend on who else is rung', async () => {
    const accepted = (results: readonly { readonly refs: number; readonly waitMs: number | undefined }[]) =>
      results.map(({ refs, waitMs }) => refs === 1 && waitMs !== undefined)
    expect(accepted(await run({ ...world, rota: ['+441', '+443'] }))).toEqual(accepted(await run(world)))
  })
})
