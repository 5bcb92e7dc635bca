import type { FastifyInstance } from 'fastify'
import { reaches, reachOf, type Belongs, type Reach } from '../accounts/identity.js'
import { alarmsWithin } from '../accounts/reach-of-alarms.js'
import { shownAlarms } from '../alarms/shown-alarms.js'
import type { LiveCall } from '../live/live-board.js'
import type { AdminSettings } from './admin-settings.js'
import { EventStreams } from './event-stream.js'
import { openStream, roomForStream } from './open-stream.js'
import { reachHere } from './reach.js'
import { refusalsOfReading } from './refusals.js'
import { defaultWebLimits } from './web-limits.js'

/** A call in the stream, with durations as of sending; a page counts on by itself. */
interface LiveView extends LiveCall {
  readonly waitingSeconds: number | null
  readonly talkingSeconds: number | null
}

/** What a viewer sees: the calls, and the alarms. */
interface View {
  readonly sees: (what: Belongs) => boolean
  readonly alarms: Reach
}

const streamExample =
  'event: snapshot\ndata: {"now":"2026-03-02T09:30:00.000Z","calls":[],"alarms":[],"alarmCount":0,"alarmsByKind":{}}\n\nevent: over\ndata: {"now":"2026-03-02T09:34:10.000Z","callId":"b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11","ending":"completed"}\n\n'

/** The live state: a snapshot, then every change, as server-sent events. */
export function liveRoutes(
  app: FastifyInstance,
  {
    live,
    alarms: own,
    alarmsOfAll,
    directory,
    limits,
    now = Date.now,
  }: Pick<AdminSettings, 'directory' | 'live' | 'alarms' | 'alarmsOfAll' | 'limits' | 'now'>,
): void {
  const alarms = alarmsOfAll ?? own
  const most = { ...defaultWebLimits, ...limits }
  const seen = ({ alarms: reach }: View) => shownAlarms(alarmsWithin(alarms.active(), reach, directory()))
  const streams = new EventStreams<View>((view) => ({
    event: 'snapshot',
    data: { now: now(), calls: live.calls().filter(view.sees).map(liveView), ...seen(view) },
  }))
  /** The owners of a call, for when it ends. */
  const last = new Map<string, Belongs>()
  const stopCalls = live.subscribe((change) => {
    const at = now()
    if (change.kind === 'call') {
      const { callId, organisation, line } = change.call
      last.set(callId, { organisation, line })
      streams.send('call', { now: at, call: liveView(change.call) }, ({ sees }) => sees(change.call))
    } else {
      const call = last.get(change.callId) ?? {}
      streams.send('over', { now: at, callId: change.callId, ending: change.ending }, ({ sees }) => sees(call))
      last.delete(change.callId)
    }
  })
  const stopAlarms = alarms.subscribe(() => {
    for (const view of streams.views())
      if (!view.alarms.everywhere) streams.send('alarms', { now: now(), ...seen(view) }, (one) => one === view)
    streams.send('alarms', { now: now(), ...shownAlarms(alarms.active()) }, (view) => view.alarms.everywhere)
  })
  app.addHook('preClose', () => {
    stopCalls()
    stopAlarms()
    streams.close()
  })

  app.get(
    '/api/live',
    {
      config: { needs: 'live' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'followLive',
        summary: 'Every call now, as server-sent events',
        description:
          'Begins with `snapshot` (`{now, calls, alarms, alarmCount, alarmsByKind}`), then sends every change: `call` (`{now, call}`), `over` (`{now, callId, ending}`), `alarms` (`{now, alarms, alarmCount, alarmsByKind}`: some of each kind, with severity, meaning and what to do, and how many are up; those that you may see, permission `alarms`). With several engines it reports the calls and alarms of all of them, with `engine`: the name of the engine (of a call: where it is not the one that was asked). The stream does not end by itself; a client that falls behind gets a fresh `snapshot`.',
        tags: ['live'],
        response: {
          200: {
            description: 'The event stream',
            content: { 'text/event-stream': { schema: { type: 'string' }, example: streamExample } },
          },
          ...refusalsOfReading('tooManyStreamsFromAddress', 'tooManyStreams'),
        },
      },
    },
    (request, reply) => {
      const source = roomForStream(streams, most, request.ip)
      const reach = reachHere(request)
      streams.add(openStream(reply), source, {
        sees: (what) => reaches(reach, what, directory()),
        alarms: reachOf(request.identity, 'alarms'),
      })
    },
  )
}

function liveView(call: LiveCall): LiveView {
  const seconds = (ms: number | undefined) => (ms === undefined ? null : Math.floor(ms / 1000))
  return { ...call, waitingSeconds: seconds(call.waitedMs), talkingSeconds: seconds(call.talkedMs) }
}
