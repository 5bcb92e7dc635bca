/** A process that makes one version of the directory and is gone (kill -9) in the moment in which it would tell the others. */
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { openStore } from '../../src/store/store.js'
import { DirectoryInForce, type Proposal } from '../../src/versions/directory-in-force.js'

const [url = '', name = '', blurb = '', file = ''] = process.argv.slice(2)
const store = await openStore({ file, postgres: { url }, node: name, alarms: new AlarmBoard() })
const inForce = await DirectoryInForce.open(store.directory, { pollMs: 0, onOwnVersion: () => process.kill(process.pid, 'SIGKILL') })
await inForce.change({ actor: { kind: 'staff', id: 'anna' }, source: 'api' }, ({ directory }): Proposal<never> => {
  const lines = new Map([...directory.lines].map(([id, line]) => [id, { ...line, blurb }]))
  return { kind: 'to', directory: { ...directory, lines } }
})
