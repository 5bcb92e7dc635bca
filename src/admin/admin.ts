import fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { createOperations } from '../operations/operations.js'
import { ReportDesk } from '../reports/report-desk.js'
import { gate, type Declared } from '../web/gate.js'
import { pages } from '../web/pages.js'
import { defaultTargets } from '../web/wallboard/targets.js'
import { Wallboard } from '../web/wallboard/wallboard.js'
import type { AdminSettings } from './admin-settings.js'
import { apiDocument } from './api-document.js'
import { body, sendError, type ApiError } from './api-error.js'
import { browserPhoneRoutes } from './browser-phone-routes.js'
import { auditRoutes } from './audit-routes.js'
import { availabilityRoutes } from './availability-routes.js'
import { bypassRoutes } from './bypass-routes.js'
import { callBackCodeRoutes } from './call-back-code-routes.js'
import { callBackRoutes } from './call-back-routes.js'
import { callExportRoutes } from './call-export-routes.js'
import { callNoteRoutes } from './call-note-routes.js'
import { callPaperRoutes } from './call-paper-routes.js'
import { callRoutes } from './call-routes.js'
import { choiceRoutes } from './choice-routes.js'
import { Connections } from './connections.js'
import { deviceRoutes } from './device-routes.js'
import { directoryRoutes } from './directory-routes.js'
import { healthRoutes } from './health-routes.js'
import { isoInstant, withIsoInstants } from './instants.js'
import { jsonBodies } from './json-bodies.js'
import { lazyCompilers } from './lazy-compilers.js'
import { Looks } from './looks.js'
import { liveRoutes } from './live-routes.js'
import { ownCallRoutes } from './own-call-routes.js'
import { outcomeRoutes } from './outcome-routes.js'
import { approvalRoutes } from './approval-routes.js'
import { messageRoutes } from './message-routes.js'
import { peopleRoutes } from './people-routes.js'
import { rotaRoutes } from './rota-routes.js'
import { MonthlyReturns } from '../reports/monthly-returns.js'
import { returnRoutes } from './return-routes.js'
import { summaryRoutes } from './summary-routes.js'
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

export interface Admin {
  readonly url: string
  /** Every route and what it requires. */
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
    // The audit has what was viewed; the log has what went wrong.
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
    // `verbose`: with the value and the broken rule, so that our own words can say what would be right.
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
  // Answers from lists and reports say as of when they are, if their replica lags; a table has no other place for it.
  app.addHook('onRequest', (request, reply, done) => {
    const asOf = request.routeOptions.config.fromReports === true ? settings.store.reportsAsOf() : undefined
    if (asOf !== undefined) void reply.header('as-of', isoInstant(asOf))
    done()
  })
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
  ownCallRoutes(app, operations, settings)
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
  choiceRoutes(app, settings)
  const returns = new MonthlyReturns({
    store,
    sums: settings.sums,
    directory,
    audit: settings.accounts.audit,
    settings: settings.returns ?? { type: 'other', diverted: ['referral-avoided'] },
    now,
  })
  returnRoutes(app, returns)
  summaryRoutes(app, { sums: settings.sums, store, directory, now })
  auditRoutes(app, settings)
  await pages(app, {
    wallboard,
    returns,
    sums: settings.sums,
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
