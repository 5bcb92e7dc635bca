import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import type { RoleName, Scope } from '../../src/accounts/roles.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'
import { expectGood } from './axe.js'
import { lineTo } from './cut-line.js'
import { pictureOf } from './pictures.js'

const chromium = findChromium()
const everywhere: Scope = { kind: 'everywhere' }

async function opened(): Promise<Browser> {
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  return browser
}

/** A link that signs in a person of that role. */
async function wayInAs(world: AdminWorld, role: RoleName, scope: Scope = everywhere): Promise<string> {
  const { id } = await world.accounts.addPerson(system, { name: 'Sam Field' })
  await world.accounts.grant(system, { person: id, role, scope })
  await world.accounts.signIns.setPassword(system, id, 'kestrel marble harbour', '')
  return `sign-in/link/${await world.accounts.makeLink(system, id, 'signIn')}`
}

/** Signs in by that link, and arrives at the role's start page. */
async function signIn(browser: Browser, base: string, link: string): Promise<void> {
  await browser.open(`${base}${link}`)
  await browser.until("document.querySelector('main form button')")
  await browser.evaluate("void setTimeout(() => document.querySelector('main form button').click())")
}

const screenLink = async (world: AdminWorld, scope: Scope = everywhere) =>
  `screen/${(await world.accounts.tokenBook.makeScreen(system, { name: 'Control room', scope, expiresAt: Date.now() + 86_400_000 })).secret}`
const tile = (key: string) => `document.querySelector('.rr-tile[data-key=${key}] [data-field=value]')?.textContent`
const callRows =
  "[...document.querySelectorAll('[data-rows=calls] tr')].map((row) => [...row.children].map((cell) => cell.textContent.replace(/\\s+/g, ' ').trim()))"
const callCount = "document.querySelectorAll('[data-rows=calls] tr').length"
const lineCell = (line: string, field: string) => `document.querySelector('tr[data-key=${line}] [data-field=${field}]')?.textContent`

test.runIf(chromium)(
  'operations begins at the wallboard: it shows a call’s progress, its seconds tick, it can be paused, by keyboard; it is accessible',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    await world.tell('done', ...goodCall('done'))
    const browser = await opened()
    await signIn(browser, world.admin.url, await wayInAs(world, 'operations'))
    await browser.until("location.pathname === '/wallboard' && document.querySelector('[data-pause]')")
    await browser.until(`${tile('answered')} === '1'`)
    await world.tell('now', ...untilTalking('now').slice(0, 5))
    await browser.until(`${callCount} === 1`)
    const [row] = await browser.evaluate<string[][]>(callRows)
    expect(row?.slice(1)).toEqual(['Ringing', world.directory.lines.get('cardiology')?.name, 'Dr Okafor', '1 of 2', 'Elm Row Surgery'])
    await browser.until(`${lineCell('cardiology', 'waiting')} === '1'`)
    expect(await browser.evaluate("document.querySelector('[data-empty=calls]').hidden")).toBe(true)
    // It ticks by itself, without an event from the service.
    const clock = "document.querySelector('[data-rows=calls] [data-clock]').textContent"
    const before = await browser.evaluate<string>(clock)
    await browser.until(`${clock} !== ${JSON.stringify(before)}`)
    world.alarms.raise('trunk.failing: main', 'no answer to OPTIONS')
    await browser.until("document.querySelector('.rr-alarm')?.textContent.includes('no answer to OPTIONS')")
    await expectGood(browser, 'wallboard', pictureOf(browser))
    await browser.resize(1280, 900)

    // By keyboard: to the button; a call that ends while paused stays on the board.
    await browser.evaluate('(() => { document.activeElement.blur(); window.scrollTo(0, 0) })()')
    for (let step = 0; step < 40 && (await browser.evaluate('document.activeElement.hasAttribute("data-pause")')) !== true; step++)
      await browser.type('\t')
    await browser.type('\r')
    await browser.until("document.activeElement.textContent === 'Resume updates'")
    await world.tell('now', ...goodCall('now').slice(5))
    await world.tell('next', ...untilTalking('next'))
    await browser.until("document.querySelector('[data-as-of-label]').textContent === 'Paused at'")
    expect((await browser.evaluate<string[][]>(callRows)).map((cells) => cells[1])).toEqual(['Ringing'])
    await browser.type('\r')
    await browser.until(`JSON.stringify(${callRows}.map((cells) => cells[1])) === '["Talking"]'`)
    await browser.until(`${tile('answered')} === '2'`)
    expect(browser.complaints).toEqual([])
  },
)

test.runIf(chromium)(
  'a connection cut silently: within ten seconds the page says that it is stale; once restored it has everything again',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const line = await lineTo(world.admin.url)
    const browser = await opened()
    await browser.open(`${line.url}${await screenLink(world)}`)
    await browser.until("location.pathname === '/wallboard' && document.querySelector('[data-stale]')")
    await world.tell('one', ...untilTalking('one'))
    await browser.until(`${callCount} === 1`)
    await browser.until("document.querySelector('[data-stale]').hidden === true")
    line.cut()
    // The clock of the page goes nine seconds on; the tick of each second looks at it.
    await browser.evaluate('(() => { const real = performance.now.bind(performance); performance.now = () => real() + 9000 })()')
    await browser.until("document.querySelector('[data-stale]').hidden === false", 10_000)
    expect(await browser.evaluate("document.querySelector('[data-stale]').textContent")).toMatch(
      /^Stale since \d\d:\d\d:\d\d: the service is not responding/,
    )
    await world.tell('two', ...untilTalking('two'))
    await world.tell('one', { type: 'call.ended', ending: 'completed' })
    line.mend()
    await browser.until("document.querySelector('[data-stale]').hidden === true")
    await browser.until(
      `JSON.stringify([...document.querySelectorAll('[data-rows=calls] tr')].map((row) => row.dataset.key)) === '["two"]'`,
    )
  },
)

for (const [what, without] of [
  ['a shared worker', ''],
  ['a lock, where there is no shared worker', 'delete window.SharedWorker'],
] as const) {
  test.runIf(chromium)(
    `many tabs have one connection, by ${what}; the others go on when the first is closed`,
    { timeout: 240_000 },
    async () => {
      const world = await adminWorld()
      const line = await lineTo(world.admin.url)
      const browser = await opened()
      if (without !== '') await browser.before(without)
      await browser.open(`${line.url}${await screenLink(world)}`)
      await browser.until("location.pathname === '/wallboard' && document.querySelector('[data-stale]')")
      await world.tell('one', ...untilTalking('one'))
      await browser.until(`${callCount} === 1`)
      const tabs = []
      for (let tab = 0; tab < 7; tab++) {
        const other = await browser.tab('about:blank')
        if (without !== '') await other.before(without)
        await other.open(`${line.url}wallboard`)
        tabs.push(other)
      }
      // All tabs get the same.
      await world.tell('two', ...untilTalking('two'))
      for (const tab of tabs) await tab.until(`location.pathname === '/wallboard' && ${callCount} === 2`)
      await browser.until(`${callCount} === 2`)
      await expect.poll(() => line.open('GET /api/wallboard'), { timeout: 20_000 }).toBe(1)
      await browser.open('about:blank')
      await world.tell('three', ...untilTalking('three'))
      for (const tab of tabs) await tab.until(`${callCount} === 3`)
      await expect.poll(() => line.open('GET /api/wallboard'), { timeout: 20_000 }).toBe(1)
    },
  )
}

test.runIf(chromium)('without a worker and without locks a tab follows by itself', { timeout: 120_000 }, async () => {
  const world = await adminWorld()
  const browser = await opened()
  await browser.before('(() => { delete window.SharedWorker; delete window.BroadcastChannel })()')
  await browser.open(`${world.admin.url}${await screenLink(world)}`)
  await browser.until("location.pathname === '/wallboard' && document.querySelector('[data-stale]')")
  await world.tell('one', ...untilTalking('one'))
  await browser.until(`${callCount} === 1`)
  expect(browser.complaints).toEqual([])
})

test.runIf(chromium)('500 calls: a change of one updates only that one, and no row is rebuilt', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  const browser = await opened()
  await browser.open(`${world.admin.url}${await screenLink(world)}`)
  await browser.until("location.pathname === '/wallboard' && document.querySelector('[data-stale]')")
  await Promise.all(Array.from({ length: 500 }, (_, call) => world.tell(`call-${call}`, ...untilTalking(`call-${call}`).slice(0, 6))))
  await browser.until(`${callCount} === 500`)
  await browser.until(`${tile('waiting')} === '500'`)
  // Rows out of view are not drawn: a tick costs only the visible ones of 500 calls.
  for (const [seen, not] of [
    ['first-child', 'last-child'],
    ['last-child', 'first-child'],
  ] as const) {
    const isDrawn = (which: string) =>
      `document.querySelector('[data-rows=calls] tr:${which} td').checkVisibility({ contentVisibilityAuto: true })`
    await browser.evaluate(`document.querySelector('[data-rows=calls] tr:${seen}').scrollIntoView()`)
    await browser.until(`${isDrawn(seen)} && !${isDrawn(not)}`)
  }
  await browser.evaluate(`(() => {
    window.made = 0
    new MutationObserver((changes) => { for (const { addedNodes, target } of changes) for (const node of addedNodes) if (node.nodeType === 1) window.made++ }).observe(document.querySelector('[data-wallboard]'), { childList: true, subtree: true })
    window.first = document.querySelector('tr[data-key=call-7]')
  })()`)
  await world.tell('call-7', ...untilTalking('call-7').slice(6))
  await browser.until("document.querySelector('tr[data-key=call-7]').dataset.state === 'talking'")
  await browser.until(`${tile('waiting')} === '499'`)
  expect(await browser.evaluate("window.first === document.querySelector('tr[data-key=call-7]')")).toBe(true)
  expect(await browser.evaluate('window.made')).toBe(0)
  await world.tell('call-8', { type: 'call.ended', ending: 'abandonedInHunt' })
  await browser.until(`${callCount} === 499`)
  expect(await browser.evaluate('window.made')).toBe(0)
})

test.runIf(chromium)('a screen shows one board, large, dark or light, without links elsewhere', { timeout: 240_000 }, async () => {
  const world = await adminWorld()
  await world.tell('done', ...goodCall('done'))
  await world.tell('one', ...untilTalking('one').slice(0, 5))
  await world.tell('two', ...untilTalking('two', { line: 'ent-adult' }))
  for (const look of ['dark', 'light']) {
    const browser = await opened()
    await browser.open(`${world.admin.url}${await screenLink(world)}?look=${look}`)
    await browser.until("location.pathname === '/wallboard'")
    await browser.until(`${callCount} === 2`)
    expect(await browser.evaluate('location.href')).not.toContain('screen/')
    expect(await browser.evaluate("[...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href'))")).toEqual([
      '#maincontent',
    ])
    expect(await browser.evaluate('document.cookie')).toBe('')
    const text = await browser.evaluate<string>('document.documentElement.outerHTML')
    for (const secret of ['Okafor', 'Elm Row', '01632', '07700']) expect(text).not.toContain(secret)
    await expectGood(browser, `screen-${look}`, pictureOf(browser))
    await browser.resize(1920, 1080)
    await pictureOf(browser, { dark: look === 'dark' })(`screen-${look}-1920`)
    // Readable from five metres: figures a twentieth of the width.
    expect(
      await browser.evaluate<number>("Number.parseFloat(getComputedStyle(document.querySelector('.rr-tile--board dd')).fontSize)"),
    ).toBeGreaterThan(70)
    for (const path of ['', 'people', 'summary', 'screens', 'account', 'design']) {
      const { status, url } = await browser.evaluate<{ status: number; url: string }>(
        `fetch('/${path}').then(({ status, url }) => ({ status, url }))`,
      )
      expect([status, new URL(url).pathname], path).toEqual([403, `/${path}`])
    }
  }
})

test.runIf(chromium)(
  'an administrator makes a screen and ends it; a signed-in person who opens its link is asked first',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const browser = await opened()
    await signIn(browser, world.admin.url, await wayInAs(world, 'administrator'))
    await browser.until("document.readyState === 'complete' && !location.pathname.startsWith('/sign-in')")
    await browser.open(`${world.admin.url}screens`)
    await browser.until("document.querySelector('h1')?.textContent === 'Screens' && document.getElementById('name')")
    await browser.evaluate("void setTimeout(() => document.querySelector('main form button').click())")
    await browser.until("document.querySelector('.nhsuk-error-summary')")
    await expectGood(browser, 'screens-wrong', pictureOf(browser))
    await browser.evaluate(
      "(() => { document.getElementById('scope').value = 'line:cardiology'; document.querySelector('input[name=lines][value=ent-adult]').checked = true; document.getElementById('name').focus() })()",
    )
    await browser.type('Ward 7\r')
    await browser.until("document.querySelector('.rr-secret')")
    await expectGood(browser, 'screens', pictureOf(browser))
    const link = await browser.evaluate<string>("document.querySelector('.rr-secret').textContent.trim()")
    await browser.open(`${world.admin.url}screens`)
    await browser.until("document.querySelector('tbody th')?.textContent === 'Ward 7' && !document.querySelector('.rr-secret')")
    await browser.open(link)
    await browser.until("document.querySelector('h1')?.textContent === 'Make this browser a screen'")
    await expectGood(browser, 'screen-link', pictureOf(browser))

    const wall = await opened()
    await wall.open(link)
    await wall.until("location.pathname === '/wallboard' && document.readyState === 'complete'")
    expect(await wall.evaluate("[...document.querySelectorAll('[data-rows=lines] tr')].map((row) => row.dataset.key)")).toEqual([
      'cardiology',
      'ent-adult',
    ])
    await browser.open(`${world.admin.url}screens`)
    await browser.until("document.querySelector('form[data-sure]')")
    await browser.evaluate(
      "(() => { window.confirm = () => true; setTimeout(() => document.querySelector('form[data-sure] button').click()) })()",
    )
    await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('no longer shows anything')")
    await wall.open(`${world.admin.url}wallboard`)
    await wall.until("location.pathname === '/sign-in'")
  },
)

test('the wallboard weighs less than 60 kB, its worker included', async () => {
  const world = await adminWorld()
  const visit = await fetch(`${world.admin.url}${await screenLink(world)}`, { redirect: 'manual' })
  const cookie = (visit.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const html = await (await fetch(`${world.admin.url}wallboard`, { headers: { cookie } })).text()
  const files = new Map<string, number>()
  const weigh = async (file: string) => {
    if (files.has(file)) return
    const content = Buffer.from(await (await fetch(new URL(file, world.admin.url))).arrayBuffer())
    files.set(file, gzipSync(content).length)
    for (const [, other] of content.toString('utf8').matchAll(/from '(\/assets\/[^']+)'/g)) await weigh(other ?? '')
  }
  for (const [, file] of html.matchAll(/"(\/assets\/[^"]+)"/g)) await weigh(file ?? '')
  expect(files.size).toBeGreaterThan(6)
  expect(gzipSync(html).length + [...files.values()].reduce((sum, one) => sum + one, 0)).toBeLessThan(60_000)
})
