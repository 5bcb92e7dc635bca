/**
 * The simulated phones of `npm run demo`: every person in the directory with an address on this machine, and callers who come and go.
 * Started by the engine's program with its settings as JSON in `RINGROUND_DEMO`; gets the facts of its calls; ends with it.
 */
import { messageOf } from '../common/errors.js'
import { loadDirectory } from '../directory/load-directory.js'
import { Phone } from '../embedded/phones/phone.js'
import { endWithParent } from '../processes/end-with-parent.js'
import { arrangeBefore } from './arranged-before.js'
import { cast } from './cast.js'
import type { DemoSettings, FromDemo, ToDemo } from './demo-settings.js'
import { Director } from './director.js'

/** How long the phones may take to hang up when the engine has gone. */
const closeWithinMs = 2_000

function tell(message: FromDemo): void {
  if (process.connected) process.send?.(message)
}

function fail(line: string): never {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}

const phones: Phone[] = []
let director: Director | undefined

endWithParent(() => {
  void Promise.all([director?.stop(), ...phones.map((phone) => phone.close())]).then(() => process.exit(0))
}, closeWithinMs)

const { sip, api, apiToken, directoryFile, network } = JSON.parse(process.env.RINGROUND_DEMO ?? 'null') as DemoSettings
const parsed = await loadDirectory(directoryFile)
if (!parsed.ok) fail(`${directoryFile} has errors`)
const { directory } = parsed
const directing = (director = new Director({
  directory,
  sip: `${sip.address}:${sip.port}`,
  api,
  apiToken,
  network: network !== undefined,
  tell: (text) => tell({ kind: 'story', text }),
  log: (text) => tell({ kind: 'log', text }),
}))

for (const part of cast(directory, network)) {
  try {
    const phone = await Phone.open({ name: part.name, user: part.user, address: part.address, port: part.port })
    directing.players.add(part, phone)
    phones.push(phone)
  } catch {
    fail(
      `sip:${part.user}@${part.address}:${part.port} of ${directoryFile} is taken by another program, so nobody can play ${part.name}; change the address there, or stop that program`,
    )
  }
}

process.on('message', (message) => directing.take((message as ToDemo).fact))
tell({ kind: 'ready' })
directing.begin()
// So that the page and the API have something to show before the first call.
arrangeBefore(directory, { api, apiToken }, Date.now()).catch((error: unknown) =>
  tell({ kind: 'log', text: `nothing was arranged before the demo: ${messageOf(error)}` }),
)
