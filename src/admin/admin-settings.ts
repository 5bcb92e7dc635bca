import type { FastifyBaseLogger } from 'fastify'
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
import type { Retention } from '../retention/retention.js'
import type { Ring } from '../operations/own-calls.js'
import type { WatchListParts } from '../operations/watch-list.js'
import type { Recordings } from '../recordings/recordings.js'
import type { MonthSums } from '../reports/month-sums.js'
import type { Store } from '../store/store.js'
import type { SwitchHealth } from '../switch/port.js'
import type { PagesSettings } from '../web/pages.js'
import type { Targets } from '../web/wallboard/targets.js'
import type { Telephones } from '../registrar/telephones.js'
import type { DeviceRoutesOptions } from './device-routes.js'
import type { DirectoryRoutesOptions } from './directory-routes.js'
import type { ReturnSettings } from '../figures/monthly-return.js'
import type { WebLimits } from './web-limits.js'

/** What calling from the browser needs. */
export interface BrowserPhoneSettings {
  readonly telephones: Pick<Telephones, 'makeBrowser' | 'endBrowser' | 'hasBrowser' | 'browserOf' | 'realm'>
  /** Calls in which a browser may be away for a while, and that end with its session. */
  readonly talks: {
    browserAway(device: string): boolean
    browserLeft(device: string): boolean
    switchOfTalk(device: string): string | undefined
    browserSignedOut(browser: { readonly device: string; readonly clinician: string | undefined }): void
  }
  /** Listener of the switch for SIP over WebSocket: `ws://127.0.0.1:5066`. */
  readonly sip: string
  /** STUN and TURN servers, as URIs (RFC 7064, 7065). */
  readonly iceServers: readonly string[]
  /** Makes passwords of TURN servers that are good for some hours; undefined: they are not asked for. */
  readonly turnSecret?: string | undefined
}

/** What the server of API and pages is given. */
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
    | 'reportsAsOf'
    | 'connectionsAtHours'
    | 'targets'
    | 'watched'
    | 'target'
    | 'health'
    | 'log'
    | 'directory'
    | 'tables'
  >
  /** The sums of months: one for all who read them, so that a month is read once and kept once. */
  readonly sums: MonthSums
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
