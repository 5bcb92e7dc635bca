import { expect, test } from 'vitest'
import { keyPairOf } from '../../src/outbox/push/key-pair.js'
import { PushBook } from '../../src/outbox/push/book.js'
import { adminWorld } from '../keeping/admin-world.js'
import { findChromium } from '../keeping/browser.js'
import { pushService } from '../outbox/push-service.js'
import { expectGood } from './axe.js'
import { tabTo } from './keyboard.js'
import { pictureOf } from './pictures.js'
import { signedIn } from './signed-in.js'
import { visitor } from './visitor.js'

const chromium = findChromium()
const okafor = { role: 'clinician', clinician: 'dr-okafor', scope: { kind: 'organisation', id: 'st-brides' } } as const
const pair = keyPairOf(Buffer.alloc(32, 7))

/** Pages with notices to browsers, and a push service. @param publicKey rejects: the keys are unavailable */
async function world(publicKey = () => Promise.resolve(pair.publicKey)) {
  const service = await pushService(pair.publicKey)
  const admin = await adminWorld({ push: { services: [service.origin], publicKey } })
  return { admin, service, book: new PushBook({ db: admin.store.tables.writing, now: () => Date.now() }) }
}

test('each browser has its own subscription; it ends with its session; choices hold for the person', async () => {
  const { admin, service, book } = await world()
  const [here, there] = [await visitor(admin, okafor), await visitor(admin, { ...okafor, clinician: 'dr-hughes' })]
  expect((await here.get('/pocket')).text).toContain('href="/account/notices"')
  const place = { ...service.subscribe() }
  expect((await here.post('/account/notices/on', place)).location).toBe('/account/notices?done=noticesOn')
  expect((await here.get('/account/notices')).text).toContain('Notices are on until you sign out')
  expect((await there.get('/account/notices')).text).toContain('Notices are off')
  // Another person in the same browser: it gets their notices, and none of the previous person's.
  expect((await there.post('/account/notices/on', place)).location).toBe('/account/notices?done=noticesOn')
  expect([...(await book.all()).keys()]).toEqual([there.id])
  expect((await there.post('/account/notices', { kind: 'onSoon' })).location).toBe('/account/notices?done=wishesKept')
  expect([...(await book.wishes(there.id))]).toEqual(['onSoon'])
  expect([...(await book.wishes(here.id))].sort()).toEqual(['callBackDue', 'onSoon', 'outcomeOpen'])
  // They may not get alarms.
  expect((await there.get('/account/notices')).text).not.toContain('A critical or major alarm')
  await there.post('/sign-out', {})
  expect([...(await book.all()).keys()]).toEqual([])
  expect((await here.post('/account/notices/off', {})).location).toBe('/account/notices?done=noticesOff')
})

test('an address of no push service is refused, and nothing is stored', async () => {
  const { admin, service, book } = await world()
  const clinician = await visitor(admin, okafor)
  for (const endpoint of ['https://10.0.0.1/', 'http://127.0.0.1:1/', 'https://fcm.googleapis.com/x', '']) {
    const { status, text } = await clinician.post('/account/notices/on', { ...service.subscribe(), endpoint })
    expect([status, text]).toEqual([422, expect.stringContaining('is not one that Ringround sends to')])
  }
  expect((await book.all()).size).toBe(0)
})

test('without the keys of the service nobody turns them on; without a setting there is no such page', async () => {
  const { admin } = await world(() => Promise.reject(new Error('no master key')))
  expect((await (await visitor(admin, okafor)).get('/account/notices')).text).toContain('Notices cannot be turned on now')
  const without = await adminWorld()
  const clinician = await visitor(without, okafor)
  expect((await clinician.get('/account/notices')).status).toBe(404)
  for (const path of ['/pocket', '/account']) expect((await clinician.get(path)).text).not.toContain('/account/notices')
})

test.runIf(chromium)(
  'turned on only by a button; a notice is shown once, knows its page, and is stored nowhere',
  { timeout: 240_000 },
  async () => {
    const { admin, service, book } = await world()
    const browser = await signedIn(admin, okafor, 'account/notices', 'Notices')
    await browser.until("document.getElementById('on')?.hidden === false")
    await expectGood(browser, 'notices-off', pictureOf(browser))
    // Chromium's own push service is out of reach: the test delivers its message.
    const place = service.subscribe()
    await browser.before(
      `window.asked = []; Notification.requestPermission = () => { asked.push('permission'); return Promise.resolve('granted') }; PushManager.prototype.subscribe = (options) => { asked.push(options); return Promise.resolve({ toJSON: () => (${JSON.stringify({ endpoint: place.endpoint, keys: { p256dh: place.p256dh, auth: place.auth } })}) }) }`,
    )
    await browser.open(`${admin.admin.url}account/notices`)
    await browser.until("document.readyState === 'complete' && document.getElementById('on')?.hidden === false && window.asked")
    expect(await browser.evaluate('asked')).toEqual([])
    await tabTo(browser, 'Turn on in this browser')
    await browser.type('\r')
    await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('will now show you notices')")
    await expectGood(browser, 'notices-on', pictureOf(browser))
    expect([...(await book.all()).values()].flat()).toMatchObject([place])

    await browser.mayNotify(new URL(admin.admin.url).origin)
    const shown =
      'navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) => all.map(({ title, body, tag, data }) => ({ title, body, tag, path: data.path })))'
    const notice = { title: 'You are on at 13:00', body: 'Cardiology', tag: 'on cardiology 1', path: '/pocket' }
    for (let times = 0; times < 2; times++) await browser.push(admin.admin.url, JSON.stringify(notice))
    await browser.push(admin.admin.url, JSON.stringify({ ...notice, tag: 'on ent 1', body: 'ENT' }))
    await expect.poll(() => browser.evaluate(shown), { timeout: 60_000 }).toHaveLength(2)
    expect(await browser.evaluate(shown)).toEqual(expect.arrayContaining([notice, { ...notice, tag: 'on ent 1', body: 'ENT' }]))
    expect(
      await browser.evaluate(
        '(async () => { const found = []; for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) found.push(await (await caches.match(url)).text()); return found.some((text) => text.includes("You are on at 13:00")) || JSON.stringify(localStorage).includes("13:00") })()',
      ),
    ).toBe(false)

    await tabTo(browser, 'Turn off in this browser')
    await browser.type('\r')
    await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('no longer show you notices')")
    expect((await book.all()).size).toBe(0)
    expect(browser.complaints).toEqual([])
  },
)
