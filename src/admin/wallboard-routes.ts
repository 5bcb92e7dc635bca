import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Belongs } from '../accounts/identity.js'
import { changeOf, type Board } from '../web/wallboard/row.js'
import { viewOf, type View } from '../web/wallboard/view.js'
import type { Wallboard } from '../web/wallboard/wallboard.js'
import type { AdminSettings } from './admin-settings.js'
import { EventStreams } from './event-stream.js'
import { openStream, roomForStream } from './open-stream.js'
import { refusalsOfReading } from './refusals.js'
import { defaultWebLimits } from './web-limits.js'

/** Three beats fit into the ten seconds after which a page says that it is stale. */
const beatMs = 3_000
/** How often figures, rotas and waiting calls are checked, while there is a viewer. */
const lookMs = 1_000
/** The rows of lines follow a change within this. */
const soonMs = 200
/** Today's sums are read again after a call ends, at most this often; and now and then for other engines' calls. */
const readAfterMs = 1_000
const readEveryMs = 5_000

const streamExample =
  'event: snapshot\ndata: {"now":"2026-03-02T09:30:00.000Z","board":{"tiles":[],"lines":[],"alarms":[]},"calls":[]}\n\nevent: over\ndata: {"now":"2026-03-02T09:34:10.000Z","key":"b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11"}\n\n'

/** The wallboard as it changes, as server-sent events: each stream begins with the whole state. */
export function wallboardRoutes(
  app: FastifyInstance,
  wallboard: Wallboard,
  settings: Pick<AdminSettings, 'accounts' | 'live' | 'alarms' | 'alarmsOfAll' | 'directory' | 'limits' | 'now'>,
): void {
  const { accounts, live, directory, now = Date.now } = settings
  const alarms = settings.alarmsOfAll ?? settings.alarms
  const most = { ...defaultWebLimits, ...settings.limits }
  /** The boards as last sent, by the key of their view. */
  const told = new Map<string, Board>()

  const streams = new EventStreams<View>(
    (view) => ({ event: 'snapshot', data: { now: now(), board: tell(view), calls: wallboard.calls(view) } }),
    {
      everyMs: beatMs,
      event: () => ({ event: 'beat', data: { now: now() } }),
    },
  )
  /** Sends the changes to all with the same view. @returns their current board */
  function tell(view: View): Board {
    const board = wallboard.board(view)
    const before = told.get(view.key)
    told.set(view.key, board)
    const change = before && changeOf(before, board)
    if (change) streams.send('board', { now: now(), ...change }, ({ key }) => key === view.key)
    return board
  }
  function tellAll(): void {
    const views = new Map([...streams.views()].map((view) => [view.key, view]))
    for (const key of told.keys()) if (!views.has(key)) told.delete(key)
    for (const view of views.values()) tell(view)
  }

  let soon: NodeJS.Timeout | undefined
  const tellSoon = () => {
    if (streams.size > 0)
      soon ??= setTimeout(() => {
        soon = undefined
        tellAll()
      }, soonMs)
  }
  let ended = false
  const read = () => {
    ended = false
    // Unreadable figures stay as they were, with their time.
    wallboard.today.read().then(tellSoon, () => undefined)
  }
  const look = setInterval(() => {
    if (streams.size === 0) return
    if (wallboard.today.isOlderThan(ended ? readAfterMs : readEveryMs)) read()
    tellAll()
  }, lookMs)
  look.unref()

  /** The owners of a call, for when it ends. */
  const last = new Map<string, Belongs>()
  const stops = [
    live.subscribe((change) => {
      const at = now()
      if (change.kind === 'call') {
        const { call } = change
        last.set(call.callId, { organisation: call.organisation, line: call.line })
        const seen = new Map([...streams.views()].filter(({ sees }) => sees(call)).map((view) => [view.key, view]))
        for (const view of seen.values()) streams.send('call', { now: at, call: wallboard.call(call, view) }, ({ key }) => key === view.key)
      } else {
        const call = last.get(change.callId) ?? {}
        last.delete(change.callId)
        ended = true
        streams.send('over', { now: at, key: change.callId }, ({ sees }) => sees(call))
      }
      tellSoon()
    }),
    alarms.subscribe(tellSoon),
  ]

  const watching = new Map<ServerResponse, () => Promise<boolean>>()
  const still = setInterval(() => {
    for (const [client, may] of watching)
      may().then(
        (yes) => yes || client.end(),
        () => undefined,
      )
  }, most.streamAskedMs)
  still.unref()
  app.addHook('preClose', () => {
    for (const timer of [look, still]) clearInterval(timer)
    clearTimeout(soon)
    for (const stop of stops) stop()
    streams.close()
  })

  app.get<{ Querystring: { readonly screen?: boolean } }>(
    '/api/wallboard',
    {
      config: { needs: 'wallboard' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'followWallboard',
        summary: 'The wallboard, as server-sent events',
        description:
          'Begins with `snapshot` (`{now, board: {tiles, lines, alarms}, calls}`), then sends what changes: `call` (`{now, call}`), `over` (`{now, key}`), `board` (`{now, rows, gone}`: new and changed rows, and the keys of rows that have gone, by part). Rows are text, as the page shows them: `key`, `order`, `state`, `fields`, `marks`, `clock` (`ms` when the event was sent; it keeps counting). It never has a caller’s number or name; names of people on rotas are included only for people who may see rotas, never for a program, and not with `screen`. `beat` is sent every three seconds: a client that receives nothing for ten has lost the stream. After a gap, connect again: every stream begins with the whole state. A stream ends when the viewer’s permission ends or their lines change.',
        tags: ['live'],
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            screen: { type: 'boolean', description: 'For a screen that anyone can see: people by their role', examples: [true] },
          },
        },
        response: {
          200: {
            description: 'The event stream',
            content: { 'text/event-stream': { schema: { type: 'string' }, example: streamExample } },
          },
          ...refusalsOfReading('badRequest', 'tooManyStreamsFromAddress', 'tooManyStreams'),
        },
      },
    },
    async (request, reply) => {
      const source = roomForStream(streams, most, request.ip)
      if (wallboard.today.isOlderThan(readEveryMs)) await wallboard.today.read().catch(() => undefined)
      const view = viewOf(request.identity, { screen: request.query.screen === true }, directory)
      const client = openStream(reply)
      streams.add(client, source, view)
      watching.set(client, () => stillMay(request, view))
      client.on('close', () => watching.delete(client))
    },
  )

  /** Whether they may keep watching, with the same view. Watching does not count as use: an idle session ends. */
  async function stillMay(request: FastifyRequest<{ Querystring: { readonly screen?: boolean } }>, view: View): Promise<boolean> {
    const identity = await accounts.look(request.identity)
    return viewOf(identity, { screen: request.query.screen === true }, directory).key === view.key
  }
}
