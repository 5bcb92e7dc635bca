import { expect, onTestFinished, test } from 'vitest'
import { Browser, findChromium } from './browser.js'
import type { AdminWorld } from './admin-world.js'
import { documentedWorld } from './documented-world.js'
import { pictureOf } from '../web/pictures.js'

const chromium = findChromium()

async function docs(world: AdminWorld, url = world.admin.url, flags: readonly string[] = []): Promise<Browser> {
  const browser = await Browser.start(chromium ?? '', '1360,1000', flags)
  onTestFinished(() => browser.close())
  await browser.open((await world.wayIn()).replace(world.admin.url, url))
  await browser.until("document.querySelector('.top, .rr-header')")
  await browser.before(
    '(() => { const { fetch } = window; window.requests = 0; window.fetch = (...all) => { requests += 1; return fetch(...all) } })()',
  )
  await browser.open(`${url}docs`)
  await browser.until("document.querySelectorAll('.opblock').length > 25")
  return browser
}

/** Opens an operation and presses "Execute" with its examples. @returns the status shown by the page */
async function execute(browser: Browser, operationId: string): Promise<string> {
  const block = `[...document.querySelectorAll('.opblock')].find((one) => one.id.endsWith('-${operationId}'))`
  await browser.evaluate(`${block}.querySelector('.opblock-summary-control').click()`)
  await browser.until(`${block}.querySelector('.execute')`)
  // The examples are filled in a moment after the fields are there.
  await browser.until(
    `[...${block}.querySelectorAll('tr[data-param-in=path] input, .body-param textarea')].every(({ value }) => value !== '')`,
  )
  // The page redraws itself while its examples arrive, and a press on a button being replaced is lost. The requests sent show whether it was, not how
  // long an answer takes: what is asked for twice may be refused the second time.
  const before = await browser.evaluate<number>('requests')
  for (let press = 0; press < 5 && (await browser.evaluate<number>('requests')) === before; press++)
    await browser.evaluate(
      `(async () => { ${block}.querySelector('.execute').click(); for (let wait = 0; wait < 20 && requests === ${before}; wait++) await new Promise((resolve) => setTimeout(resolve, 100)) })()`,
    )
  await browser.until(`${block}.querySelector('.live-responses-table .response-col_status')`)
  return (await browser.evaluate<string>(`${block}.querySelector('.live-responses-table tbody .response-col_status').textContent`))
    .trim()
    .slice(0, 3)
}

test.runIf(chromium)('"Try it out" works with the examples shown', async () => {
  const world = await documentedWorld()
  const browser = await docs(world)
  const picture = pictureOf(browser, {})
  const tried: Record<string, string> = {}
  for (const id of ['listCalls', 'getCall', 'leaveOutcome', 'makeCallBack', 'listCallBacks', 'makeDevice', 'clearWatched', 'getMetrics']) {
    tried[id] = await execute(browser, id)
  }
  await picture('docs-tried')
  await browser.evaluate("document.querySelector('[id$=-makeCallBack]').scrollIntoView()")
  await picture('docs-make')
  expect(tried).toEqual({
    listCalls: '200',
    getCall: '200',
    leaveOutcome: '200',
    makeCallBack: '201',
    listCallBacks: '200',
    makeDevice: '201',
    clearWatched: '200',
    getMetrics: '200',
  })
  // Filters that would match nothing are not filled in.
  expect(
    await browser.evaluate(
      "[...document.querySelectorAll('[id$=-listCallBacks] tr[data-param-name=line] input, [id$=-listCallBacks] tr[data-param-name=cursor] input')].map(({ value }) => value)",
    ),
  ).toEqual(['', ''])
  // Things made since are in the document when the page is opened again.
  await browser.open(`${world.admin.url}docs`)
  await browser.until("document.querySelectorAll('.opblock').length > 25")
  for (const id of ['changeCallBack', 'startCallBack']) tried[id] = await execute(browser, id)
  expect(tried).toMatchObject({ changeCallBack: '200', startCallBack: '202' })
  expect(browser.complaints).toEqual([])
})

test.runIf(chromium)('the page is not blank from another address than loopback', async () => {
  const name = 'calls.example'
  const world = await documentedWorld({ admin: { allowedHosts: [name] } })
  // A non-loopback name for the browser: requests by HTTPS would fail.
  const browser = await docs(world, `http://${name}:${world.admin.port}/`, [`--host-resolver-rules=MAP ${name} 127.0.0.1`])
  expect(await execute(browser, 'listCalls')).toBe('200')
  expect(browser.complaints).toEqual([])
})
