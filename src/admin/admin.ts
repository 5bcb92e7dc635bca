import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { ArrangedCalls } from '../arrangements/arranged-calls.js'
import type { Place } from '../arrangements/starting.js'
import type { AlarmBoard } from '../live/alarm-board.js'
import type { Directory } from '../directory/model.js'
import type { LiveBoard } from '../live/live-board.js'
import type { Metrics } from '../metrics/metrics.js'
import type { Recordings } from '../recordings/recordings.js'
import type { Store } from '../store/store.js'
import type { SwitchHealth } from '../switch/port.js'
import { apiDocument } from './api-document.js'
import { body, sendError, type ApiError } from './api-error.js'
import { callBackCodeRoutes } from './call-back-code-routes.js'
import { callBackRoutes } from './call-back-routes.js'
import { callRoutes } from './call-routes.js'
import { deviceRoutes, type DeviceRoutesOptions } from './device-routes.js'
import { healthRoutes } from './health-routes.js'
import { withIsoInstants } from './instants.js'
import { jsonBodies } from './json-bodies.js'
import { lazyCompilers } from './lazy-compilers.js'
import { liveRoutes } from './live-routes.js'
import { outcomeRoutes } from './outcome-routes.js'
import { pageRoutes } from './page-routes.js'
import { patientConnectRoutes } from './patient-connect-routes.js'
import { recordingRoutes } from './recording-routes.js'
import { watchListRoutes, type WatchListRoutesOptions } from './watch-list-routes.js'
import { Connections } from './connections.js'
import { defaultWebLimits, proxyList, type WebLimits } from './web-limits.js'
import { webSafety } from './web-safety.js'

export interface AdminSettings {
  /** Version of the program, for the API document. */
  readonly version?: string
  readonly address: string
  /** 0: a free port is chosen. */
  readonly port: number
  readonly store: Pick<Store, 'events' | 'calls' | 'health' | 'log'>
  readonly recordings: Pick<Recordings, 'probe' | 'pathOf'>
  readonly live: LiveBoard
  readonly arranged: ArrangedCalls
  /** Begins the call of an arrangement. */
  readonly place: Place
  readonly metrics: Metrics
  readonly alarms: AlarmBoard
  /** SIP telephones that register. */
  readonly devices?: DeviceRoutesOptions
  /** The telephones that fail. */
  readonly watchList: WatchListRoutesOptions['watchList']
  /** The directory in force now, for names. */
  readonly directory: () => Directory
  readonly switchHealth: () => SwitchHealth
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
  return { url: `http://${host}:${port}/`, port, close: () => app.close() }
}

/** The server with all its routes, not listening: tests talk to it without a socket. */
export async function adminApp(settings: AdminSettings): Promise<FastifyInstance> {
  const limits: WebLimits = { ...defaultWebLimits, ...settings.limits }
  const proxies = settings.proxies ?? []
  const app: FastifyInstance = fastify({
    ...(settings.logger ? { loggerInstance: settings.logger } : {}),
    // Call ids come from the telephone world and may be long.
    routerOptions: { maxParamLength: 300 },
    // Streams and idle connections must not hold up the end.
    forceCloseConnections: true,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionTimeout: limits.stalledTimeoutMs,
    http: { headersTimeout: limits.headersTimeoutMs, requestTimeout: limits.requestTimeoutMs, connectionsCheckingInterval: limits.checkEveryMs },
    ...(proxies.length === 0 ? {} : { trustProxy: [...proxies] }),
    // `verbose`: with the value and the rule that it broke, so that our own words can say what would be right.
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, allErrors: true, verbose: true } },
    schemaController: { compilersFactory: lazyCompilers },
    frameworkErrors: (error, request, reply) => sendError(error, request as FastifyRequest, reply as FastifyReply),
  })
  new Connections(app.server, limits, proxyList(proxies))
  app.setErrorHandler<ApiError>(sendError)
  app.setNotFoundHandler((request, reply) => reply.status(404).send(body('notFound', `There is nothing at ${request.method} ${request.url.split('?')[0] ?? ''}. The routes are listed at /docs.`)))
  jsonBodies(app)
  app.addHook('preSerialization', (_request, _reply, payload, done) => done(null, withIsoInstants(payload)))
  webSafety(app, settings)
  await apiDocument(app, { version: settings.version ?? '0.0.0', directory: settings.directory, now: settings.now ?? Date.now })
  healthRoutes(app, settings)
  callRoutes(app, settings)
  recordingRoutes(app, settings)
  liveRoutes(app, settings)
  if (settings.devices) deviceRoutes(app, settings.devices)
  watchListRoutes(app, settings)
  callBackRoutes(app, settings)
  patientConnectRoutes(app, settings)
  callBackCodeRoutes(app, settings)
  outcomeRoutes(app, settings)
  await app.register(fastifyStatic, { root: fileURLToPath(new URL('./page/', import.meta.url)), prefix: '/', index: 'index.html', wildcard: false, cacheControl: false })
  pageRoutes(app, settings)
  await app.ready()
  return app
}
