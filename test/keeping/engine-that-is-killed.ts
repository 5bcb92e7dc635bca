import { writeSync } from 'node:fs'
import { mustBeDurable } from '../../src/facts/events.js'
import { openStore } from '../../src/store/store.js'
import { goodCall } from '../kit/sample-call.js'

/**
 * A process that stores calls until it is killed. It prints what the store has acknowledged:
 * `<callId> <seq> <type>` per durable fact, written before anything else happens.
 */
const [file = '', round = '0'] = process.argv.slice(2)
const silent = { raise: (alarm: string, detail: string) => void writeSync(2, `${alarm} ${detail}\n`), clear: () => undefined }
const store = await openStore({ file, alarms: silent })

async function oneCall(callId: string): Promise<void> {
  for (const fact of goodCall(callId)) {
    const event = await store.log.append(callId, fact)
    if (event && mustBeDurable.has(event.type)) writeSync(1, `${callId} ${event.seq} ${event.type}\n`)
  }
}

// Five callers at a time, for ever: the parent kills us.
await Promise.all(
  Array.from({ length: 5 }, async (_, caller) => {
    for (let call = 0; ; call++) await oneCall(`${round}-${caller}-${call}`)
  }),
)
