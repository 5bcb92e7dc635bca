import { entryOf } from '../../alarms/alarm-list.js'
import type { Directory } from '../../directory/model.js'
import type { About } from '../message.js'

const minute = 60_000
const hour = 60 * minute

/** What a browser shows, even on locked screens: no names, no numbers, nothing of a patient. */
export interface Notice {
  readonly title: string
  readonly body: string
  /** A notice with the same tag replaces it: one sent twice is shown once. */
  readonly tag: string
  /** The page that it opens. */
  readonly path: string
}

export interface Sent {
  readonly notice: Notice
  /** Expiry, wall-clock ms: after it the notice is not sent, and the push service discards it. */
  readonly until: number
  /** RFC 8030, section 5.3: a mobile that saves its battery is woken only for `high`. */
  readonly urgency: 'high' | 'normal'
}

export function noticeOf(about: About, directory: Directory): Sent {
  const line = 'line' in about && about.line !== undefined ? directory.lines.get(about.line) : undefined
  const name = line?.name ?? 'An advice line'
  const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: line?.timeZone ?? 'Europe/London' }).format(
    about.at,
  )
  switch (about.kind) {
    case 'onSoon':
      return {
        notice: { title: `You are on at ${time}`, body: name, tag: `on ${about.line} ${about.at}`, path: '/pocket' },
        until: about.at,
        urgency: 'high',
      }
    case 'outcomeOpen':
      return {
        notice: { title: 'A call of yours has no outcome yet', body: `${name}, ${time}`, tag: `outcome ${about.call}`, path: '/pocket' },
        until: about.at + 12 * hour,
        urgency: 'normal',
      }
    case 'callBackDue':
      return {
        notice: {
          title: 'A call-back is due',
          body: `${name}, ${time}`,
          tag: `call-back ${about.callBack} ${about.at}`,
          path: '/call-backs',
        },
        until: about.at + 2 * hour,
        urgency: 'high',
      }
    // Without its subject, which may be a person's telephone.
    case 'alarm':
      return {
        notice: {
          title: `Alarm: ${entryOf(about.alarm).severity}`,
          body: entryOf(about.alarm).meaning,
          tag: `alarm ${about.alarm}`,
          path: '/alarms',
        },
        until: about.at + hour,
        urgency: 'high',
      }
  }
}
