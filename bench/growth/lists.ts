import { performance } from 'node:perf_hooks'
import { spread, type Spread } from '../statistics.js'
import { lines, organisations } from './made-calls.js'

const firstLines = lines.slice(0, 8)
const someOrganisations = organisations.filter((_, index) => index % 25 === 0)
const clinicians = ['dr-3', 'dr-400', 'dr-1500']
const endings = ['completed', 'unanswered', 'abandonedInMenu', 'noRota']

/** The sort of a list not in order of time. */
const filters = [
  'line=line-3',
  'organisation=practice-3',
  'clinician=dr-400',
  'outcome=open',
  'outcome=referral-made',
  'answered=false',
  'ending=abandonedInMenu',
  'days=30',
  'days=90&line=line-0&answered=true',
  'line=line-30&organisation=practice-150',
]

/** Requests measured as one: each address in turn. `pages`: how many of its pages to walk. */
export interface Asked {
  readonly name: string
  readonly addresses: readonly string[]
  readonly pages?: number
}

/** Every list of the API, with every filter. */
export const lists: readonly Asked[] = [
  { name: 'calls', addresses: ['/api/calls', '/api/calls?limit=200'], pages: 20 },
  { name: 'calls of a line', addresses: firstLines.map((line) => `/api/calls?line=${line}`) },
  { name: 'calls of an organisation', addresses: someOrganisations.map((organisation) => `/api/calls?organisation=${organisation}`) },
  { name: 'calls by ending', addresses: endings.map((ending) => `/api/calls?ending=${ending}`), pages: 5 },
  {
    name: 'calls of a line by ending',
    addresses: firstLines.flatMap((line) => endings.map((ending) => `/api/calls?line=${line}&ending=${ending}`)),
  },
  {
    name: 'calls of a line and an organisation',
    addresses: firstLines.flatMap((line) =>
      someOrganisations.map((organisation) => `/api/calls?line=${line}&organisation=${organisation}`),
    ),
  },
  {
    name: 'calls of an organisation by ending',
    addresses: someOrganisations.flatMap((organisation) =>
      endings.map((ending) => `/api/calls?organisation=${organisation}&ending=${ending}`),
    ),
  },
  {
    name: 'calls by line, organisation, ending',
    addresses: firstLines.flatMap((line) => endings.map((ending) => `/api/calls?line=${line}&organisation=practice-0&ending=${ending}`)),
  },
  {
    name: 'calls of a month, filtered',
    addresses: endings.flatMap((ending) => [
      `/api/calls?${month()}&ending=${ending}`,
      `/api/calls?${month()}&line=line-0&ending=${ending}`,
      `/api/calls?${month()}&organisation=practice-0`,
    ]),
  },
  {
    name: 'calls by outcome',
    addresses: ['referral-avoided', 'referral-made', 'open'].map((outcome) => `/api/calls?outcome=${outcome}`),
    pages: 3,
  },
  { name: 'calls of a clinician', addresses: clinicians.map((clinician) => `/api/calls?clinician=${clinician}`) },
  {
    name: 'calls of a clinician, filtered',
    addresses: clinicians.flatMap((clinician) => [
      `/api/calls?clinician=${clinician}&outcome=open`,
      `/api/calls?clinician=${clinician}&line=line-3&answered=true`,
    ]),
  },
  {
    name: 'calls that were not answered',
    addresses: [
      '/api/calls?answered=false',
      '/api/calls?answered=false&line=line-30&organisation=practice-150',
      '/api/calls?outcome=open&organisation=practice-190',
    ],
    pages: 3,
  },
  { name: 'calls of a number', addresses: ['/api/calls?number=01632960017', '/api/calls?number=9990000018'] },
  { name: 'calls, oldest first', addresses: ['/api/calls?order=oldest', '/api/calls?order=oldest&line=line-3'], pages: 3 },
  {
    name: 'calls by wait, talk or refs',
    addresses: ['longestWait', 'shortestTalk', 'mostRefs'].flatMap((order) => [
      `/api/calls?order=${order}`,
      ...filters.map((filter) => `/api/calls?order=${order}&${filter}`),
    ]),
    pages: 2,
  },
  {
    name: 'calls by names',
    addresses: ['surgeryAZ', 'areaZA', 'operationAZ', 'consultantAZ', 'trustZA', 'outcomeAZ'].flatMap((order) => [
      `/api/calls?order=${order}`,
      ...filters.map((filter) => `/api/calls?order=${order}&${filter}`),
    ]),
    pages: 2,
  },
  {
    name: 'call-backs',
    addresses: [
      '/api/call-backs',
      '/api/call-backs?state=open',
      '/api/call-backs?overdue=true',
      '/api/call-backs?line=line-3&order=oldest',
      '/api/call-backs?clinician=dr-8',
      '/api/call-backs?state=open,inProgress&order=oldest&limit=200',
    ],
    pages: 3,
  },
  { name: 'Patient Connect', addresses: ['/api/patient-connects', '/api/patient-connects?state=open'] },
  { name: 'call-back codes', addresses: ['/api/call-back-codes', '/api/call-back-codes?state=open'] },
  { name: 'watch list', addresses: ['/api/watch-list', '/api/watch-list?limit=200'], pages: 4 },
  { name: 'telephones', addresses: ['/api/targets'], pages: 20 },
  { name: 'devices', addresses: ['/api/devices'] },
  { name: 'readiness', addresses: ['/readyz'] },
  { name: 'metrics', addresses: ['/metrics'] },
]

export interface ListFigure {
  readonly name: string
  /** Ms from the request to the end of the answer. */
  readonly ms: Spread
  /** The very first answer, ms, not included above. */
  readonly first: number
  readonly slowest: { readonly address: string; readonly ms: number }
  /** The longest answer, kB. */
  readonly kilobytes: number
}

/** @param headers the reader's @param requests the least number of each */
export async function measureLists(
  url: string,
  headers: Readonly<Record<string, string>>,
  asked: readonly Asked[],
  requests: number,
): Promise<readonly ListFigure[]> {
  const figures: ListFigure[] = []
  for (const { name, addresses, pages = 1 } of asked) {
    const times: number[] = []
    let longest = 0
    let slowest: ListFigure['slowest'] = { address: '', ms: 0 }
    // Once unmeasured: a route compiles its serialiser on first use.
    const first = (await ask(url, headers, addresses[0] ?? '')).ms
    while (times.length < requests) {
      for (const address of addresses) {
        let next: string | undefined = address
        for (let page = 0; page < pages && next !== undefined; page++) {
          const { ms, bytes, cursor } = await ask(url, headers, next)
          times.push(ms)
          if (ms > slowest.ms) slowest = { address: next, ms }
          longest = Math.max(longest, bytes)
          next = cursor === undefined ? undefined : `${address}${address.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`
        }
      }
    }
    figures.push({ name, ms: spread(times), first, slowest, kilobytes: Math.round(longest / 1_000) })
  }
  return figures
}

async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  address: string,
): Promise<{ readonly ms: number; readonly bytes: number; readonly cursor: string | undefined }> {
  const begun = performance.now()
  const response = await fetch(`${url}${address}`, { headers })
  const text = await response.text()
  const ms = performance.now() - begun
  // A redirect was not measured; `readyz` may report a problem.
  if (response.redirected || (!response.ok && response.status !== 503))
    throw new Error(`${address}: ${response.status} ${text.slice(0, 200)}`)
  const cursor = text.startsWith('{') ? (JSON.parse(text) as { readonly nextCursor?: string | null }).nextCursor : undefined
  return { ms, bytes: text.length, cursor: cursor ?? undefined }
}

function month(): string {
  const to = new Date(Date.now() - 60 * 86_400_000)
  return `from=${new Date(to.getTime() - 30 * 86_400_000).toISOString().slice(0, 10)}&to=${to.toISOString().slice(0, 10)}`
}
