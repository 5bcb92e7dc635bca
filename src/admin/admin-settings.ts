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
  /** Makes TURN passwords valid for some hours; undefined: the servers need none. */
  readonly turnSecret?: string | undefined
}

/** The parts of the server of API and pages. */
export interface AdminSettings {
  /** Version of the program, for the API document. */
  readonly version?: string
  readonly address: string
  /** 0: any free port. */
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
  /** The people who may sign in, and their roles. */
  readonly accounts: Accounts
  /** Makes a link that signs in to the demo world; absent outside it. */
  readonly demoLink?: () => Promise<string>
  /** Automatic messages, and whether they go out. */
  readonly outbox?: PagesSettings['outbox']
  /** Sign-in through providers. Absent: there are none. */
  readonly openId?: OpenId
  /** The pages' base URL, without a trailing slash. Absent: the host of the request. */
  readonly publicUrl?: string
  readonly live: LiveBoard
  /** The targets on the wallboard. Default: `defaultTargets`. */
  readonly targets?: Targets
  readonly arranged: ArrangedCalls
  /** Begins the call of an arrangement. */
  readonly place: Place
  /** Begins a call that a clinician starts with one press. */
  readonly ring: Ring
  readonly metrics: Metrics
  readonly alarms: AlarmBoard
  /** Those of all engines, for the live board; undefined: there is one. */
  readonly alarmsOfAll?: Pick<AlarmsOfAll, 'active' | 'subscribe'> | undefined
  /** SIP telephones that register. */
  readonly devices?: DeviceRoutesOptions
  /** Calling from the browser. Absent: it is off, or the switch has no listener for it. */
  readonly browserPhones?: BrowserPhoneSettings | undefined
  /** The failing telephones. */
  readonly watchList: WatchListParts['watchList']
  /** Retention. Absent: nothing is deleted. */
  readonly retention?: Retention
  /** The clinicians who have said "not now". */
  readonly availability: Pick<Availability, 'of' | 'now' | 'notNow' | 'on' | 'onChange'>
  /** The current directory, for names. */
  readonly directory: () => Directory
  /** The same with its versions, to view and change. */
  readonly inForce?: DirectoryRoutesOptions['inForce']
  readonly switchHealth: () => SwitchHealth
  /** What the monthly return counts as. */
  readonly returns?: ReturnSettings
  /** Whether the switch has the resources for the next call. Absent: unknown. */
  readonly capacity?: () => { readonly ok: boolean; readonly detail: string }
  /** A number to ring, shown on the page, e.g. `sip:+441865922021@127.0.0.1:5060`. */
  readonly ringHere?: readonly string[]
  /** Further host names accepted while bound to loopback (guards against DNS rebinding). */
  readonly allowedHosts?: readonly string[]
  /** How much of the server one client may use. Default: `defaultWebLimits`. */
  readonly limits?: Partial<WebLimits>
  /** Addresses and networks of reverse proxies; their `X-Forwarded-For` is trusted. Default: none. */
  readonly proxies?: readonly string[]
  /** Whether the engine's processes have file descriptors left; asked by `/readyz`. */
  readonly descriptors?: () => { readonly ok: boolean; readonly detail: string }
  /** The time zone of days in a date range. Default Europe/London. */
  readonly timeZone?: string
  readonly logger?: FastifyBaseLogger
  /** Wall-clock ms. Default: the system's. */
  readonly now?: () => number
}
