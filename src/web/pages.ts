import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../accounts/accounts.js'
import type { Directory } from '../directory/model.js'
import type { Audit } from '../audit/audit.js'
import type { Store } from '../store/store.js'
import type { Operations } from '../operations/operations.js'
import type { ArrangingParts } from './arranging.js'
import { accountPages } from './pages/account.js'
import { alarmPages, type AlarmParts } from './pages/alarms.js'
import { auditPages } from './pages/audit.js'
import { bypassPages } from './pages/bypass.js'
import { callBackPages } from './pages/call-backs.js'
import { callBackCodePages } from './pages/call-back-codes.js'
import { designPages } from './pages/design.js'
import { devicePages, type DeviceParts } from './pages/devices.js'
import { patientConnectPages } from './pages/patient-connect.js'
import { peoplePages } from './pages/people.js'
import { signInPages } from './pages/sign-in.js'
import { summaryPages } from './pages/summary.js'
import { watchListPages } from './pages/watch-list.js'
import { Site, type Asked } from './site.js'

export interface PagesSettings {
  readonly accounts: Accounts
  readonly audit: Audit
  readonly directory: () => Directory
  readonly store: Pick<Store, 'rollUps' | 'calls' | 'events'>
  readonly operations: Operations
  readonly arranged: ArrangingParts['arranged']
  readonly looks: ArrangingParts['looks']
  readonly alarms: AlarmParts['alarms']
  /** Undefined: no telephones register here. */
  readonly devices?: Pick<DeviceParts, 'telephones' | 'registerAt'> | undefined
  /** In which days and times are. */
  readonly timeZone: string
  /** Wall-clock ms. */
  readonly now: () => number
  /** By which network an address is counted. */
  readonly networkOf: (address: string) => string
  /** Where browsers find the pages, without a slash at the end. Undefined: under the name by which they asked. */
  readonly publicUrl?: string | undefined
  readonly demoLink?: (() => Promise<string>) | undefined
}

/** Every page. New ones are added here. docs/web.md */
export async function pages(app: FastifyInstance, settings: PagesSettings): Promise<void> {
  // Forms and pages of refusal are theirs alone: the API has its own.
  await app.register((own, _options, done) => {
    const site = new Site(own, settings)
    const urlOf = ({ request }: Asked) => settings.publicUrl ?? `${request.protocol}://${request.headers.host ?? ''}`
    site.menu({ href: '/', text: 'Calls now', needs: 'live' })
    callBackPages(site, settings)
    patientConnectPages(site, settings)
    callBackCodePages(site, settings)
    bypassPages(site, settings)
    watchListPages(site, settings)
    alarmPages(site, settings)
    if (settings.devices && settings.operations.devices) devicePages(site, { ...settings.devices, operations: settings.operations.devices, directory: settings.directory })
    summaryPages(site, settings)
    signInPages(site, settings)
    accountPages(site, settings)
    peoplePages(site, { ...settings, urlOf })
    auditPages(site, settings)
    designPages(site)
    done()
  })
}
