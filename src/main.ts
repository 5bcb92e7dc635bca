/** The program. Loads first what starts the embedded switch; the rest loads while that starts. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { messageOf } from './common/errors.js'
import { readSettings, SettingsError } from './config/settings.js'
import { demoNetwork } from './demo-network.js'
import { EarlySwitch } from './early-switch.js'
import { LastDefence } from './last-defence.js'
import { OpenToOthers, privateUmask } from './private-files.js'
import { complain, sayLines } from './say.js'
import { StartError } from './start-error.js'

const usage = `Usage: npm start -- [--demo] [--config FILE]
  --demo         adds simulated phones: a GP and specialists, who place and take real calls
  --config FILE  settings file instead of config/ringround.yaml`

function fail(text: string): never {
  complain(text)
  process.exit(1)
}

function argumentsOf(argv: readonly string[]): { readonly demo: boolean; readonly config: string | undefined } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { demo: { type: 'boolean', default: false }, config: { type: 'string' }, help: { type: 'boolean', default: false } },
    })
    if (values.help) {
      sayLines(usage)
      process.exit(0)
    }
    return { demo: values.demo, config: values.config }
  } catch (error) {
    fail(`${messageOf(error)}\n${usage}`)
  }
}

async function main(): Promise<void> {
  const defence = new LastDefence(process, (error) => fail(error instanceof Error ? (error.stack ?? error.message) : String(error)))
  // Before any file is written. Threads share it, children inherit it.
  process.umask(privateUmask)
  // The reader of the output may be gone; calls go on.
  process.stdout.on('error', () => undefined)
  const options = argumentsOf(process.argv.slice(2))
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const read = readSettings({ root, file: options.config, env: process.env, warn: (line) => process.stderr.write(`${line}\n`) })
  // Child processes do not need it.
  delete process.env.RINGROUND_MASTER_KEY
  if (options.demo && read.drachtio.length > 0)
    throw new StartError(
      '--demo plays on the embedded switch: leave drachtio.addresses (RINGROUND_DRACHTIO) empty, or start without --demo.',
    )
  // A demo without a trunk simulates patients and practices as well.
  const network = options.demo && read.trunks.length === 0 ? await demoNetwork() : undefined
  const settings = network ? { ...read, trunks: [{ name: 'demo', address: `${network.address}:${network.port}` }] } : read
  const early = settings.drachtio.length === 0 ? new EarlySwitch(settings) : undefined
  const { run } = await import('./run.js')
  await run(settings, { defence, demo: options.demo, ...(network ? { network } : {}), ...(early ? { early } : {}) })
}

main().catch((error: unknown) => {
  if (error instanceof SettingsError || error instanceof StartError || error instanceof OpenToOthers) fail(error.message)
  fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
})
