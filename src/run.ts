/** The program once its settings are read: starts the engine, says where to ring, and closes everything when told to stop. */
import { join } from 'node:path'
import { destination, pino, type Logger } from 'pino'
import { messageOf } from './common/errors.js'
import { demoLink, firstLink } from './accounts/first-account.js'
import type { Settings } from './config/settings.js'
import { giveThePast } from './demo-history.js'
import { startDemo, type Demo } from './demo-process.js'
import { demoAlarmNote, type DemoSettings } from './demo/demo-settings.js'
import type { EarlySwitch } from './early-switch.js'
import type { LastDefence } from './last-defence.js'
import { dialIns } from './engine/dial-ins.js'
import { startEngine, type Engine, type Watcher } from './engine/engine.js'
import { logWithoutNumbers } from './log-numbers.js'
import { masterKeyInWords, masterKeySource } from './master-key-source.js'
import { closeToOthers, groupId, tellTightened, tightenBelow } from './private-files.js'
import { hostForUri } from './embedded/protocols/sip/endpoint.js'
import { complain, sayLines } from './say.js'
import { ensureFolder, StartError } from './start-error.js'
import {
  demoLine,
  directoryRefused,
  directoryReloaded,
  runOver,
  stopping,
  stoppingAtOnce,
  switchNotReady,
  switchReady,
} from './terminal.js'

/** EX_TEMPFAIL of sysexits.h: start it again. */
const runOverCode = 75

/** Running calls may go on for this long when the program is told to stop. */
const drainMs = 15 * 60_000

/** Log lines that may wait for a stuck disk; later ones are dropped. */
const maxLogBytes = 4 * 1024 * 1024

/** Opens the log and waits until it is open: a program that ends before that cannot log why. */
async function openLog(settings: Settings): Promise<Logger> {
  const where = settings.logFile === '-' ? 2 : (settings.logFile ?? join(settings.dataFolder, 'ringround.log'))
  const file = destination({ dest: where, mkdir: true, sync: false, maxLength: maxLogBytes })
  await new Promise<void>((resolve, reject) => {
    file.once('ready', resolve)
    file.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new StartError(
          `${where}: the log cannot be written (${error.code ?? error.message}). Name another file with log.file (RINGROUND_LOG_FILE).`,
        ),
      ),
    )
  })
  // On a full disk the log loses lines; the calls go on.
  let told = false
  file.on('error', (error: NodeJS.ErrnoException) => {
    if (!told) process.stderr.write(`${where}: the log cannot be written (${error.code ?? error.message}); lines are lost.\n`)
    told = true
  })
  file.on('drain', () => (told = false))
  return pino({ ...logWithoutNumbers, level: settings.logLevel, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, file)
}

/** Closes files found open to other users. @returns one line about it; undefined if all were closed */
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

function announce(engine: Engine, settings: Settings, demo: boolean, link: string | undefined): void {
  const lines: string[] = [engine.switch.health().ready ? 'Ringround is ready.' : 'Ringround runs, and takes calls as soon as it can.']
  if (engine.sip) {
    const { address, port } = engine.sip
    for (const { number, organisation } of dialIns(engine.directory()).slice(0, 5))
      lines.push(`  Ring        sip:${number}@${hostForUri(address)}:${port}  (UDP or TCP; Dial-In number of ${organisation})`)
  } else lines.push(`  Ring        the Dial-In numbers of ${settings.directoryFile}, through your drachtio-server`)
  lines.push(`  Page        ${pageUrl(engine, settings)}/`)
  if (link !== undefined)
    lines.push(
      `  Sign in     ${pageUrl(engine, settings)}/sign-in/link/${link}  (once${demo ? '; the page has a button for it too' : '; another: npm run account -- link "First administrator"'})`,
    )
  lines.push(
    `  Recordings  ${settings.recordingsFolder}${settings.recordingsSealed === 'true' ? `, sealed: they open with the master key alone (${masterKeyInWords(masterKeySource(settings))}); keep a copy of it elsewhere` : ', not sealed'}`,
  )
  const keys = engine.keys()
  if (!keys.ok) lines.push(`  Keys        ${keys.detail}. Calls are taken; what is recorded stays in the spool until the key is there`)
  lines.push(
    demo
      ? '  Demo        everyone is simulated and invented; the story is told below and shown on the page'
      : '  No phone?   npm run demo adds simulated ones',
  )
  lines.push('  Stop        Ctrl-C lets running calls end; twice: at once')
  sayLines(lines.join('\n'))
}

/** The pages' base URL, without a trailing slash. */
function pageUrl(engine: Engine, settings: Settings): string {
  return settings.httpPublicUrl ?? engine.admin.url.replace(/\/$/, '')
}

/** The secret of a link for the first sign-in, if there is no other way yet. */
async function wayIn({ accounts, directory }: Engine, demo: boolean, log: Logger): Promise<string | undefined> {
  try {
    return await (demo ? demoLink(accounts, directory().clinicians.values()) : firstLink(accounts))
  } catch (error) {
    // Calls are taken anyway.
    log.error({ err: error }, 'no sign-in link can be made')
    return undefined
  }
}

/** The first start of the demo makes a month of history. */
async function demoPast(settings: Settings): Promise<void> {
  const calls = await giveThePast(settings, () => sayLines('Inventing a month of calls (first start of the demo) ...')).catch(
    (error: unknown) => {
      throw new StartError(messageOf(error))
    },
  )
  if (calls !== undefined) sayLines(`${calls} calls invented. They have no recordings: nobody spoke.`)
}

export interface Running {
  readonly defence: LastDefence
  readonly demo: boolean
  /** Where a demo's telephone network is simulated. */
  readonly network?: NonNullable<DemoSettings['network']>
  /** The embedded switch, if it is already starting. */
  readonly early?: EarlySwitch
}

/** Resolves when everything runs and has been announced. @throws StartError, OpenToOthers: one line that says why it does not start */
export async function run(settings: Settings, { defence, demo: plays, network, early }: Running): Promise<void> {
  ensureFolder(settings.dataFolder, 'folders.data (RINGROUND_DATA_FOLDER)')
  const tightened = closeFolders(settings)
  const log = await openLog(settings)
  defence.writeTo(log)
  const tell = (line: string | undefined) => {
    if (line === undefined) return
    log.warn(line)
    complain(line)
  }
  tell(tightened)
  // The folder itself is closed already: the start does not wait for a hundred thousand files.
  void tightenBelow(settings.recordingsFolder).then(
    (found) => tell(tellTightened(found)),
    (error: unknown) => tell(messageOf(error)),
  )
  const watcher: Watcher = {
    directoryReloaded: (changes) => sayLines(directoryReloaded(changes)),
    directoryRefused: (errors) => sayLines(directoryRefused(errors)),
    switchNotReady: (why) => sayLines(switchNotReady(why)),
    switchReady: () => sayLines(switchReady),
    // The supervisor starts a new run.
    runOver: () => {
      complain(runOver)
      log.flush(() => process.exit(runOverCode))
      setTimeout(() => process.exit(runOverCode), 500)
    },
    ...(plays
      ? {
          alarm: (alarm, up) =>
            sayLines(
              demoLine(
                `${up ? 'Alarm up  ' : 'Alarm over'} ${alarm.alarm}${demoAlarmNote(alarm.alarm) === undefined ? '' : ' (part of the story)'}`,
              ),
            ),
        }
      : {}),
  }
  if (plays) await demoPast(settings)
  const engine = await startEngine(settings, log, {
    defence,
    watcher,
    ...(early ? { early } : {}),
    demo: plays,
    ...(plays ? { alarmNote: demoAlarmNote } : {}),
  })
  let demo: Demo | undefined

  let asked = 0
  const stop = (signal: NodeJS.Signals) => {
    asked += 1
    if (asked > 2) {
      // It would outlive this process with its calls.
      if (engine.switchPid !== undefined) process.kill(engine.switchPid, 'SIGTERM')
      process.exit(1)
    }
    const wait = asked === 1 && !plays
    log.info({ signal, running: engine.running() }, wait ? 'stopping once the running calls have ended' : 'stopping at once')
    sayLines(wait ? stopping(engine.running(), Date.now() + drainMs) : stoppingAtOnce(engine.running()))
    if (asked === 1) void demo?.stop()
    void engine.close(wait ? drainMs : 0).then(() => {
      log.flush(() => process.exit(0))
    })
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  if (plays && engine.sip) {
    const { sip, admin, onFact } = engine
    demo = await startDemo(
      {
        sip,
        api: admin.url,
        apiToken: engine.accounts.tokenBook.own('demo', ['arrangements', 'devices']),
        directoryFile: settings.directoryFile,
        ...(network ? { network } : {}),
      },
      { facts: onFact, onStory: (line) => sayLines(demoLine(line)), onLog: (line) => log.info(line) },
    ).catch((error: unknown) => {
      throw new StartError(messageOf(error))
    })
  }
  announce(engine, settings, plays, await wayIn(engine, plays, log))
}
