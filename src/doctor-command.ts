/** `npm run doctor`: checks the servers, settings, folders, clocks, ports and trunks of a set-up, and says what to change. docs/production.md */
import { createSocket } from 'node:dgram'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { messageOf } from './common/errors.js'
import { readSettings, SettingsError, type Settings } from './config/settings.js'
import { examine, type Report } from './doctor/doctor.js'
import { wrong } from './doctor/finding.js'
import { printReport, summary } from './doctor/print-report.js'
import { startEmbedded } from './embedded-servers.js'
import { masterKeySource } from './master-key-source.js'
import { privateUmask } from './private-files.js'
import { fail, sayLines } from './say.js'
import { storePlace } from './store-place.js'

const usage = `Usage: npm run doctor -- [--config FILE] [--json]
  --config FILE  settings file instead of config/ringround.yaml
  --json         one JSON document instead of lines
It may run beside an engine. Run it as the engine's user. Exit code 1: something is wrong.`

/** RTP ports of the trial's switch. */
const trialPorts = 20

/** A free range of ports, away from those of a running engine. */
async function freeRange(): Promise<{ readonly rtpFrom: number; readonly rtpTo: number }> {
  const socket = createSocket('udp4')
  const port = await new Promise<number>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', () => resolve(socket.address().port))
  })
  socket.close()
  const rtpFrom = Math.min(port - (port % 2), 65_534 - trialPorts)
  return { rtpFrom, rtpTo: rtpFrom + trialPorts }
}

async function trialSwitch(settings: Settings): ReturnType<Parameters<typeof examine>[1]['startEmbedded']> {
  const loopback = { sipAddresses: ['127.0.0.1'], sipPort: 0, sipExternalAddresses: [], rtpAddresses: [] }
  const started = await startEmbedded(
    { ...settings, ...loopback, ...(await freeRange()) },
    { onCrash: () => undefined, onShortages: () => undefined },
  )
  return { servers: started.servers, stop: () => started.process.stop() }
}

async function main(): Promise<number> {
  process.umask(privateUmask)
  let options: { readonly config?: string | undefined; readonly json: boolean; readonly help: boolean }
  try {
    options = parseArgs({
      options: { config: { type: 'string' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    }).values
  } catch (error) {
    return fail(`${messageOf(error)}\n${usage}`)
  }
  if (options.help) {
    sayLines(usage)
    return 0
  }
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const reports: Report[] = []
  const report = (found: Report) => {
    reports.push(found)
    if (!options.json) sayLines(printReport(found))
  }
  try {
    const settings = readSettings({ root, file: options.config, env: process.env })
    await examine(settings, {
      root,
      path: process.env.PATH ?? '',
      uid: process.getuid?.(),
      keys: { source: masterKeySource(settings), store: storePlace(settings) },
      startEmbedded: () => trialSwitch(settings),
      report,
    })
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    for (const line of error.message.split('\n')) report({ check: 'settings', ...wrong(line, 'README: Configure it') })
  }
  const bad = reports.some(({ kind }) => kind === 'wrong')
  sayLines(options.json ? JSON.stringify({ ok: !bad, findings: reports }, null, 2) : `\n${summary(reports)}`)
  return bad ? 1 : 0
}

const code = await main()
// Packages' connections that close late are not waited for.
process.stdout.write('', () => process.exit(code))
