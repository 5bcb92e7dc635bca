import { system } from '../../src/accounts/by.js'
import type { RoleName, Scope } from '../../src/accounts/roles.js'
import { beginSession, defaultSessionLimits } from '../../src/accounts/sessions.js'
import { withAccounts } from '../../src/accounts/with-accounts.js'
import { monthsUntil } from '../../src/figures/summary.js'
import { whenIn } from '../../src/figures/roll-up.js'
import { callOrders } from '../../src/store/call-filter.js'
import type { StorePlace } from '../../src/store-place.js'
import type { Asked } from './lists.js'

/** A signed-in reader, and the pages of reports that they view. */
export interface Reader {
  readonly name: string
  readonly grants: readonly { readonly role: RoleName; readonly scope: Scope }[]
  /** Their clinician entry in the directory. */
  readonly clinician?: string
  /** @param calls ids of calls that they may see */
  readonly pages: (calls: readonly string[]) => readonly Asked[]
}

/** The summary has a target of its own. */
export const summaryPage = 'summary'

const everywhere: Scope = { kind: 'everywhere' }
const line = (id: string): Scope => ({ kind: 'line', id })

const ofDays = ['from=2026-01-05&to=2026-01-11', 'days=1', 'days=7', 'days=30', 'days=365']
/** The queries of the page's form, field by field, and some together. */
const filters = [
  ...ofDays,
  'line=line-3',
  'line=line-30',
  'organisation=practice-0',
  'organisation=practice-190',
  'clinician=dr-400',
  'outcome=open',
  'outcome=referral-made',
  'answered=true',
  'answered=false',
  'days=30&line=line-3&answered=false',
  'line=line-3&organisation=practice-3&clinician=dr-400',
]

function callPages(calls: readonly string[]): readonly Asked[] {
  return [
    { name: 'calls', addresses: ['/calls'] },
    { name: 'calls, filtered', addresses: filters.map((filter) => `/calls?${filter}`) },
    { name: 'calls, in each order', addresses: callOrders.map((order) => `/calls?order=${order}`) },
    {
      name: 'calls, filtered, in each order',
      addresses: callOrders.flatMap((order) => filters.map((filter) => `/calls?${filter}&order=${order}`)),
    },
    { name: 'one call', addresses: calls.map((call) => `/calls/${call}`) },
  ]
}

export const readers: readonly Reader[] = [
  {
    name: 'who sees everything',
    grants: (['serviceManager', 'operations', 'administrator', 'privacyOfficer'] as const).map((role) => ({ role, scope: everywhere })),
    pages: (calls) => [
      ...callPages(calls),
      { name: summaryPage, addresses: ['/summary'] },
      { name: `${summaryPage} of a line`, addresses: ['/summary?line=line-0', '/summary?line=line-3', '/summary?line=line-39'] },
      { name: 'monthly returns', addresses: ['/returns'] },
      {
        name: 'monthly return, as CSV',
        addresses: monthsUntil(whenIn(Date.now()).month, 4)
          .slice(0, -1)
          .map((month) => `/returns/${month}`),
      },
      {
        name: 'advice hours',
        addresses: ['/advice-hours', ...['dr-3', 'dr-400', 'dr-1500'].map((clinician) => `/advice-hours?clinician=${clinician}`)],
      },
      { name: 'audit', addresses: ['/audit', ...calls.slice(0, 3).map((call) => `/audit?call=${call}`)] },
    ],
  },
  {
    name: 'a manager of three lines',
    grants: ['line-0', 'line-3', 'line-30'].map((id) => ({ role: 'serviceManager', scope: line(id) })),
    pages: (calls) => [...callPages(calls), { name: summaryPage, addresses: ['/summary'] }],
  },
  {
    name: 'a clinician',
    grants: [{ role: 'clinician', scope: everywhere }],
    clinician: 'dr-3',
    pages: (calls) => [...callPages(calls), { name: 'advice hours', addresses: ['/advice-hours'] }],
  },
]

/** Signs them in. @returns the headers of their requests */
export function signIn(place: StorePlace, { name, grants, clinician }: Reader): Promise<Readonly<Record<string, string>>> {
  return withAccounts(place, 'bench', async (accounts) => {
    const { id } = await accounts.addPerson(system, { name, ...(clinician === undefined ? {} : { clinician }) })
    for (const { role, scope } of grants) await accounts.grant(system, { person: id, role, scope })
    const { secret } = await beginSession(
      accounts.writing,
      { person: id, method: 'password', secondFactor: true, address: '127.0.0.1', userAgent: 'bench' },
      defaultSessionLimits,
      Date.now(),
    )
    return { cookie: `__Host-ringround=${secret}` }
  })
}
