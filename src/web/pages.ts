import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../accounts/accounts.js'
import type { Directory } from '../directory/model.js'
import type { Audit } from '../audit/audit.js'
import type { Store } from '../store/store.js'
import { accountPages } from './pages/account.js'
import { auditPages } from './pages/audit.js'
import { designPages } from './pages/design.js'
import { peoplePages } from './pages/people.js'
import { signInPages } from './pages/sign-in.js'
import { summaryPages } from './pages/summary.js'
import { Site, type Asked } from './site.js'

export interface PagesSettings {
  readonly accounts: Accounts
  readonly audit: Audit
  readonly directory: () => Directory
  readonly store: Pick<Store, 'rollUps'>
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
    summaryPages(site, settings)
    signInPages(site, settings)
    accountPages(site, settings)
    peoplePages(site, { ...settings, urlOf })
    auditPages(site, settings)
    designPages(site)
    done()
  })
}
