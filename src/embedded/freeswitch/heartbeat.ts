import { HeaderBlock } from '../eventsocket/header-block.js'
import { upTime } from './api-commands.js'
import { FREESWITCH_VERSION, type EventFactory } from './event-factory.js'

export interface Load {
  /** Open now, and the most that were open at once. */
  readonly channels: number
  readonly peak: number
  readonly maxSessions: number
  /** Since the start. */
  readonly sessionsMade: number
}

/** FreeSWITCH's `HEARTBEAT` event. Rates are not measured, and say so by a zero; `Session-Per-Sec` is the limit. */
export function heartbeat(events: EventFactory, { channels, peak, maxSessions, sessionsMade }: Load): ReturnType<EventFactory['build']> {
  const upMs = Date.now() - events.startedAt
  return events.build({
    name: 'HEARTBEAT',
    blocks: [
      new HeaderBlock([
        ['Event-Info', 'System Ready'],
        ['Up-Time', upTime(upMs)],
        ['FreeSWITCH-Version', FREESWITCH_VERSION],
        ['Uptime-msec', `${upMs}`],
        ['Session-Count', `${channels}`],
        ['Max-Sessions', `${maxSessions}`],
        ['Session-Per-Sec', `${maxSessions}`],
        ['Session-Per-Sec-Last', '0'],
        ['Session-Per-Sec-Max', '0'],
        ['Session-Per-Sec-FiveMin', '0'],
        ['Session-Since-Startup', `${sessionsMade}`],
        ['Session-Peak-Max', `${peak}`],
        ['Session-Peak-FiveMin', `${peak}`],
        ['Idle-CPU', '100.000000'],
      ]),
    ],
  })
}
