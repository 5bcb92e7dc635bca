import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Accounts } from '../accounts/accounts.js'
import type { Admin } from '../admin/admin.js'
import { AlarmBoard, type ActiveAlarm } from '../alarms/alarm-board.js'
import { alarmLines } from '../alarms/alarm-lines.js'
import { Desk } from '../calls/desk.js'
import { flowDefaults } from '../calls/flow-settings.js'
import { systemClock } from '../clock/system-clock.js'
import type { Settings } from '../config/settings.js'
import type { Directory } from '../directory/model.js'
import type { EarlySwitch } from '../early-switch.js'
import type { CallEvent } from '../facts/events.js'
import type { Presence } from '../fleet/presence.js'
import type { Signals } from '../fleet/signals.js'
import type { KeysHealth } from '../keys/key-ring.js'
import { alarmOfFaults, type LastDefence } from '../last-defence.js'
import { createSpeech } from '../prompts/spoken.js'
import { findFlite } from '../prompts/voice.js'
import { redisReservations } from '../shared/redis-reservations.js'
import { whenReady } from '../switch/drachtio/connect.js'
import { engineName } from '../store-place.js'
import type { Switch } from '../switch/port.js'
import { openDirectory, type DirectoryWatcher } from './directory-in-force.js'
import { beginFleet } from './fleet.js'
import { Opened, type Ground } from './ground.js'
import { beginStore, openKept } from './kept.js'
import { logFacts } from './logged-facts.js'
import { countThePast } from './past-sums.js'
import { startOwnSwitch } from './own-switch.js'
import { alarmOfServers } from './server-alarms.js'
import { browserListener } from './browser-listener.js'
import { otherTalks } from './other-talks.js'
import { openShown, type Shown } from './shown.js'
import { TakingOver } from './taking-over.js'
import { openTelephony, watchSwitch, type SwitchWatcher } from './telephony.js'
import { startWatchdog } from './watchdog.js'

export interface Engine {
  readonly admin: Admin
  readonly accounts: Accounts
  readonly switch: Switch
  /** The SIP address to which phones call; undefined with a drachtio-server, which knows its own. */
  readonly sip: { readonly address: string; readonly port: number } | undefined
  readonly directory: () => Directory
  /** Whether the keys of sealed data are available. */
  readonly keys: () => KeysHealth
  /** Process of the embedded switch. */
  readonly switchPid: number | undefined
  /** Which engines are one service. */
  readonly presence: Presence
  /** "Something has changed, look", to and from all of them. */
  readonly signals: Signals
  /** Calls running now. */
  running(): number
  /** Reports every fact of every call from now on. @returns stops it */
  readonly onFact: (listener: (fact: CallEvent) => void) => () => void
  /** Waits at most `drainMs` for running calls to end; then closes everything, in the reverse order of the start. A second call may shorten that. */
  close(drainMs: number): Promise<void>
}

/** What the operator at the terminal is told while the engine runs. */
export interface Watcher extends DirectoryWatcher, SwitchWatcher {
  readonly alarm?: (alarm: ActiveAlarm, up: boolean) => void
  /** Others have taken the place of this engine and its calls: the program has to end at once, without sending anything. */
  readonly runOver?: () => void
}

export interface Surroundings {
  readonly defence?: LastDefence
  readonly watcher?: Watcher
  /** Text to add to an alarm's detail, by its name. */
  readonly alarmNote?: (alarm: string) => string | undefined
  /** The embedded switch of these settings, if it is starting already. */
  readonly early?: EarlySwitch
  /** All people are invented. Default: no. */
  readonly demo?: boolean
}

/** How long the servers may take to be ready before the engine reports that they are not. It goes on trying. */
const readyWithinMs = 5_000

/**
 * Starts everything in order: the store, telephony, the web. When a step fails, closes what it had opened.
 * @throws StartError one line that says what keeps it from starting
 */
export async function startEngine(settings: Settings, log: Logger, around: Surroundings = {}): Promise<Engine> {
  const opened = new Opened(log)
  try {
    return await compose(settings, log, opened, around)
  } catch (error) {
    opened.failed = true
    await opened.closeAll()
    throw error
  }
}

async function compose(
  settings: Settings,
  log: Logger,
  opened: Opened,
  { defence, watcher, alarmNote, early, demo = false }: Surroundings,
): Promise<Engine> {
  const alarms = new AlarmBoard(() => systemClock.now(), alarmNote)
  const self = { name: engineName(settings), incarnation: randomBytes(8).toString('hex') }
  let over = false
  const runOver = () => {
    if (over) return
    over = true
    log.error({ engine: self.name }, 'this engine was frozen or cut off, and others have taken its place: it ends')
    watcher?.runOver?.()
  }
  const ground: Ground = { settings, log, alarms, opened, self, runOver }
  if (defence) opened.push('the alarm of faults', alarmOfFaults(defence, alarms))
  alarms.subscribe(alarmLines((up, line) => log[up ? 'error' : 'info'](line, up ? 'alarm' : 'alarm over')))
  if (watcher?.alarm) alarms.subscribe(watcher.alarm)

  const ownSwitch = startOwnSwitch(ground, early)
  const joinFleet = beginFleet(ground)
  const storeOpening = beginStore(ground)
  const fleetOpening = joinFleet(storeOpening)
  // A failure reaches the code that awaits it.
  fleetOpening.catch(() => undefined)
  const speech = createSpeech({
    folders: { prompts: settings.promptsFolder, cache: join(settings.dataFolder, 'names') },
    voice: settings.tts === 'none' ? undefined : findFlite(),
    renderedVoice: 'flite-rms',
    ...(settings.sharedGroup === undefined ? {} : { nameMode: 0o640 }),
    onProblem: (problem) => log.warn(problem),
  })
  const { directory, inForce, warm, follow } = await openDirectory(ground, storeOpening, speech, watcher)
  const kept = await openKept(ground, storeOpening, fleetOpening, directory)
  const fleet = await fleetOpening
  const { presence, signals } = fleet
  follow(signals)
  const { store, keys, recordings, watched, arranged, mayDial } = kept
  opened.push('the facts in the log', logFacts(log, store.log))

  const embedded = await ownSwitch.started
  const { telephone, telephones } = await openTelephony(ground, kept, fleet, embedded)
  const reservations =
    settings.redisUrl === undefined ? undefined : redisReservations(settings.redisUrl, (trouble) => log.error(`Redis: ${trouble}`))
  if (reservations) opened.push('the reservations', () => reservations.close())
  const later: { shown?: Shown } = {}
  const desk = new Desk({
    switch: telephone,
    directory,
    speech,
    log: store.log,
    recordings: recordings.sink,
    past: watched.history,
    notNow: (clinician) => kept.availability.of(clinician) !== undefined,
    owners: (device) => telephones.ownerOf(device),
    ...(reservations ? { reservations } : {}),
    ...(fleet.maps ? { otherTalks: otherTalks(fleet.maps, presence, browserListener(settings, embedded)) } : {}),
    arrangements: arranged,
    mayDial,
    cannotKeep: () => {
      const health = store.health()
      return health.writing ? undefined : health.detail
    },
    alarms,
    clock: systemClock,
    settings: { ...flowDefaults, outbound: { number: settings.outboundNumber, displayName: settings.outboundName } },
    cameAgain: (call) => store.left.cameAgain(call),
    onTakenOver: (events) => later.shown?.resume(events),
    onFault: (callId, fault) => log.error({ callId, err: fault }, 'a call ended by a fault in the program'),
  })
  const shown = (later.shown = await openShown(ground, {
    kept,
    fleet,
    directory,
    inForce,
    telephone,
    telephones,
    desk,
    embedded,
    capacity: ownSwitch.capacity,
    defence,
    demo,
  }))

  if (!(await whenReady(telephone, readyWithinMs)))
    log.error(telephone.health(), 'the switch is not ready; calls are taken as soon as it is')
  const { admin, sip } = shown
  // From here on calls are taken.
  await presence.begin()
  if (watcher) opened.push('the watch over the switch', watchSwitch(telephone, watcher))
  opened.push('the alarms of the servers', alarmOfServers(telephone, alarms, systemClock, embedded === undefined))
  const takingOver = new TakingOver({
    left: store.left,
    desk,
    telephone,
    recordings,
    presence,
    others: fleet.turns !== undefined,
    clock: systemClock,
    log,
  })
  opened.push('the calls of others', () => takingOver.close())
  const looked = takingOver.look()
  // A specialist who is talking already must not be rung for a new caller.
  if (telephone.health().ready) await looked
  desk.open()
  // After the engine has said that it is ready: nothing waits for these.
  setImmediate(() => {
    recordings.prepare()
    countThePast(store, ground)
    startWatchdog(ground)
    warm()
  })

  let closing: Promise<void> | undefined
  return {
    admin,
    accounts: kept.accounts,
    switch: telephone,
    sip,
    directory,
    keys: () => keys.health(),
    presence,
    signals,
    switchPid: embedded?.process.pid,
    running: () => desk.liveCalls,
    onFact: (listener) => store.log.subscribe(listener),
    close(drainMs) {
      const drained = telephone.leaveNewCalls().then(() => desk.drain(drainMs))
      return (closing ??= drained.then(() => opened.closeAll()))
    },
  }
}
