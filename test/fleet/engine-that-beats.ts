/** A process that is an engine of the fleet, as far as presence goes: it says on its output what it hears, and writes a fact at every line of its input. */
import { createInterface } from 'node:readline'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { joinFleet } from '../../src/fleet/postgres/postgres-fleet.js'
import { openStore } from '../../src/store/store.js'

const [url = '', name = '', incarnation = '', file = ''] = process.argv.slice(2)
const say = (what: string) => process.stdout.write(`${what}\n`)
const store = await openStore({
  file,
  postgres: { url },
  node: name,
  incarnation,
  alarms: new AlarmBoard(),
  onRunOver: () => say('refused'),
})
const { presence } = await joinFleet(url, { name, incarnation })
await presence.begin()
presence.onLost(() => say('lost'))
say('ready')
let wasCertain = true
setInterval(() => {
  if (presence.certain !== wasCertain) say((wasCertain = presence.certain) ? 'certain' : 'uncertain')
}, 10)
createInterface({ input: process.stdin }).on('line', (callId) => {
  if (callId === 'close')
    return void store
      .close()
      .then(() => presence.close())
      .then(() => process.exit(0))
  void store.log
    .append(callId, { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '', source: '' })
    .then((kept) => say(kept ? `kept ${callId}` : `not kept ${callId}`))
})
