import { demoLink } from '../accounts/first-account.js'
import type { ProviderSetting } from '../accounts/open-id-provider.js'
import { createAdmin, type Admin } from '../admin/admin.js'
import type { ActiveAlarm } from '../alarms/alarm-board.js'
import { AlarmsOfAll } from '../alarms/alarms-of-all.js'
import type { Desk } from '../calls/desk.js'
import type { Directory } from '../directory/model.js'
import type { CallEvent } from '../facts/events.js'
import { browserSip } from './browser-listener.js'
import { reachableAt, withoutPorts, type EmbeddedServers } from '../embedded-servers.js'
import { hostForUri } from '../embedded/protocols/sip/endpoint.js'
import type { LastDefence } from '../last-defence.js'
import { ofEachEngine } from '../fleet/shared-map.js'
import { createLiveBoard, type SharedCall } from '../live/live-board.js'
import { descriptorLimit, DescriptorWatch } from '../metrics/descriptors.js'
import { createMetrics } from '../metrics/metrics.js'
import { programVersion } from '../program-version.js'
import type { Telephones } from '../registrar/telephones.js'
import { MonthSums } from '../reports/month-sums.js'
import type { Switch } from '../switch/port.js'
import type { Capacity } from '../capacity.js'
import { dialIns } from './dial-ins.js'
import type { Fleet } from './fleet.js'
import type { DirectoryInForce } from '../versions/directory-in-force.js'
import type { Ground } from './ground.js'
import { openOutbox } from './outbox.js'
import { openPush } from './push.js'
import type { Kept } from './kept.js'
import { listenError } from './listen-error.js'

/** What pages, API and metrics read. */
export interface Watched {
  readonly kept: Kept
  readonly fleet: Fleet
  readonly directory: () => Directory
  readonly inForce: DirectoryInForce
  readonly telephone: Switch
  readonly telephones: Telephones
  readonly desk: Desk
  readonly embedded: EmbeddedServers | undefined
  readonly capacity: Capacity
  readonly defence: LastDefence | undefined
  /** All people are invented: a visitor signs in without more. */
  readonly demo: boolean
}

export interface Shown {
  readonly admin: Admin
  readonly sip: { readonly address: string; readonly port: number } | undefined
  /** A call of a dead engine continues here. @param events its facts so far */
  resume(events: readonly CallEvent[]): void
}

/** Pages, API, live board and metrics. */
export async function openShown(
  ground: Ground,
  { kept, fleet: { presence, maps }, directory, inForce, telephone, telephones, desk, embedded, capacity, defence, demo }: Watched,
): Promise<Shown> {
  const { settings, alarms, opened, self, log } = ground
  const { store, recordings, retention, arranged, watched, accounts } = kept
  const live = createLiveBoard(
    store.log,
    { organisation: (id) => directory().organisations.get(id)?.name, line: (id) => directory().lines.get(id)?.name },
    undefined,
    maps && ofEachEngine(maps.map<SharedCall>('live'), presence),
  )
  opened.push('the live board', () => live.close())
  const alarmsOfAll = maps && new AlarmsOfAll(alarms, self.name, ofEachEngine(maps.map<ActiveAlarm>('alarms'), presence))
  if (alarmsOfAll) opened.push('the alarms of all engines', () => alarmsOfAll.close())

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
  opened.push('the metrics', () => metrics.close())

  const descriptors = new DescriptorWatch(
    () => ({ 'the engine': 'self', ...(embedded ? { 'the embedded switch': embedded.process.pid } : {}) }),
    alarms,
  )
  opened.push('the watch over descriptors', () => descriptors.close())

  const listening = embedded?.process.addresses.drachtio.sip[0]
  const sip = listening && { address: reachableAt(settings, listening.address), port: listening.port }
  const sipPlace = sip && `${hostForUri(sip.address)}:${sip.port}`
  const sipOfBrowsers = browserSip(settings, embedded)
  let url = settings.httpPublicUrl ?? ''
  // For months with many calls it takes megabytes: pages and messages share one.
  const sums = new MonthSums(store)
  const outbox = await openOutbox(ground, { store, sums, accounts, directory, url: () => url, demo })
  const push = demo ? undefined : openPush(ground, { outbox: outbox.outbox, store, accounts, keys: kept.keys, arranged, directory })
  const admin = await createAdmin({
    version: programVersion(),
    logger: log,
    address: settings.httpAddress,
    port: settings.httpPort,
    store,
    sums,
    recordings,
    accounts,
    ...(demo ? { demoLink: () => demoLink(accounts, directory().clinicians.values()) } : {}),
    outbox: { ...outbox, push },
    ...(settings.signInProviders.length === 0 ? {} : { openId: await openIdOf(settings.signInProviders, store, accounts) }),
    ...(settings.httpPublicUrl === undefined ? {} : { publicUrl: settings.httpPublicUrl }),
    live,
    returns: { type: settings.returnType, diverted: settings.returnDiverted },
    targets: {
      dialToVoiceMs: settings.targetDialToVoice * 1_000,
      connectionMs: settings.targetConnection * 1_000,
      answerRate: settings.targetAnswerRate / 100,
      waitMs: settings.targetWait * 1_000,
    },
    arranged,
    place: (call, actor) => desk.place(call, actor),
    ring: (own, actor) => desk.ring(own, actor),
    metrics,
    alarms,
    alarmsOfAll,
    directory,
    inForce,
    watchList: watched.watchList,
    retention,
    availability: kept.availability,
    devices: { telephones, directory, registerAt: sipPlace },
    browserPhones:
      sipOfBrowsers === undefined || settings.browserCalls === 'false'
        ? undefined
        : { telephones, talks: desk, sip: sipOfBrowsers, iceServers: settings.browserIceServers, turnSecret: settings.browserTurnSecret },
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
  if (settings.httpPublicUrl === undefined) url = admin.url.replace(/\/$/, '')
  opened.push('the pages', () => admin.close())
  return {
    admin,
    sip,
    resume(events) {
      live.resume(events)
      metrics.resume(events)
    },
  }
}

/** Loaded only where there are providers. */
async function openIdOf(providers: readonly ProviderSetting[], { tables }: Kept['store'], accounts: Kept['accounts']) {
  const { OpenId } = await import('../accounts/open-id.js')
  return new OpenId({ providers, db: tables.writing, now: () => accounts.now() })
}
