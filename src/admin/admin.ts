import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Accounts } from '../accounts/accounts.js'
import type { OpenId } from '../accounts/open-id.js'
import type { AlarmBoard } from '../alarms/alarm-board.js'
import type { AlarmsOfAll } from '../alarms/alarms-of-all.js'
import type { ArrangedCalls } from '../arrangements/arranged-calls.js'
import type { Availability } from '../availability/not-now.js'
import type { Place } from '../arrangements/starting.js'
import type { Directory } from '../directory/model.js'
import type { LiveBoard } from '../live/live-board.js'
import type { Metrics } from '../metrics/metrics.js'
import { createOperations } from '../operations/operations.js'
import type { Retention } from '../retention/retention.js'
import type { Ring } from '../operations/own-calls.js'
import type { WatchListParts } from '../operations/watch-list.js'
import type { Recordings } from '../recordings/recordings.js'
import { ReportDesk } from '../reports/report-desk.js'
import type { Store } from '../store/store.js'
import type { SwitchHealth } from '../switch/port.js'
import { gate, type Declared } from '../web/gate.js'
import { pages, type PagesSettings } from '../web/pages.js'
import { defaultTargets, type Targets } from '../web/wallboard/targets.js'
import { Wallboard } from '../web/wallboard/wallboard.js'
import { apiDocument } from './api-document.js'
import { body, sendError, type ApiError } from './api-error.js'
import { browserPhoneRoutes, type BrowserPhoneSettings } from './browser-phone-routes.js'
import { availabilityRoutes } from './availability-routes.js'
import { bypassRoutes } from './bypass-routes.js'
import { callBackCodeRoutes } from './call-back-code-routes.js'
import { callBackRoutes } from './call-back-routes.js'
import { callExportRoutes } from './call-export-routes.js'
import { callNoteRoutes } from './call-note-routes.js'
import { callPaperRoutes } from './call-paper-routes.js'
import { callRoutes } from './call-routes.js'
import { Connections } from './connections.js'
import { deviceRoutes, type DeviceRoutesOptions } from './device-routes.js'
import { directoryRoutes, type DirectoryRoutesOptions } from './directory-routes.js'
import { healthRoutes } from './health-routes.js'
import { withIsoInstants } from './instants.js'
import { jsonBodies } from './json-bodies.js'
import { lazyCompilers } from './lazy-compilers.js'
import { Looks } from './looks.js'
import { liveRoutes } from './live-routes.js'
import { outcomeRoutes } from './outcome-routes.js'
import { approvalRoutes } from './approval-routes.js'
import { messageRoutes } from './message-routes.js'
import { peopleRoutes } from './people-routes.js'
import { rotaRoutes } from './rota-routes.js'
import { MonthlyReturns } from '../reports/monthly-returns.js'
import { MonthSums } from '../reports/month-sums.js'
import type { ReturnSettings } from '../figures/monthly-return.js'
import { returnRoutes } from './return-routes.js'
import { tokenRoutes } from './token-routes.js'
import { pageRoutes } from './page-routes.js'
import { patientConnectRoutes } from './patient-connect-routes.js'
import { limitToReach } from './reach.js'
import { reasonRoutes } from './reason-routes.js'
import { recordingRoutes } from './recording-routes.js'
import { viewRoutes } from './view-routes.js'
import { serviceDirectoryRoutes } from './service-directory-routes.js'
import { wallboardRoutes } from './wallboard-routes.js'
import { retentionRoutes } from './retention-routes.js'
import { watchListRoutes } from './watch-list-routes.js'
import { waveformRoutes } from './waveform-routes.js'
import { defaultWebLimits, proxyList, sourceOf, type WebLimits } from './web-limits.js'
import { webSafety } from './web-safety.js'

export interface AdminSettings {
  /** Version of the program, for the API document. */
  readonly version?: string
  readonly address: string
  /** 0: a free port is chosen. */
  readonly port: number
  readonly store: Pick<
    Store,
    | 'events'
    | 'calls'
    | 'rollUps'
    | 'monthSums'
    | 'monthChanges'
    | 'connectionsAtHours'
    | 'targets'
    | 'watched'
    | 'target'
    | 'health'
    | 'log'
    | 'directory'
    | 'tables'
  >
  readonly recordings: Pick<Recordings, 'probe' | 'open' | 'keys'>
  /** Who may sign in, and what they may do. */
  readonly accounts: Accounts
  /** Makes a link that signs in to the demo world; absent outside of it. */
  readonly demoLink?: () => Promise<string>
  /** Messages that go out by themselves, and whether they do. */
  readonly outbox?: PagesSettings['outbox']
  /** Sign-in with accounts elsewhere. Absent: there are no providers. */
  readonly openId?: OpenId
  /** Where browsers find the pages, without a slash at the end. Absent: under the name by which they ask. */
  readonly publicUrl?: string
  readonly live: LiveBoard
  /** What the wallboard holds its figures against. Default: `defaultTargets`. */
  readonly targets?: Targets
  readonly arranged: ArrangedCalls
  /** Begins the call of an arrangement. */
  readonly place: Place
  /** Begins a call that a clinician asked for with one press. */
  readonly ring: Ring
  readonly metrics: Metrics
  readonly alarms: AlarmBoard
  /** Those of all engines, for the live board; undefined: there is one. */
  readonly alarmsOfAll?: Pick<AlarmsOfAll, 'active' | 'subscribe'> | undefined
  /** SIP telephones that register. */
  readonly devices?: DeviceRoutesOptions
  /** Calling from the browser. Absent: it is off, or the switch has no listener for it. */
  readonly browserPhones?: BrowserPhoneSettings | undefined
  /** The telephones that fail. */
  readonly watchList: WatchListParts['watchList']
  /** What is deleted when its time is over. Absent: nothing is. */
  readonly retention?: Retention
  /** Who takes no calls for a while. */
  readonly availability: Pick<Availability, 'of' | 'now' | 'notNow' | 'on' | 'onChange'>
  /** The directory in force now, for names. */
  readonly directory: () => Directory
  /** The same with its versions, to be looked at and changed. */
  readonly inForce?: DirectoryRoutesOptions['inForce']
  readonly switchHealth: () => SwitchHealth
  /** What the monthly return counts as. */
  readonly returns?: ReturnSettings
  /** Whether there is enough of everything that the next call needs. Absent: it is not known. */
  readonly capacity?: () => { readonly ok: boolean; readonly detail: string }
  /** Shown on the page: where to ring, e.g. `sip:+441865922021@127.0.0.1:5060`. */
  readonly ringHere?: readonly string[]
  /** More host names under which the page may be asked for while it is bound to loopback (guards against DNS rebinding). */
  readonly allowedHosts?: readonly string[]
  /** How much of the server a client may take up. Default: `defaultWebLimits`. */
  readonly limits?: Partial<WebLimits>
  /** Addresses and networks of reverse proxies; what they say of their clients' addresses (`X-Forwarded-For`) is believed. Default: none. */
  readonly proxies?: readonly string[]
  /** Whether the engine's processes have file descriptors left; asked by `/readyz`. */
  readonly descriptors?: () => { readonly ok: boolean; readonly detail: string }
  /** In which days of a date range are days. Default Europe/London. */
  readonly timeZone?: string
  readonly logger?: FastifyBaseLogger
  /** Wall-clock ms. Default: the system's. */
  readonly now?: () => number
}

export interface Admin {
  readonly url: string
  /** Every route with what it needs. */
  readonly routes: readonly Declared[]
  readonly port: number
  /** Ends the event streams, then the server. May be called twice. */
  close(): Promise<void>
}

/** Starts the HTTP server. Rejects (`EADDRINUSE` and the like) when it cannot listen. */
export async function createAdmin(settings: AdminSettings): Promise<Admin> {
  const app = await adminApp(settings)
  try {
    await app.listen({ host: settings.address, port: settings.port })
  } catch (error) {
    await app.close()
    throw error
  }
  const bound = app.server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : settings.port
  const host = settings.address.includes(':') ? `[${settings.address}]` : settings.address
  return { url: `http://${host}:${port}/`, port, routes: app.declared, close: () => app.close() }
}

/** The server with all its routes, not listening: tests talk to it without a socket. */
export async function adminApp(settings: AdminSettings): Promise<FastifyInstance> {
  const limits: WebLimits = { ...defaultWebLimits, ...settings.limits }
  const proxies = settings.proxies ?? []
  const app: FastifyInstance = fastify({
    ...(settings.logger ? { loggerInstance: settings.logger } : {}),
    // What was looked at stands in the audit; the log has what went wrong.
    logController: new LogController({ disableRequestLogging: true }),
    // Call ids come from the telephone world and may be long.
    routerOptions: { maxParamLength: 300 },
    // Streams and idle connections must not hold up the end.
    forceCloseConnections: true,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionTimeout: limits.stalledTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.checkEveryMs,
    },
    ...(proxies.length === 0 ? {} : { trustProxy: [...proxies] }),
    // `verbose`: with the value and the rule that it broke, so that our own words can say what would be right.
    // `allowUnionTypes`: an entry of a rota is a clinician's id or an object, as in the directory file; `operations` reads which.
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, allErrors: true, verbose: true, allowUnionTypes: true } },
    schemaController: { compilersFactory: lazyCompilers },
    frameworkErrors: (error, request, reply) => sendError(error, request as FastifyRequest, reply as FastifyReply),
  })
  new Connections(app.server, limits, proxyList(proxies))
  app.setErrorHandler<ApiError>(sendError)
  app.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .send(body('notFound', `There is nothing at ${request.method} ${request.url.split('?')[0] ?? ''}. The routes are listed at /docs.`)),
  )
  jsonBodies(app)
  app.addHook('preSerialization', (_request, _reply, payload, done) => done(null, withIsoInstants(payload)))
  webSafety(app, settings)
  gate(app, settings.accounts)
  limitToReach(app, settings)
  await apiDocument(app, { version: settings.version ?? '0.0.0', directory: settings.directory, now: settings.now ?? Date.now })
  const operations = createOperations({ ...settings, now: settings.now ?? Date.now })
  healthRoutes(app, settings)
  const looks = new Looks(settings.accounts, settings, settings.now ?? Date.now)
  callRoutes(app, { ...settings, looks })
  callExportRoutes(app, { ...settings, looks })
  const desk = new ReportDesk()
  app.addHook('onClose', () => desk.close())
  callPaperRoutes(app, { ...settings, looks, desk })
  recordingRoutes(app, { ...settings, looks })
  reasonRoutes(app, settings)
  waveformRoutes(app, { ...settings, looks, desk })
  liveRoutes(app, settings)
  const { store, live, arranged, directory, alarmsOfAll, alarms, targets = defaultTargets, now = Date.now } = settings
  const wallboard = new Wallboard({
    store,
    live,
    arranged,
    directory,
    availability: settings.availability,
    alarms: alarmsOfAll ?? alarms,
    targets,
    now,
    monotonic: () => performance.now(),
  })
  wallboardRoutes(app, wallboard, settings)
  if (operations.devices && settings.devices) deviceRoutes(app, operations.devices, settings.devices)
  if (settings.browserPhones) browserPhoneRoutes(app, settings.browserPhones, settings)
  if (operations.directory && settings.inForce)
    directoryRoutes(app, operations.directory, { inForce: settings.inForce, store: settings.store })
  if (operations.rotas && settings.inForce) rotaRoutes(app, operations.rotas, settings.inForce)
  watchListRoutes(app, operations, settings)
  if (operations.retention) retentionRoutes(app, operations.retention)
  availabilityRoutes(app, operations, settings)
  bypassRoutes(app, settings)
  serviceDirectoryRoutes(app, settings)
  callBackRoutes(app, operations, { ...settings, looks })
  patientConnectRoutes(app, operations, { ...settings, looks })
  callBackCodeRoutes(app, operations, settings)
  outcomeRoutes(app, operations)
  callNoteRoutes(app, operations)
  viewRoutes(app, settings)
  peopleRoutes(app, operations, settings)
  approvalRoutes(app, operations)
  tokenRoutes(app, operations)
  if (operations.messages) messageRoutes(app, operations.messages)
  pageRoutes(app, settings)
  const sums = new MonthSums(store)
  const returns = new MonthlyReturns({
    store,
    sums,
    directory,
    audit: settings.accounts.audit,
    settings: settings.returns ?? { type: 'other', diverted: ['referral-avoided'] },
    now,
  })
  returnRoutes(app, returns)
  await pages(app, {
    wallboard,
    returns,
    sums,
    ring: settings.ring,
    ringHere: settings.ringHere,
    pdf: (document) => desk.pdf(document),
    store: settings.store,
    operations,
    arranged: settings.arranged,
    alarms: settings.alarmsOfAll ?? settings.alarms,
    devices: settings.devices,
    browserPhones: settings.browserPhones !== undefined,
    inForce: settings.inForce,
    looks,
    timeZone: settings.timeZone ?? 'Europe/London',
    now: () => settings.accounts.now(),
    accounts: settings.accounts,
    audit: settings.accounts.audit,
    directory: settings.directory,
    networkOf: sourceOf,
    publicUrl: settings.publicUrl,
    demoLink: settings.demoLink,
    openId: settings.openId,
    outbox: settings.outbox,
  })
  await app.ready()
  return app
}
