import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createAdmin, type Admin } from './admin/admin.js'
import { ArrangedCalls } from './arrangements/arranged-calls.js'
import { Desk } from './calls/desk.js'
import type { CallEvent } from './calls/events.js'
import { flowDefaults } from './calls/flow-settings.js'
import { systemClock } from './clock/system-clock.js'
import type { Settings } from './config/settings.js'
import { everyTarget } from './directory/every-target.js'
import type { DirectoryChange } from './directory/directory-diff.js'
import type { DirectoryError } from './directory/form.js'
import type { Directory } from './directory/model.js'
import { openRotaLedger } from './directory/rota-ledger.js'
import { warmDirectory } from './directory/warm-directory.js'
import { watchDirectory, type DirectoryHolder } from './directory/watch-directory.js'
import { oneForm } from './directory/telephone-number.js'
import { accountKey, accountOf } from './guard/caller-account.js'
import { believedFrom } from './guard/caller-identity.js'
import { Allowance, defaultAllowance } from './guard/allowance.js'
import { guardedSwitch } from './guard/guarded-switch.js'
import { spendingFacts, spentToday } from './guard/spent-today.js'
import { ringable, trunksFor } from './guard/dial-plan.js'
import { networks, RateLimit } from './guard/source-gate.js'
import { alarmOfFaults, type LastDefence } from './last-defence.js'
import { Capacity } from './capacity.js'
import { reachableAt, startEmbedded, withoutPorts } from './embedded-servers.js'
import { LimitedLines, strangersLines } from './processes/limited-lines.js'
import { AlarmBoard, type ActiveAlarm } from './live/alarm-board.js'
import { createLiveBoard } from './live/live-board.js'
import { descriptorLimit, DescriptorWatch } from './metrics/descriptors.js'
import { createMetrics } from './metrics/metrics.js'
import { programVersion } from './program-version.js'
import { spokenNames } from './prompts/spoken-names.js'
import { createSpeech } from './prompts/spoken.js'
import { findFlite } from './prompts/voice.js'
import { createRecordings } from './recordings/recordings.js'
import { Telephones } from './registrar/telephones.js'
import { redisReservations } from './reservations/redis-reservations.js'
import { hostForUri } from './sip/endpoint.js'
import { openWatchList } from './store/kept-watch-list.js'
import { defaultReserveBytes } from './store/disk-reserve.js'
import { openStore } from './store/store.js'
import { connectDrachtioSwitch, whenReady } from './switch/drachtio/connect.js'
import type { ServerSet } from './switch/drachtio/settings.js'
import type { Switch } from './switch/port.js'
import { SwitchWatch } from './switch-watch.js'

/** What keeps the engine from starting, in one line that says what to change. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

export interface Engine {
  readonly admin: Admin
  readonly switch: Switch
  /** Where phones ring; undefined with a drachtio-server, which knows its own. */
  readonly sip: { readonly address: string; readonly port: number } | undefined
  readonly directory: () => Directory
  /** Process of the embedded switch. */
  readonly switchPid: number | undefined
  /** Calls that run now. */
  running(): number
  /** Tells every fact of every call from now on. @returns stops it */
  readonly onFact: (listener: (fact: CallEvent) => void) => () => void
  /** Calls that run come to their end, for at most `drainMs`; then everything is closed, in the opposite order of the start. A second call may shorten that. */
  close(drainMs: number): Promise<void>
}

/** What whoever sits before the terminal is told while the engine runs. */
export interface Watcher {
  directoryReloaded(changes: readonly DirectoryChange[]): void
  /** The directory before stays in force. */
  directoryRefused(errors: readonly DirectoryError[]): void
  /** Calls cannot be taken, and why; said again when that becomes another. */
  switchNotReady(why: string): void
  /** Calls can be taken again. */
  switchReady(): void
  readonly alarm?: (alarm: ActiveAlarm, up: boolean) => void
}

export interface Surroundings {
  readonly defence?: LastDefence
  readonly watcher?: Watcher
  /** What an alarm's detail is to say besides, by its name. */
  readonly alarmNote?: (alarm: string) => string | undefined
}

/** How long the servers may take to be ready before it is said that they are not. The engine goes on trying. */
const readyWithinMs = 5_000
/** Registrations that an address may ask for at once, before a telephone has registered from it: a practice whose telephones all start together. */
const registrationLimit = { burst: 30, refillMs: 2_000, remembered: 10_000 }

/** Starts everything in its order: what is kept, then what is shown, then the telephone. Closes what it had opened when a later step fails. */
export async function startEngine(settings: Settings, log: Logger, around: Surroundings = {}): Promise<Engine> {
  const opened: { readonly what: string; readonly close: () => unknown }[] = []
  const closeAll = async () => {
    for (const step of opened.splice(0).reverse()) {
      try {
        await step.close()
      } catch (error) {
        log.error({ err: error }, `closing ${step.what} failed`)
      }
    }
  }
  try {
    return await open(settings, log, opened, closeAll, around)
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function open(settings: Settings, log: Logger, opened: { readonly what: string; readonly close: () => unknown }[], closeAll: () => Promise<void>, { defence, watcher, alarmNote }: Surroundings): Promise<Engine> {
  const alarms = new AlarmBoard(() => systemClock.now(), alarmNote)
  if (defence) opened.push({ what: 'the alarm of faults', close: alarmOfFaults(defence, alarms) })
  alarms.subscribe((alarm, up) => log[up ? 'error' : 'info']({ alarm: alarm.alarm, detail: alarm.detail }, up ? 'alarm' : 'alarm over'))
  if (watcher?.alarm) alarms.subscribe(watcher.alarm)

  // It starts in a process of its own, while everything else is opened.
  const capacity = new Capacity(alarms)
  const switchStarting =
    settings.drachtio.length === 0
      ? startEmbedded(settings, { onCrash: (detail) => log.error(detail), onShortages: (now) => capacity.ranOut(now) }).catch((error: unknown) => {
          throw listenError(error, `sip.address ${settings.sipAddresses.join(', ')}, sip.port ${settings.sipPort}`, 'RINGROUND_SIP_PORT')
        })
      : undefined
  switchStarting?.catch(() => undefined)
  if (switchStarting) opened.push({ what: 'the embedded switch', close: () => switchStarting.then((embedded) => embedded.process.stop(), () => undefined) })

  const speech = createSpeech({
    folders: { prompts: settings.promptsFolder, cache: join(settings.dataFolder, 'names') },
    voice: settings.tts === 'none' ? undefined : findFlite(),
    renderedVoice: 'flite-rms',
    ...(settings.sharedGroup === undefined ? {} : { nameMode: 0o640 }),
    onProblem: (problem) => log.warn(problem),
  })

  function warm({ organisations, lines, pools }: Directory): void {
    void speech.warm(spokenNames({ organisations: organisations.values(), lines: lines.values(), pools: pools.values() }))
  }

  const holder = await openDirectory(settings, log, alarms, watcher, (changed) => {
    warm(changed)
    keepRotas(changed)
    checkTargets(changed, settings, alarms)
  })
  opened.push({ what: 'the directory', close: () => holder.close() })
  const directory = () => holder.current()

  const rotaAlarm = (error: unknown) => alarms.raise('rotas.notKept', `what is planned from now on is not written down: ${error instanceof Error ? error.message : String(error)}`)
  // Nobody waits on the telephone for the rotas' history: without it calls are taken all the same.
  const ledger = await openRotaLedger(join(settings.dataFolder, 'rota-history.jsonl')).catch((error: unknown) => {
    rotaAlarm(error)
    return undefined
  })
  if (ledger) opened.push({ what: 'the history of the rotas', close: () => ledger.close() })
  function keepRotas(changed: Directory): void {
    void ledger?.record(changed, systemClock.now()).then(() => alarms.clear('rotas.notKept'), rotaAlarm)
  }
  keepRotas(directory())
  checkTargets(directory(), settings, alarms)

  const store = await openStore({ file: join(settings.dataFolder, 'ringround.db'), alarms, reserveBytes: defaultReserveBytes }).catch((error: unknown) => {
    throw new StartError(error instanceof Error ? error.message : String(error))
  })
  opened.push({ what: 'the store', close: () => store.close() })
  const interrupted = await store.closeInterrupted()
  if (interrupted.length > 0) log.warn({ calls: interrupted }, 'calls that the last run left open were closed as interrupted')

  const recordings = await createRecordings({
    spoolFolder: join(settings.dataFolder, 'spool'),
    recordingsFolder: settings.recordingsFolder,
    store,
    alarms,
    encoder: settings.mp3Encoder,
    lineName: (line) => directory().lines.get(line)?.name,
  })
  opened.push({ what: 'the recordings', close: () => recordings.close() })
  const recovered = await recordings.recover()
  if (recovered.queued > 0 || recovered.orphans.length > 0) log.warn(recovered, 'recordings left in the spool are being finished')

  const watched = await openWatchList({ store, alarms })
  opened.push({ what: 'the watch list', close: () => watched.close() })

  const mayDial = (number: string) => trunksFor(number, settings.trunks, settings.dialable).kind === 'dialable'
  // Before any call is taken, and after those of the last run are closed: what became of them is read off their facts.
  const arranged = await ArrangedCalls.open({
    ledger: store.ledger,
    log: store.log,
    facts: store,
    clock: systemClock,
    alarms,
    directory,
    mayDial,
  })
  opened.push({ what: 'the arranged calls', close: () => arranged.close() })

  const live = createLiveBoard(store.log, { organisation: (id) => directory().organisations.get(id)?.name, line: (id) => directory().lines.get(id)?.name })
  opened.push({ what: 'the live board', close: () => live.close() })

  const embedded = await switchStarting

  const adapter = connectDrachtioSwitch({
    servers: embedded ? [embedded.servers] : configuredServers(settings),
    trunks: settings.trunks,
    onTrunk(name, failing) {
      if (failing === undefined) alarms.clear(`trunk.failing: ${name}`)
      else alarms.raise(`trunk.failing: ${name}`, `calls go through the other trunks first, where there are any; ${failing}`)
    },
    mediaTimeoutSeconds: settings.mediaTimeoutSeconds,
    mediaTakenFrom: settings.rtpTakenFrom,
    onNotice: (notice) => log[notice.level](notice.text),
  })
  opened.push({ what: 'the switch', close: () => adapter.close() })
  const trusted = networks(settings.callers)
  const telephones = await Telephones.open({
    journal: { append: (user, type, data) => store.ledger.append('device', user, type, data), entries: () => store.ledger.entries('device') },
    realm: settings.sipRealm,
    leastSeconds: settings.leastRegistrationSeconds,
    clock: systemClock,
    alarms,
    trusted,
    strangers: new RateLimit(systemClock, registrationLimit),
    onRefused: limitedLog((detail) => log.warn({ what: 'device' }, detail)),
    onProblem: (problem) => log.warn(problem),
  })
  opened.push({ what: 'the registered telephones', close: () => telephones.close() })
  const allowance = new Allowance(systemClock, alarms, {
    ...defaultAllowance,
    concurrent: settings.concurrentCalls,
    concurrentPerAccount: settings.concurrentCallsPerLine,
    minutesPerAccountPerDay: settings.minutesPerLine,
  })
  for (const [account, ms] of spentToday(await store.eventsOfCallsSince(allowance.dayBegan(), spendingFacts))) allowance.spend(account, ms)
  const refusedCall = limitedLog((detail) => log.warn({ what: 'incoming' }, detail))
  const withheldKey = accountKey(join(settings.dataFolder, 'withheld-numbers.key'), (problem) => log.warn(problem))
  const telephone = guardedSwitch(telephones.on(adapter), {
    ranges: settings.dialable,
    trunks: settings.trunks,
    allowance,
    trusted,
    believed: believedFrom(settings.identity),
    accountOf: (number) => accountOf(withheldKey, oneForm(number)),
    strangers: new RateLimit(systemClock),
    known: { has: (address) => telephones.knows(address) },
    admit: (call) => telephones.admit(call),
    // What was to be dialled and must not be is a mistake on a rota, or somebody trying.
    onRefused: (what, detail) => (what === 'dial' ? log.error({ what }, detail) : refusedCall(detail)),
  })
  telephone.onRegister((registration) => telephones.register(registration))

  const metrics = createMetrics({
    log: store.log,
    switchHealth: () => telephone.health(),
    storeQueued: () => store.health().queued,
    recordings: () => recordings.health(),
    alarms: () => alarms.active(),
    ...(defence ? { programFaults: () => defence.counts } : {}),
    registeredDevices: () => telephones.registered,
    hasLine: (line) => directory().lines.has(line),
    version: programVersion(),
  })
  opened.push({ what: 'the metrics', close: () => metrics.close() })

  const reservations = settings.redisUrl === undefined ? undefined : redisReservations(settings.redisUrl, (trouble) => log.error(`Redis: ${trouble}`))
  if (reservations) opened.push({ what: 'the reservations', close: () => reservations.close() })

  const desk = new Desk({
    switch: telephone,
    directory,
    speech,
    log: store.log,
    recordings: recordings.sink,
    past: watched.history,
    owners: (device) => telephones.ownerOf(device),
    ...(reservations ? { reservations } : {}),
    arrangements: arranged,
    mayDial,
    cannotKeep: () => {
      const kept = store.health()
      return kept.writing ? undefined : kept.detail
    },
    alarms,
    clock: systemClock,
    settings: { ...flowDefaults, outbound: { number: settings.outboundNumber, displayName: settings.outboundName } },
    onFault: (callId, fault) => log.error({ callId, err: fault }, 'a call ended by a fault in the program'),
  })

  const descriptors = new DescriptorWatch(() => ({ 'the engine': 'self', ...(embedded ? { 'the embedded switch': embedded.process.pid } : {}) }), alarms)
  opened.push({ what: 'the watch over descriptors', close: () => descriptors.close() })

  const listening = embedded?.process.addresses.drachtio.sip[0]
  const sip = listening && { address: reachableAt(settings, listening.address), port: listening.port }
  const sipPlace = sip && `${hostForUri(sip.address)}:${sip.port}`
  const admin = await createAdmin({
    version: programVersion(),
    address: settings.httpAddress,
    port: settings.httpPort,
    store,
    recordings,
    live,
    arranged,
    place: (call) => desk.place(call),
    metrics,
    alarms,
    directory,
    watchList: watched.watchList,
    devices: { telephones, directory, registerAt: sipPlace },
    switchHealth: () => (embedded ? withoutPorts(telephone.health(), embedded.servers) : telephone.health()),
    capacity: () => capacity.health(),
    descriptors: () => descriptors.look(),
    limits: {
      connections: Math.min(settings.httpConnections, Math.max(10, Math.floor((descriptorLimit('self') ?? Number.POSITIVE_INFINITY) / 4))),
      connectionsPerAddress: settings.httpConnectionsPerAddress,
      streams: settings.httpStreams,
      streamsPerAddress: settings.httpStreamsPerAddress,
    },
    proxies: settings.httpProxies,
    ...(sipPlace === undefined ? {} : { ringHere: dialIns(directory()).map(({ number }) => `sip:${number}@${sipPlace}`) }),
  }).catch((error: unknown) => {
    throw listenError(error, `http.address ${settings.httpAddress}, http.port ${settings.httpPort}`, 'RINGROUND_HTTP_PORT')
  })
  opened.push({ what: 'the pages', close: () => admin.close() })

  if (!(await whenReady(telephone, readyWithinMs))) log.error(telephone.health(), 'the switch is not ready; calls are taken as soon as it is')
  if (watcher) opened.push({ what: 'the watch over the switch', close: watchSwitch(telephone, watcher) })
  desk.open()
  // Once it has been said that the engine is ready: nobody waits for these.
  setImmediate(() => {
    warm(directory())
    warmDirectory(directory(), systemClock.now())
  })

  let closing: Promise<void> | undefined
  return {
    admin,
    switch: telephone,
    sip,
    directory,
    switchPid: embedded?.process.pid,
    running: () => desk.liveCalls,
    onFact: (listener) => store.log.subscribe(listener),
    close(drainMs) {
      const drained = desk.drain(drainMs)
      return (closing ??= drained.then(closeAll))
    },
  }
}

/** @returns ends it */
function watchSwitch(telephone: Pick<Switch, 'health' | 'onHealth'>, watcher: Watcher): () => void {
  const watch = new SwitchWatch({ notReady: (why) => watcher.switchNotReady(why), ready: () => watcher.switchReady() })
  watch.begin(telephone.health())
  const stop = telephone.onHealth((health) => watch.changed(health))
  return () => {
    stop()
    watch.close()
  }
}

/** For lines that strangers cause: a few of them, then how many more there were. */
function limitedLog(write: (line: string) => void): (line: string) => void {
  const lines = new LimitedLines(write, strangersLines)
  return (line) => lines.write(line)
}

/** A number that may not be dialled is noticed now, and not when somebody waits for it. Not named here: it stands in the directory alone. */
function checkTargets(directory: Directory, settings: Settings, alarms: AlarmBoard): void {
  const trunkAddresses = settings.trunks.map(({ address }) => address)
  const refused = everyTarget(directory).flatMap(({ place, target }) => {
    if (target.kind === 'device') return []
    const verdict = target.kind === 'number' ? trunksFor(target.number, settings.trunks, settings.dialable) : ringable(target.uri, trunkAddresses)
    return verdict.kind === 'refused' ? [`${place}: ${verdict.why}`] : []
  })
  if (refused.length === 0) return alarms.clear('directory.notDialable')
  alarms.raise('directory.notDialable', `${refused.length} telephones of the directory are never rung: ${refused.slice(0, 5).join('; ')}${refused.length > 5 ? ` and ${refused.length - 5} more` : ''}`)
}

/** Dial-In numbers with what they are, in the directory's order; the shortest form of each. */
export function dialIns(directory: Directory): readonly { readonly number: string; readonly organisation: string }[] {
  const shortest = new Map<string, string>()
  for (const { number, use } of directory.numbers.values()) {
    if (use.kind !== 'dialIn') continue
    const before = shortest.get(use.organisation)
    if (before === undefined || number.length < before.length) shortest.set(use.organisation, number)
  }
  return [...shortest].map(([organisation, number]) => ({ number, organisation: directory.organisations.get(organisation)?.name ?? organisation }))
}

/** The directory file, kept in force with its later changes; a file with errors leaves the old one in force. */
async function openDirectory(settings: Settings, log: Logger, alarms: AlarmBoard, watcher: Watcher | undefined, onChange: (directory: Directory) => void): Promise<DirectoryHolder> {
  const line = (error: DirectoryError) => `${error.file}:${error.line}: ${error.message}; expected: ${error.expected}`
  const watched = await watchDirectory(settings.directoryFile, {
    onChange(directory, changes, advice) {
      alarms.clear('directory.errors')
      log.info({ changes: changes.length }, 'a new directory is in force for the next calls')
      for (const entry of advice) log.warn(line(entry))
      onChange(directory)
      watcher?.directoryReloaded(changes)
    },
    onErrors(errors) {
      for (const error of errors) log.error(line(error))
      alarms.raise('directory.errors', `the directory before stays in force; ${errors.length} errors, the first: ${errors[0] ? line(errors[0]) : ''}`)
      watcher?.directoryRefused(errors)
    },
  })
  if (!watched.ok) throw new StartError(watched.errors.map(line).join('\n'))
  for (const entry of watched.advice) log.warn(line(entry))
  return watched.holder
}

/** Each drachtio-server with the FreeSWITCH at the same place in the list; with fewer of these, they are shared. */
function configuredServers(settings: Settings): readonly ServerSet[] {
  return settings.drachtio.flatMap((drachtio, index) => {
    const freeswitch = settings.freeswitch[index % settings.freeswitch.length]
    if (!freeswitch) return []
    return [
      {
        drachtio: { ...drachtio, secret: settings.drachtioSecret },
        freeswitch: { ...freeswitch, secret: settings.freeswitchSecret },
        listenAddress: settings.eventSocketAddress,
      },
    ]
  })
}

function listenError(error: unknown, where: string, variable: string): StartError {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE' || /in use|is taken|EADDRINUSE/i.test(message)) return new StartError(`${where}: that port is taken. Set another one (${variable}), or stop the program that has it.`)
  if (code === 'EADDRNOTAVAIL' || /EADDRNOTAVAIL/.test(message)) return new StartError(`${where}: this machine has no such address.`)
  if (code === 'EACCES' || /EACCES/.test(message)) return new StartError(`${where}: not allowed to listen there. Choose a port above 1023 (${variable}).`)
  return new StartError(`${where}: ${message}`)
}

/** Makes a folder, and says plainly when it cannot be used. */
export function ensureFolder(folder: string, setting: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new StartError(`${folder}: this folder cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}). Make it writable, or name another with ${setting}.`)
  }
}
