import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../accounts/accounts.js'
import type { OpenId } from '../accounts/open-id.js'
import type { Directory } from '../directory/model.js'
import type { Audit } from '../audit/audit.js'
import type { Outbox } from '../outbox/outbox.js'
import type { Operations } from '../operations/operations.js'
import type { PatientParts } from '../reports/arranged-patients.js'
import type { Store } from '../store/store.js'
import type { ArrangingParts } from './arranging.js'
import type { MonthSums } from '../reports/month-sums.js'
import { accountPages } from './pages/account.js'
import { adviceHoursPages, type AdviceHoursParts } from './pages/advice-hours.js'
import { alarmPages, type AlarmParts } from './pages/alarms.js'
import { availabilityPages } from './pages/availability.js'
import { approvalPages } from './pages/approvals.js'
import { auditPages } from './pages/audit.js'
import { bypassPages } from './pages/bypass.js'
import { callBackPages } from './pages/call-backs.js'
import { callBackCodePages } from './pages/call-back-codes.js'
import { callPages, type LooksAt } from './pages/call.js'
import { callsPages } from './pages/calls.js'
import { designPages } from './pages/design.js'
import { devicePages, type DeviceParts } from './pages/devices.js'
import { directoryPages, type DirectoryPageParts } from './pages/directory.js'
import { pocketPages } from './pages/pocket.js'
import { patientConnectPages } from './pages/patient-connect.js'
import { factorPages } from './pages/factors.js'
import { helpPages } from './pages/help.js'
import { openIdPages } from './pages/open-id.js'
import { noticePages, type NoticeParts } from './pages/notices.js'
import { outboxPages } from './pages/outbox.js'
import { peoplePages } from './pages/people.js'
import { returnPages, type ReturnParts } from './pages/returns.js'
import { rotaPages } from './pages/rotas.js'
import { serviceDirectoryPages } from './pages/service-directory.js'
import { phonePages } from './pages/phone.js'
import { programPages } from './pages/programs.js'
import { screenPages } from './pages/screens.js'
import { signInPages } from './pages/sign-in.js'
import { summaryPages } from './pages/summary.js'
import { watchListPages } from './pages/watch-list.js'
import { wallboardPages } from './pages/wallboard.js'
import { goTo, Site, type Asked } from './site.js'
import type { Wallboard } from './wallboard/wallboard.js'

export interface PagesSettings {
  readonly accounts: Accounts
  readonly audit: Audit
  readonly directory: () => Directory
  readonly store: Pick<Store, 'reportsAsOf' | 'rollUps' | 'connectionsAtHours' | 'calls' | 'events' | 'directory'>
  readonly wallboard: Wallboard
  readonly returns: ReturnParts['returns']
  readonly sums: MonthSums
  readonly operations: Operations
  readonly arranged: ArrangingParts['arranged'] & PatientParts['arranged']
  readonly looks: ArrangingParts['looks'] & LooksAt
  readonly alarms: AlarmParts['alarms']
  /** Undefined: no telephones register here. */
  readonly devices?: Pick<DeviceParts, 'telephones' | 'registerAt'> | undefined
  /** Whether clinicians call from the browser. */
  readonly browserPhones?: boolean
  /** Undefined: the directory is not in a store here. */
  readonly inForce?: DirectoryPageParts['inForce'] | undefined
  /** The time zone of days and times. */
  readonly timeZone: string
  /** Wall-clock ms. */
  readonly now: () => number
  /** Makes a PDF on its own thread. */
  readonly pdf: AdviceHoursParts['pdf']
  /** The network that an address counts towards. */
  readonly networkOf: (address: string) => string
  /** The pages' base URL, without a trailing slash. Undefined: the host of the request. */
  readonly publicUrl?: string | undefined
  /** A number to ring for a try. */
  readonly ringHere?: readonly string[] | undefined
  readonly demoLink?: (() => Promise<string>) | undefined
  /** Automatic messages, and whether they go out. Undefined: there are none. */
  readonly outbox?:
    | {
        readonly outbox: Outbox
        readonly mailing: 'sent' | 'shown' | 'none'
        /** Undefined: no notices to browsers. */ readonly push?: NoticeParts['push'] | undefined
      }
    | undefined
  /** Sign-in through providers. Undefined: there are none. */
  readonly openId?: OpenId | undefined
}

/** Every page. New ones are added here. docs/web.md */
export async function pages(app: FastifyInstance, settings: PagesSettings): Promise<void> {
  // Forms and refusal pages are for the pages only: the API has its own.
  await app.register((own, _options, done) => {
    const site = new Site(own, settings)
    const urlOf = ({ request }: Asked) => settings.publicUrl ?? `${request.protocol}://${request.headers.host ?? ''}`
    // The start page: what the person's role needs first.
    site.get('/', 'signedIn', ({ identity }) => goTo(site.homeOf(identity)))
    wallboardPages(site, settings)
    callsPages(site, settings)
    callPages(site, settings)
    callBackPages(site, settings)
    patientConnectPages(site, settings)
    callBackCodePages(site, settings)
    availabilityPages(site, settings)
    bypassPages(site, settings)
    pocketPages(site, { ...settings, notices: settings.outbox?.push !== undefined })
    if (settings.browserPhones) phonePages(site, settings)
    serviceDirectoryPages(site, { ...settings, urlOf })
    watchListPages(site, settings)
    alarmPages(site, settings)
    if (settings.inForce && settings.operations.directory)
      directoryPages(site, { ...settings, inForce: settings.inForce, operations: settings.operations.directory })
    if (settings.inForce && settings.operations.rotas)
      rotaPages(site, { ...settings.operations, inForce: settings.inForce, rotas: settings.operations.rotas, now: settings.now })
    if (settings.devices && settings.operations.devices)
      devicePages(site, { ...settings.devices, operations: settings.operations.devices, directory: settings.directory })
    summaryPages(site, settings)
    adviceHoursPages(site, settings)
    returnPages(site, settings)
    const outbox = settings.outbox?.mailing === 'none' ? undefined : settings.outbox?.outbox
    const begun = signInPages(site, { ...settings, urlOf, outbox, providers: settings.openId?.providers ?? [] })
    if (settings.openId) openIdPages(site, { ...settings, openId: settings.openId, urlOf, begun })
    accountPages(site, { ...settings, outbox, notices: settings.outbox?.push !== undefined, providers: settings.openId?.providers ?? [] })
    if (settings.outbox?.push) noticePages(site, { push: settings.outbox.push })
    factorPages(site, { ...settings, urlOf })
    peoplePages(site, { ...settings, urlOf, mailing: outbox !== undefined })
    if (settings.outbox && settings.operations.messages)
      outboxPages(site, { ...settings, ...settings.outbox, messages: settings.operations.messages })
    approvalPages(site, settings)
    programPages(site, settings)
    screenPages(site, { ...settings, urlOf })
    auditPages(site, settings)
    helpPages(site)
    designPages(site)
    done()
  })
}
