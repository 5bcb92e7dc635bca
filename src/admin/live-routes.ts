import type { FastifyInstance } from 'fastify'
import type { LiveCall } from '../live/live-board.js'
import type { AdminSettings } from './admin.js'
import { ApiError } from './api-error.js'
import { EventStreams } from './event-stream.js'
import { refusals } from './schemas.js'

/** More than any wall has boards; a page that is opened again and again must not eat the engine's sockets. */
const mostStreams = 500

/** A call as the stream sends it: with the seconds counted at the moment of sending; a page counts on by itself from `now`. */
interface LiveView extends LiveCall {
  readonly waitingSeconds: number | null
  readonly talkingSeconds: number | null
}

/** What happens now: a snapshot, then every change, as server-sent events. */
export function liveRoutes(app: FastifyInstance, { live, alarms, now = Date.now }: Pick<AdminSettings, 'live' | 'alarms' | 'now'>): void {
  const snapshot = () => {
    const at = now()
    return { event: 'snapshot', data: { now: at, calls: live.calls().map((call) => liveView(call, at)), alarms: alarms.active() } }
  }
  const streams = new EventStreams(snapshot)
  const stopCalls = live.subscribe((change) => {
    const at = now()
    if (change.kind === 'call') streams.send('call', { now: at, call: liveView(change.call, at) })
    else streams.send('over', { now: at, callId: change.callId, ending: change.event.type === 'call.ended' ? change.event.ending : null })
  })
  const stopAlarms = alarms.subscribe(() => streams.send('alarms', { now: now(), alarms: alarms.active() }))
  app.addHook('preClose', () => {
    stopCalls()
    stopAlarms()
    streams.close()
  })

  app.get(
    '/api/live',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'Every call now, as server-sent events: `snapshot`, then `call`, `over` and `alarms`',
        tags: ['live'],
        response: { 200: { description: 'Event stream', content: { 'text/event-stream': { schema: { type: 'string' } } } }, ...refusals },
      },
    },
    (_request, reply) => {
      if (streams.size >= mostStreams) throw new ApiError(503, 'tooManyStreams', `${mostStreams} streams are open; close some.`)
      const headers = reply.getHeaders()
      reply.hijack()
      reply.raw.writeHead(200, { ...(headers as Record<string, string>), 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      streams.add(reply.raw)
    },
  )
}

function liveView(call: LiveCall, now: number): LiveView {
  const seconds = (from: number | undefined, to: number) => (from === undefined ? null : Math.max(0, Math.floor((to - from) / 1000)))
  return { ...call, waitingSeconds: seconds(call.waitingSince, call.talkingSince ?? now), talkingSeconds: seconds(call.talkingSince, now) }
}
