import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { ArrangedCalls } from '../../src/arrangements/arranged-calls.js'
import { systemClock } from '../../src/clock/system-clock.js'
import { joinFleet } from '../../src/fleet/postgres/postgres-fleet.js'
import { openStore } from '../../src/store/store.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { arrangedDirectory, codeNumber, dialIn, patient } from '../kit/arranged-world.js'
import { noPostgres, Postgres } from '../kit/postgres.js'

const engines = ['engine-1', 'engine-2', 'engine-3'] as const

describe.skipIf(noPostgres !== undefined)(
  `arranged calls of three engines${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 60_000 },
  () => {
    let postgres: Postgres
    beforeAll(async () => {
      postgres = await Postgres.start()
    }, 120_000)
    afterAll(() => postgres.close())

    /** @param drawOf draws codes, for each engine */
    async function three(drawOf?: () => (limit: number) => number) {
      const url = await postgres.database()
      return Promise.all(
        engines.map(async (name) => {
          const alarms = new AlarmBoard()
          const store = await openStore({
            file: join(scratchFolder(), 'unused.db'),
            postgres: { url },
            node: name,
            incarnation: `run-${name}`,
            alarms,
          })
          const { presence, signals, turns } = await joinFleet(url, { name, incarnation: `run-${name}` })
          const arranged = await ArrangedCalls.open({
            ledger: store.ledger,
            log: store.log,
            facts: store,
            clock: systemClock,
            alarms,
            directory: () => arrangedDirectory,
            mayDial: () => true,
            codesKey: () => Promise.resolve(Buffer.alloc(32, 7)),
            others: { signals, turns },
            ...(drawOf ? { draw: drawOf() } : {}),
          })
          onTestFinished(async () => {
            await arranged.close()
            await store.close()
            await presence.close()
          })
          return { name, arranged, store, alarms }
        }),
      )
    }
    const code = {
      about: { thread: 't' },
      asked: { target: { kind: 'number' as const, number: '+441632960501' } },
      number: codeNumber,
      validMs: 3_600_000,
    }

    test('a code that is keyed on all of them in the same instant is granted once, and so is a PIN', async () => {
      const all = await three()
      for (let round = 0; round < 12; round++) {
        const maker = all[round % 3]!
        const made =
          round % 2 === 0
            ? await maker.arranged.makeCallBackCode(code)
            : await maker.arranged.makePatientConnect({
                patientNumber: patient,
                clinician: 'dr-okafor',
                nhsNumber: '9434765919',
                validMs: 3_600_000,
              })
        if (made.kind !== 'made') throw new Error('nothing was made')
        const keyed = 'code' in made.arrangement ? made.arrangement.code : made.arrangement.pin
        const where = (name: string) => ({
          callId: `${name}-${round}`,
          callerNumber: `+4477009001${round}`,
          dialledNumber: round % 2 === 0 ? codeNumber : dialIn,
          ...(round % 2 === 0 ? {} : { organisation: 'elm-row' }),
        })
        const answers = await Promise.all(all.map(({ name, arranged }) => arranged.redeem(keyed, where(name))))
        expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['granted', 'wrong', 'wrong'])
      }
      for (const { alarms } of all) expect(alarms.active()).toEqual([])
    })

    test('an arrangement that is started, changed or closed on all of them at once is so once', async () => {
      const all = await three()
      const { id } = await all[0]!.arranged.makeCallBack({
        line: 'cardiology',
        patientNumber: patient,
        dueAt: Date.now() + 3_600_000,
        clinician: 'dr-okafor',
      })
      let placed = 0
      const started = await Promise.all(
        all.map(({ name, arranged }) => arranged.start(id, () => ({ kind: 'placed', callId: `call-of-${name}-${placed++}` }))),
      )
      expect(started.map(({ kind }) => kind).toSorted()).toEqual(['notOpen', 'notOpen', 'started'])
      expect(placed).toBe(1)
      const other = await all[1]!.arranged.makeCallBack({ line: 'cardiology', patientNumber: patient, dueAt: Date.now() + 3_600_000 })
      const closed = await Promise.all(all.map(({ arranged }) => arranged.settle(other.id, 'cancelled')))
      expect(closed.map(({ kind }) => kind).toSorted()).toEqual(['changed', 'notOpen', 'notOpen'])
      // What the facts of the call say at the engine that has it is known to all.
      const owner = all.find((_, place) => started[place]?.kind === 'started')!
      const { callId } = started.find((one) => one.kind === 'started') as { readonly callId: string }
      await owner.store.log.append(callId, { type: 'call.placed', kind: 'pifuCallBack', clinician: 'dr-okafor', arrangement: id })
      await owner.store.log.append(callId, { type: 'call.ended', ending: 'unanswered' })
      for (const { arranged } of all)
        await expect
          .poll(() => arranged.list({ kind: 'callBack', limit: 10 }).arrangements.map((one) => [one.id === id, arranged.stateOf(one)]))
          .toEqual(
            expect.arrayContaining([
              [true, 'open'],
              [false, 'cancelled'],
            ]),
          )
    })

    test('no two of them give out the same code', async () => {
      // Each would draw 0000 first, then 0001.
      const all = await three(() => {
        let next = 0
        return () => next++
      })
      const made = await Promise.all([...all, ...all].map(({ arranged }) => arranged.makeCallBackCode(code)))
      expect(new Set(made.map((one) => (one.kind === 'made' ? one.arrangement.code : one.kind))).size).toBe(6)
    })
  },
)
