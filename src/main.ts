/** The program: reads its settings, starts the engine, says where to ring, and closes everything when it is told to stop. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { destination, pino, type Logger } from 'pino'
import { readSettings, SettingsError, type Settings } from './config/settings.js'
import { giveThePast } from './demo-history.js'
import { demoNetwork, startDemo, type Demo } from './demo-process.js'
import { demoAlarmNote } from './demo/demo-settings.js'
import { LastDefence } from './last-defence.js'
import { dialIns, ensureFolder, startEngine, StartError, type Engine, type Watcher } from './engine.js'
import { closeToOthers, groupId, OpenToOthers, privateUmask, tellTightened, tightenBelow } from './private-files.js'
import { hostForUri } from './sip/endpoint.js'
import { demoLine, directoryRefused, directoryReloaded, stopping, stoppingAtOnce, switchNotReady, switchReady } from './terminal.js'

const usage = `Usage: npm start -- [--demo] [--config FILE]
  --demo         adds simulated phones: a GP and specialists, who place and take real calls
  --config FILE  settings file instead of config/ringround.yaml`

/** Calls that run when the program is told to stop may go on for so long. */
const drainMs = 15 * 60_000

function fail(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function argumentsOf(argv: readonly string[]): { readonly demo: boolean; readonly config: string | undefined } {
  try {
    const { values } = parseArgs({ args: [...argv], options: { demo: { type: 'boolean', default: false }, config: { type: 'string' }, help: { type: 'boolean', default: false } } })
    if (values.help) {
      process.stdout.write(`${usage}\n`)
      process.exit(0)
    }
    return { demo: values.demo, config: values.config }
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
}

/** Log lines that may wait for a disk that does not take them; what comes after them is dropped. */
const mostLogBytes = 4 * 1024 * 1024

/** Opens the log and waits until it is open: a program that ends before that cannot write down why. */
async function openLog(settings: Settings): Promise<Logger> {
  const where = settings.logFile === '-' ? 2 : (settings.logFile ?? join(settings.dataFolder, 'ringround.log'))
  const file = destination({ dest: where, mkdir: true, sync: false, maxLength: mostLogBytes })
  await new Promise<void>((resolve, reject) => {
    file.once('ready', resolve)
    file.once('error', (error: NodeJS.ErrnoException) => reject(new StartError(`${where}: the log cannot be written (${error.code ?? error.message}). Name another file with log.file (RINGROUND_LOG_FILE).`)))
  })
  // On a full disk the log loses lines; the calls go on.
  let told = false
  file.on('error', (error: NodeJS.ErrnoException) => {
    if (!told) process.stderr.write(`${where}: the log cannot be written (${error.code ?? error.message}); lines are lost.\n`)
    told = true
  })
  file.on('drain', () => (told = false))
  return pino({ level: settings.logLevel, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, file)
}

/** Closes to other users what is found open to them. @returns one line that says so; undefined where all was closed */
function closeFolders(settings: Settings): string | undefined {
  const { dataFolder, recordingsFolder, logFile, sharedGroup } = settings
  return tellTightened(
    closeToOthers({
      dataFolder,
      recordingsFolder,
      spoolFolder: join(dataFolder, 'spool'),
      namesFolder: join(dataFolder, 'names'),
      ...(logFile === undefined || logFile === '-' ? {} : { logFile }),
      ...(sharedGroup === undefined ? {} : { group: groupId(sharedGroup) }),
    }),
  )
}

function announce(engine: Engine, settings: Settings, demo: boolean): void {
  const lines: string[] = [engine.switch.health().ready ? 'Ringround is ready.' : 'Ringround runs, and takes calls as soon as it can.']
  if (engine.sip) {
    const { address, port } = engine.sip
    for (const { number, organisation } of dialIns(engine.directory()).slice(0, 5)) lines.push(`  Ring        sip:${number}@${hostForUri(address)}:${port}  (UDP or TCP; Dial-In number of ${organisation})`)
  } else lines.push(`  Ring        the Dial-In numbers of ${settings.directoryFile}, through your drachtio-server`)
  lines.push(`  Page        ${engine.admin.url}`)
  lines.push(`  Recordings  ${settings.recordingsFolder}`)
  lines.push(demo ? '  Demo        everybody is simulated and invented; what happens is told below, and shown on the page' : '  No phone?   npm run demo adds simulated ones')
  lines.push('  Stop        Ctrl-C lets running calls end; twice: at once')
  say(lines.join('\n'))
}

/** The first start of the demo has a month behind it. */
async function demoPast(settings: Settings): Promise<void> {
  const calls = await giveThePast(settings, () => say('Inventing a month of calls (first start of the demo) ...')).catch((error: unknown) => {
    throw new StartError(error instanceof Error ? error.message : String(error))
  })
  if (calls !== undefined) say(`${calls} calls invented. They have no recordings: nobody spoke.`)
}

async function main(): Promise<void> {
  const defence = new LastDefence(process, (error) => fail(error instanceof Error ? (error.stack ?? error.message) : String(error)))
  // Before anything is written. Threads share it, children inherit it.
  process.umask(privateUmask)
  // Whoever read what is said here may be gone; the calls go on.
  process.stdout.on('error', () => undefined)
  const options = argumentsOf(process.argv.slice(2))
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const read = readSettings({ root, file: options.config, env: process.env })
  if (options.demo && read.drachtio.length > 0) throw new StartError('--demo plays on the embedded switch: leave drachtio.addresses (RINGROUND_DRACHTIO) empty, or start without --demo.')
  // Without a trunk of its own, a demo's patients and practices are played as well.
  const network = options.demo && read.trunks.length === 0 ? await demoNetwork() : undefined
  const settings = network ? { ...read, trunks: [{ name: 'demo', address: `${network.address}:${network.port}` }] } : read
  ensureFolder(settings.dataFolder, 'folders.data (RINGROUND_DATA_FOLDER)')
  const tightened = closeFolders(settings)
  const log = await openLog(settings)
  defence.writeTo(log)
  const tell = (line: string | undefined) => {
    if (line === undefined) return
    log.warn(line)
    process.stderr.write(`${line}\n`)
  }
  tell(tightened)
  // The folder is closed already: nobody waits for what may be a hundred thousand files.
  void tightenBelow(settings.recordingsFolder).then(
    (found) => tell(tellTightened(found)),
    (error: unknown) => tell(error instanceof Error ? error.message : String(error)),
  )
  const watcher: Watcher = {
    directoryReloaded: (changes) => say(directoryReloaded(changes)),
    directoryRefused: (errors) => say(directoryRefused(errors)),
    switchNotReady: (why) => say(switchNotReady(why)),
    switchReady: () => say(switchReady),
    ...(options.demo ? { alarm: (alarm, up) => say(demoLine(`${up ? 'Alarm up  ' : 'Alarm over'} ${alarm.alarm}${demoAlarmNote(alarm.alarm) === undefined ? '' : ' (part of the story)'}`)) } : {}),
  }
  if (options.demo) await demoPast(settings)
  const engine = await startEngine(settings, log, { defence, watcher, ...(options.demo ? { alarmNote: demoAlarmNote } : {}) })
  let demo: Demo | undefined

  let asked = 0
  const stop = (signal: NodeJS.Signals) => {
    asked += 1
    if (asked > 2) process.exit(1)
    const wait = asked === 1 && !options.demo
    log.info({ signal, running: engine.running() }, wait ? 'stopping once the running calls have ended' : 'stopping at once')
    say(wait ? stopping(engine.running(), Date.now() + drainMs) : stoppingAtOnce(engine.running()))
    if (asked === 1) void demo?.stop()
    void engine.close(wait ? drainMs : 0).then(() => {
      log.flush(() => process.exit(0))
    })
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  if (options.demo && engine.sip) {
    const { sip, admin, onFact } = engine
    demo = await startDemo(
      { sip, api: admin.url, directoryFile: settings.directoryFile, ...(network ? { network } : {}) },
      { facts: onFact, onStory: (line) => say(demoLine(line)), onLog: (line) => log.info(line) },
    ).catch((error: unknown) => {
      throw new StartError(error instanceof Error ? error.message : String(error))
    })
  }
  announce(engine, settings, options.demo)
}

main().catch((error: unknown) => {
  if (error instanceof SettingsError || error instanceof StartError || error instanceof OpenToOthers) fail(error.message)
  fail(error instanceof Error ? (error.stack ?? error.message) : String(error))
})
