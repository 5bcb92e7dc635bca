import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Row } from '../../src/web/wallboard/row.js'
import { quantile } from '../kit/quantile.js'
import { listen } from '../web/event-stream.js'
import { Engine } from './engine.js'
import { freePort } from './free-ports.js'
import { Sipp } from './sipp.js'
import { world } from './world.js'

interface Told {
  readonly board: { readonly tiles: readonly Row[]; readonly lines: readonly Row[] }
  readonly calls: readonly Row[]
}

describe('the wallboard, while calls are made', { timeout: 120_000 }, () => {
  let engine: Engine
  let wards: readonly number[]
  beforeAll(async () => {
    wards = await Promise.all([freePort(), freePort(), freePort()])
    engine = await Engine.start({
      directory: world([
        { id: 'cardiology', code: '21', number: '4000', rota: wards.slice(0, 2).map((port) => `sip:ward@127.0.0.1:${port}`) },
        { id: 'ent', code: '22', number: '4001', rota: [`sip:ward@127.0.0.1:${wards[2] ?? 0}`] },
      ]),
    })
  })
  afterAll(async () => {
    try {
      await engine.stop()
    } finally {
      await engine.dispose()
    }
  })

  it('shows each as it goes, and has the figures of their records afterwards', async () => {
    const stream = await listen((init) => engine.ask('/api/wallboard?screen=true', init))
    expect(((await stream.next('snapshot')) as unknown as Told).calls).toEqual([])

    const phones = [
      await Sipp.specialist('busy', { port: wards[0] ?? 0 }),
      await Sipp.specialist('accept-hang-up', { port: wards[1] ?? 0, holdMs: 2_500 }),
      await Sipp.specialist('decline', { port: wards[2] ?? 0 }),
    ]
    const callers: Sipp[] = []
    try {
      callers.push(await Sipp.caller('talk', engine.sip, '4000', { holdMs: 12_000 }))
      const asked = (await stream.next('call', ({ call }) => (call as Row).fields['attempt'] === '2 of 2')) as unknown as {
        readonly call: Row
      }
      expect(asked.call).toMatchObject({
        state: 'waiting',
        fields: { line: 'cardiology', whom: 'cardiology phone 2' },
        clock: { of: 'waiting' },
      })
      const talking = (await stream.next('call', ({ call }) => (call as Row).state === 'talking')) as unknown as { readonly call: Row }
      expect(talking.call).toMatchObject({
        key: asked.call.key,
        fields: { stage: 'Talking', whom: 'cardiology phone 2' },
        clock: { of: 'talking' },
      })
      const answered = await engine.callTo('4000', (call) => call.ending !== undefined, 40_000)
      expect(answered.ending).toBe('completed')
      callers.push(await Sipp.caller('talk', engine.sip, '4001', { holdMs: 20_000 }))
      const unanswered = await engine.callTo('4001', (call) => call.ending !== undefined, 40_000)
      expect(unanswered.ending).toBe('unanswered')
    } finally {
      await Promise.all([...phones, ...callers].map((phone) => phone.stop()))
    }

    const said = new Map<string, Row['fields']>()
    for (const { name, data } of stream.heard)
      if (name === 'snapshot') for (const row of (data as unknown as Told).board.lines) said.set(row.key, row.fields)
    // Once the facts of the last one are in the sums.
    await stream.next('board', ({ rows }) =>
      ((rows as Partial<Told['board']>).lines ?? []).some(({ key, fields }) => key === 'ent' && fields['unanswered'] === '1'),
    )
    const last = (await (await listen((init) => engine.ask('/api/wallboard?screen=true', init))).next('snapshot')) as unknown as Told
    expect(last.calls).toEqual([])
    const tile = (key: string) => last.board.tiles.find((one) => one.key === key)?.fields
    const line = (key: string) => last.board.lines.find((one) => one.key === key)?.fields

    const records = await Promise.all((await engine.list()).map(({ callId }) => engine.call(callId)))
    const toVoice = records.flatMap(({ events }) => {
      const talk = events.find(({ type }) => type === 'talk.started')
      return talk === undefined ? [] : [Number(talk['elapsedMs'])]
    })
    expect(records).toHaveLength(2)
    expect(toVoice).toHaveLength(1)
    expect(tile('answered')).toMatchObject({ value: '1', detail: 'Of 2 offered: 50%', judgement: '▲ Off target' })
    // The sums know durations to within one per cent, and the page shows tenths.
    const median = quantile(toVoice, 0.5) ?? Number.NaN
    expect(Math.abs(Number.parseFloat(tile('dialToVoice')?.['value'] ?? '') * 1_000 - median)).toBeLessThanOrEqual(median * 0.01 + 51)
    expect(line('cardiology')).toMatchObject({ answerRate: '100%, 1 of 1', unanswered: '0', waiting: '0' })
    expect(line('ent')).toMatchObject({ answerRate: '0%, 0 of 1, under', unanswered: '1', connection: '–' })
    expect(said.get('cardiology')?.['unanswered']).toBe('0')
  })
})
