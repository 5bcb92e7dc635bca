import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { auditOf, verifyAudit } from '../../src/audit/audit.js'
import { engine } from '../../src/facts/actor.js'
import { verifyStore } from '../../src/store/copy.js'
import { openForAsking } from '../../src/store/open-for-asking.js'
import { readHeads, writeHead } from '../../src/store/chain/heads-file.js'
import type { ChainHead } from '../../src/store/chain/chain-writer.js'
import { openStore, type Store } from '../../src/store/store.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { afterTalking, goodCall, untilTalking } from '../kit/sample-call.js'
import { smallDirectory } from './directory-contract.js'
import type { StorePlace } from './store-contract.js'

export interface ChainGround {
  /** An empty store. `byHand` gets past what refuses changes. */
  fresh(): Promise<StorePlace>
}

const noon = Date.UTC(2026, 2, 10, 12)
const day = 24 * 60 * 60_000

async function opened(place: StorePlace, node = 'engine-1', now?: () => number): Promise<Store> {
  const store = await openStore({ ...place.settings, node, alarms: new AlarmBoard(), ...(now ? { now } : {}) })
  onTestFinished(() => store.close())
  return store
}

async function verified({ settings: { file, postgres } }: StorePlace, heads: readonly ChainHead[] = []) {
  const database = await openForAsking({ file, postgres })
  try {
    return (await verifyStore(database, heads)).linked
  } finally {
    await database.close()
  }
}

/** Calls and entries of three days, each linked as the engine does it: several times a day, a running call too. Closed. @returns the head of each day */
async function threeDays(place: StorePlace): Promise<readonly ChainHead[]> {
  let now = noon
  const store = await openStore({ ...place.settings, node: 'engine-1', alarms: new AlarmBoard(), now: () => now })
  const heads: ChainHead[] = []
  for (let n = 1; n <= 3; n++) {
    await Promise.all(goodCall(`early-${n}`).map((fact) => store.log.append(`early-${n}`, fact)))
    await Promise.all(untilTalking(`late-${n}`).map((fact) => store.log.append(`late-${n}`, fact)))
    await store.ledger.append('device', `desk-${n}`, 'made', { owner: 'dr-okafor' })
    await store.extendChain()
    await Promise.all(afterTalking(`late-${n}`).map((fact) => store.log.append(`late-${n}`, fact)))
    await Promise.all(
      [1, 2].map((r) =>
        store.log.append(`late-${n}`, {
          type: 'recording.ready',
          recordingId: `late-${n}-r${r}`,
          path: `${n}-${r}.mp3`,
          bytes: r,
          seconds: r,
          sha256: createHash('sha256').update(`${n} ${r}`).digest('hex'),
        }),
      ),
    )
    heads.push((await store.extendChain())!)
    now += day
  }
  await store.close()
  return heads
}

export function chainContract(ground: ChainGround): void {
  test('what is kept is linked, by day and in one chain, and is found as it was', async () => {
    const place = await ground.fresh()
    const heads = await threeDays(place)
    expect(heads.map((head) => head.day)).toEqual(['2026-03-10', '2026-03-11', '2026-03-12'])
    const facts = 3 * (goodCall('x').length * 2 + 2)
    expect(await verified(place, heads)).toMatchObject({
      wrong: [],
      facts: expect.any(Number) as number,
      entries: 3,
      waiting: 0,
      head: heads.at(-1),
    })
    // Facts are in one link each, but for those of the first minute, which are taken for the past as well.
    expect((await verified(place)).facts).toBeGreaterThanOrEqual(facts)
  })

  test('nothing new makes no new link, and a fact that comes years later one', async () => {
    const place = await ground.fresh()
    const heads = await threeDays(place)
    const store = await opened(place)
    expect(await store.extendChain()).toEqual(heads.at(-1))
    await store.log.append('early-1', { type: 'outcome.left', outcome: 'referral-made', by: 'staff' })
    expect(await verified(place)).toMatchObject({ wrong: [], waiting: 1, head: heads.at(-1) })
    const head = await store.extendChain()
    expect(head?.number).toBe(heads.at(-1)!.number + 1)
    expect(await verified(place, heads)).toMatchObject({ wrong: [], waiting: 0, head })
  })

  test.each<[what: string, sql: string, words: RegExp]>([
    [
      'a fact is changed',
      `update call_events set data = replace(data, 'referral-avoided', 'referral-made') where call_id = 'early-2' and type = 'outcome.left'`,
      /^one of the facts 1 to 22 of call early-2 was changed after 2026-03-11 12:00:00, when it entered the chain$/,
    ],
    [
      'the instant of a fact',
      `update call_events set at = at + 1 where call_id = 'early-1' and seq = 1`,
      /^one of the facts 1 to 22 of call early-1 was changed/,
    ],
    [
      'who did it',
      `update call_events set actor = 'staff' where call_id = 'late-3' and seq = 2`,
      /^one of the facts 1 to 16 of call late-3 was changed/,
    ],
    [
      'a fact is removed',
      `delete from call_events where call_id = 'early-2' and seq = 22`,
      /^fact 22 of call early-2 was removed after 2026-03-11/,
    ],
    [
      'a call is removed',
      `delete from call_events where call_id = 'early-1'`,
      /^call early-1 was removed after 2026-03-10 12:00:00, when its facts 1 to 22 entered the chain$/,
    ],
    [
      'two recordings change places',
      `update call_events set data = replace(replace(replace(data, '3-1.mp3', 'x'), '3-2.mp3', '3-1.mp3'), 'x', '3-2.mp3') where call_id = 'late-3' and type = 'recording.ready'`,
      /^one of the facts 17 to 24 of call late-3 was changed/,
    ],
    [
      'an entry of the ledger is changed',
      `update ledger set data = '{}' where subject = 'desk-2'`,
      /^entry 2 of the ledger \(device made\) was changed after 2026-03-11/,
    ],
    ['an entry is removed', `delete from ledger where subject = 'desk-3'`, /^entry 3 of the ledger was removed after 2026-03-12/],
    ['a link is changed', `update links set at = at - 1 where number = 2`, /^link 2 of 2026-03-10 11:59:59 was changed$/],
    [
      'a day is removed',
      `delete from links where day = '2026-03-11'; delete from call_events where call_id in ('early-2', 'late-2'); delete from ledger where subject = 'desk-2'`,
      /^the links 5 to 7 are missing, behind that of 2026-03-10 12:00:00: what was kept between 2026-03-10 and 2026-03-12 may be missing with them$/,
    ],
    [
      'a fact is added',
      `insert into call_events (call_id, seq, at, type, data) values ('early-1', 23, ${noon}, 'outcome.left', '{"outcome":"x","by":"staff"}')`,
      /^fact 23 of call early-1 is not in the chain and does not wait for it/,
    ],
    [
      'an entry put in before the others',
      "insert into ledger (seq, topic, subject, at, type, data) values (-5, 'retention', 'x', 1, 'released', '{}')",
      /^entry -5 of the ledger \(retention released\) is not in the chain, and later ones are: it was added past the engine$/,
    ],
  ])('it is noticed when %s', async (_what, sql, words) => {
    const place = await ground.fresh()
    const heads = await threeDays(place)
    await place.byHand(sql)
    expect((await verified(place)).wrong[0]).toMatch(words)
    expect((await verified(place, heads)).wrong.length).toBeGreaterThan(0)
  })

  describe('the directory and the audit', () => {
    async function versionsAndAudit(place: StorePlace) {
      const store = await opened(place)
      const audit = auditOf({ writing: store.tables.writing, node: 'engine-1' })
      const look = (subject: string) => audit.tell({ actor: 'anna', address: '', action: 'recording.heard', subjectKind: 'call', subject })
      const one = smallDirectory({ one: 1, two: 2 }, { one: 'dr-a' })
      await store.directory.add({ from: undefined, to: one, actor: engine, source: 'file' })
      await look('early')
      await store.extendChain()
      await store.directory.add({
        from: await store.directory.inForce(),
        to: smallDirectory({ two: 2 }, { two: 'dr-b' }),
        actor: { kind: 'staff', id: 'anna' },
        source: 'api',
        why: 'moved',
      })
      await Promise.all([look('late'), look('later')])
      const head = await store.extendChain()
      // Nothing new makes no new link.
      expect(await store.extendChain()).toEqual(head)
      await store.close()
    }

    test('are linked, and found as they were', async () => {
      const place = await ground.fresh()
      await versionsAndAudit(place)
      expect(await verified(place)).toMatchObject({ wrong: [], versions: 2, audited: 3 })
    })

    test('an entry of the audit that is put in before the others is named', async () => {
      const place = await ground.fresh()
      await versionsAndAudit(place)
      const audit = async () => {
        const database = await openForAsking({ file: place.settings.file, postgres: place.settings.postgres })
        try {
          return await verifyAudit(database.db)
        } finally {
          await database.close()
        }
      }
      expect(await audit()).toMatchObject({ kind: 'whole', entries: 3 })
      await place.byHand(
        'insert into audit (seq, at, node, actor, address, action, subject_kind, subject, data, before, hash) select -2, at, node, actor, address, action, subject_kind, subject, data, before, hash from audit where seq = 1',
      )
      expect(await audit()).toEqual({ kind: 'broken', at: -2, why: 'added' })
    })

    test.each<[what: string, sql: string, words: RegExp]>([
      [
        'who changed it',
        "update directory_versions set actor_id = 'bob' where version = 2",
        /^version 2 of the directory was changed after \d{4}/,
      ],
      [
        'what a version brought',
        "update directory_entities set data = replace(data, 'dr-b', 'dr-a') where from_version = 2",
        /^version 2 of the directory was changed/,
      ],
      [
        'what it took away',
        "update directory_entities set to_version = null where section = 'lines' and id = 'one'",
        /^version 2 of the directory was changed/,
      ],
      ['a version is removed', 'delete from directory_versions where version = 1', /^version 1 of the directory was removed/],
      [
        'the audit made again',
        "update audit set hash = 'x' where seq = 1",
        /^entry 1 of the audit, or one before it, was changed after \d{4}/,
      ],
      ['the end of the audit removed', 'delete from audit where seq = 3', /^entry 3 of the audit was removed/],
    ])('it is noticed when %s', async (_what, sql, words) => {
      const place = await ground.fresh()
      await versionsAndAudit(place)
      await place.byHand(sql)
      expect((await verified(place)).wrong[0]).toMatch(words)
    })
  })

  test('entries of the ledger that are not linked yet are counted, as facts are', async () => {
    const place = await ground.fresh()
    const store = await opened(place)
    await store.ledger.append('key', 'one', 'made', {})
    await store.extendChain()
    await store.ledger.append('key', 'two', 'made', {})
    expect(await verified(place)).toMatchObject({ wrong: [], entries: 1, waiting: 0, waitingEntries: 1 })
    await store.extendChain()
    expect(await verified(place)).toMatchObject({ wrong: [], entries: 2, waitingEntries: 0 })
  })

  test('that the end was cut off is noticed by a head that was kept elsewhere, and by that alone', async () => {
    const place = await ground.fresh()
    const heads = await threeDays(place)
    const kept = join(scratchFolder(), 'heads.txt')
    for (const head of heads) await writeHead(kept, head, noon)
    await place.byHand(
      `delete from links where day = '2026-03-12'; delete from call_events where call_id in ('early-3', 'late-3'); delete from ledger where subject = 'desk-3'`,
    )
    expect((await verified(place)).wrong).toEqual([])
    expect((await verified(place, (await readHeads(kept)).heads)).wrong).toEqual([
      expect.stringMatching(
        /^the chain ends at number 7 of 2026-03-11 12:00:00, and number 10 of 2026-03-12 was written down as a head: what was kept since then was removed/,
      ),
    ])
  })

  test('that all of it was made again is noticed by a head as well', async () => {
    const place = await ground.fresh()
    const heads = await threeDays(place)
    await place.byHand(
      `delete from links; update call_events set data = '{"outcome":"referral-made","by":"caller"}' where call_id = 'early-1' and type = 'outcome.left'; insert into unlinked select call_id, 1, count(*) from call_events group by call_id`,
    )
    const store = await opened(place, 'engine-1', () => noon + 2 * day)
    await store.extendChain()
    await store.close()
    expect((await verified(place)).wrong).toEqual([])
    expect((await verified(place, heads)).wrong[0]).toMatch(/made again|was written down as a head/)
  })

  test('a store from before there were links gets them bit by bit, and calls that come meanwhile', async () => {
    const place = await ground.fresh()
    const store = await opened(place)
    const calls = Array.from({ length: 120 }, (_, n) => `call-${n}`)
    for (const callId of calls) await Promise.all(goodCall(callId).map((fact) => store.log.append(callId, fact)))
    // As if an older engine had written them.
    await place.byHand('delete from unlinked')
    await store.extendChain(() => Promise.resolve(false))
    expect(await verified(place)).toMatchObject({ wrong: [], facts: 50 * 22, waiting: 70 * 22 })
    await Promise.all(goodCall('new').map((fact) => store.log.append('new', fact)))
    await store.extendChain()
    expect(await verified(place)).toMatchObject({ wrong: [], waiting: 0 })
    expect(await store.extendChain()).toEqual(await store.extendChain())
  })

  test('a call in the links of two engines, and a link that two make at once, are one chain', async () => {
    const place = await ground.fresh()
    const one = await opened(place)
    const other = place.settings.postgres ? await opened(place, 'engine-2') : one
    for (let n = 0; n < 12; n++) {
      const callId = randomBytes(4).toString('hex')
      await Promise.all([
        ...untilTalking(callId).map((fact) => one.log.append(callId, fact)),
        one.extendChain(),
        other.extendChain(),
        other.ledger.append('device', callId, 'made', {}),
      ])
      await Promise.all([
        ...afterTalking(callId).map((fact) => (n % 2 === 0 ? one : other).log.append(callId, fact)),
        other.extendChain(),
        one.extendChain(),
        one.ledger.append('device', callId, 'removed', {}),
      ])
    }
    await Promise.all([one.extendChain(), other.extendChain()])
    const head = await one.extendChain()
    expect(await verified(place)).toMatchObject({ wrong: [], entries: 24, waiting: 0, head })
    expect(await one.differing()).toEqual([])
  })
}
