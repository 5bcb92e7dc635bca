import { writeSync } from 'node:fs'
import { ArrangedCalls } from '../../src/arrangements/arranged-calls.js'
import { systemClock } from '../../src/clock/system-clock.js'
import { emptyDirectory } from '../../src/directory/empty-directory.js'
import { openStore } from '../../src/store/store.js'

/**
 * A process with patients' requests and keyed codes, until it is killed. It prints, one line each, what
 * it has told them: `requested <callId>` when a patient hears that their request is kept, `granted <code>` when a code has opened a call.
 */
const [file = '', round = '0'] = process.argv.slice(2)
const alarms = { raise: (alarm: string, detail: string) => void writeSync(2, `${alarm} ${detail}\n`), clear: () => undefined }
const store = await openStore({ file, alarms })
await store.closeInterrupted()
const number = '+441632960099'
const directory = { ...emptyDirectory, numbers: new Map([[number, { number, use: { kind: 'callBackCode' as const } }]]) }
const arranged = await ArrangedCalls.open({
  codesKey: () => Promise.resolve(Buffer.alloc(32, 5)),
  ledger: store.ledger,
  log: store.log,
  facts: store,
  clock: systemClock,
  alarms,
  directory: () => directory,
  mayDial: () => true,
})

async function patients(who: number): Promise<void> {
  for (let call = 0; ; call++) {
    const callId = `${round}-${who}-${call}`
    await store.log.append(callId, {
      type: 'call.arrived',
      kind: 'pifuAnswer',
      callerNumber: '07700900123',
      dialledNumber: '01632960031',
      source: 'test',
    })
    if (
      await store.log.append(callId, {
        type: 'callBack.requested',
        line: 'epilepsy-follow-up',
        number: `+4477009001${callId.length % 2}${callId.at(-1) ?? ''}`,
      })
    )
      writeSync(1, `requested ${callId}\n`)
    await store.log.append(callId, { type: 'call.ended', ending: 'callBackRequested' })
  }
}

async function codes(): Promise<void> {
  for (let call = 0; ; call++) {
    const made = await arranged.makeCallBackCode({
      about: { thread: 't' },
      asked: { target: { kind: 'number', number: '+441632960501' } },
      number,
      validMs: 3_600_000,
    })
    if (made.kind !== 'made') throw new Error('no code was made')
    const redeemed = await arranged.redeem(made.arrangement.code, {
      callId: `${round}-code-${call}`,
      callerNumber: `${call}`,
      dialledNumber: number,
    })
    if (redeemed.kind === 'granted') writeSync(1, `granted ${made.arrangement.code}\n`)
  }
}

await Promise.all([patients(0), patients(1), codes()])
