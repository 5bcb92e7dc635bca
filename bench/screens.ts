import { join } from 'node:path'
import { system } from '../src/accounts/by.js'
import { withAccounts } from '../src/accounts/with-accounts.js'
import { Browser, findChromium } from './browser.js'
import { EngineUnderTest, pause } from './engine.js'
import { figure } from './figure.js'
import { grownStore } from './growth/grown-store.js'
import { madeDirectory } from './growth/made-directory.js'
import { readers } from './growth/pages.js'
import type { PartResult } from './part.js'
import { spread, type Spread } from './statistics.js'

/** The desktop preset of Lighthouse (core/config/constants.js, `desktopDense4G`): a round trip of 40 ms, 10 Mbit/s, the processor unthrottled; a window of 1350 x 940. The cache is empty. */
const lab = { latencyMs: 40, bytesPerSecond: (10 * 1_024 * 1_024) / 8, window: '1350,940' }
const targetMs = 1_000
/** No more large paints come this long after a page is complete. */
const settledMs = 600

/** The main pages, for a person who sees all of them. */
const pages = [
  '/wallboard',
  '/calls',
  '/calls/ID',
  '/summary',
  '/advice-hours',
  '/returns',
  '/audit',
  '/service-directory',
  '/rotas',
  '/directory',
  '/call-backs',
  '/patient-connect',
  '/bypass',
  '/watch-list',
  '/devices',
  '/alarms',
  '/outbox',
  '/people',
  '/account',
  '/help',
  '/design',
] as const

/** How soon each main page shows its content (largest contentful paint), in a service with a year of calls. */
export async function screens(options: ScreensOptions, tell: (line: string) => void): Promise<PartResult> {
  const chromium = findChromium()
  if (chromium === undefined) throw new Error('there is no Chromium here')
  const store = await grownStore('SQLite', options.calls, options.keptIn, tell)
  try {
    const engine = await EngineUnderTest.start(madeDirectory(), {
      oneCore: false,
      past: { prepare: store.prepare, withinMs: 300_000, env: { ...store.env, RINGROUND_SECOND_FACTOR_FOR: 'none' } },
    })
    try {
      const place = store.placeIn(join(engine.folder, 'data'))
      const { link, token } = await withAccounts(place, 'bench', async (accounts) => {
        const { id } = await accounts.addPerson(system, { name: 'Sam Field' })
        for (const grant of readers[0]?.grants ?? []) await accounts.grant(system, { person: id, ...grant })
        await accounts.signIns.setPassword(system, id, 'kestrel marble harbour', '')
        return {
          link: await accounts.makeLink(system, id, 'signIn'),
          token: (
            await accounts.tokenBook.make(system, {
              kind: 'api',
              name: 'bench',
              permissions: ['calls'],
              scope: { kind: 'everywhere' },
            })
          ).secret,
        }
      })
      const newest = await fetch(`${engine.url}/api/calls?limit=1`, { headers: { authorization: `Bearer ${token}` } })
      const { calls } = (await newest.json()) as { readonly calls: readonly { readonly callId: string }[] }
      const browser = await Browser.start(chromium, lab.window)
      try {
        await browser.open(`${engine.url}/sign-in/link/${link}`)
        await browser.until("document.querySelector('main form button')")
        await browser.evaluate("void setTimeout(() => document.querySelector('main form button').click())")
        await browser.until("!location.pathname.startsWith('/sign-in')")
        await browser.before(noting)
        await browser.slowNetwork(lab)
        const shown: { readonly page: string; readonly ms: Spread; readonly element: string }[] = []
        for (const page of pages) {
          const address = page.replace('ID', calls[0]?.callId ?? '')
          const times: number[] = []
          let element = ''
          for (let visit = 0; visit < options.visits; visit++) {
            const painted = await largestPaint(browser, `${engine.url}${address}`)
            times.push(painted.ms)
            element = painted.element
          }
          shown.push({ page, ms: spread(times), element })
          tell(`${page}: ${Math.round(spread(times).median)} ms`)
        }
        return {
          figures: shown.map(({ page, ms, element }) =>
            figure({
              name: `largest paint of ${page}`,
              unit: 'ms',
              of: 'median',
              value: ms.median,
              target: targetMs,
              spread: ms,
              note: element,
            }),
          ),
          details: shown,
        }
      } finally {
        await browser.close()
      }
    } finally {
      await engine.stop(false, 300_000)
    }
  } finally {
    await store.close()
  }
}

export interface ScreensOptions {
  /** Calls behind the pages. */
  readonly calls: number
  readonly keptIn: string | undefined
  /** Of each page. */
  readonly visits: number
}

const noting = `
  globalThis.largest = undefined
  new PerformanceObserver((list) => { for (const one of list.getEntries()) globalThis.largest = { ms: one.startTime, element: (one.element?.tagName ?? '') + '.' + (one.element?.className ?? '') } })
    .observe({ type: 'largest-contentful-paint', buffered: true })`

/** Opens a page as if for the first time. */
async function largestPaint(browser: Browser, url: string): Promise<{ readonly ms: number; readonly element: string }> {
  await browser.open('about:blank')
  await browser.forgetFiles()
  await browser.open(url)
  await browser.until(`location.href === ${JSON.stringify(url)} && document.readyState === 'complete' && globalThis.largest`, 20_000)
  await pause(settledMs)
  return browser.evaluate('globalThis.largest')
}
