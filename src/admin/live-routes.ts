import type { FastifyInstance } from 'fastify'
import type { LiveCall } from '../live/live-board.js'
import type { AdminSettings } from './admin.js'
import { ApiError } from './api-error.js'
import { EventStreams } from './event-stream.js'
import { refusals } from './schemas.js'
import { defaultWebLimits, sourceOf } from './web-limits.js'

/** A call as the stream sends it: with the seconds counted at the moment of sending; a page counts on by itself from `now`. */
interface LiveView extends LiveCall {
  readonly waitingSeconds: number | null
  readonly talkingSeconds: number | null
}

/** What happens now: a snapshot, then every change, as server-sent events. */
export function liveRoutes(app: FastifyInstance, { live, alarms, limits, now = Date.now }: Pick<AdminSettings, 'live' | 'alarms' | 'limits' | 'now'>): void {
  const most = { ...defaultWebLimits, ...limits }
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
    (request, reply) => {
      const source = sourceOf(request.ip)
      if (streams.size >= most.streams) throw new ApiError(503, 'tooManyStreams', `${most.streams} streams are open; close some.`)
      if (streams.of(source) >= most.streamsPerAddress) throw new ApiError(429, 'tooManyStreams', `${most.streamsPerAddress} streams are open from ${request.ip}; close some.`)
      const headers = reply.getHeaders()
      reply.hijack()
      reply.raw.writeHead(200, { ...(headers as Record<string, string>), 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      streams.add(reply.raw, source)
    },
  )
}

function liveView(call: LiveCall, now: number): LiveView {
  const seconds = (from: number | undefined, to: number) => (from === undefined ? null : Math.max(0, Math.floor((to - from) / 1000)))
  return { ...call, waitingSeconds: seconds(call.waitingSince, call.talkingSince ?? now), talkingSeconds: seconds(call.talkingSince, now) }
}
