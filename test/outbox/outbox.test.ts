import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { systemClock } from '../../src/clock/system-clock.js'
import { letters } from '../../src/outbox/letters.js'
import { smtpMail } from '../../src/outbox/mail.js'
import type { KeptMessage, Message } from '../../src/outbox/message.js'
import { watchOccasions } from '../../src/outbox/occasions.js'
import { Outbox } from '../../src/outbox/outbox.js'
import { byMail, Sender } from '../../src/outbox/sender.js'
import { openStore } from '../../src/store/store.js'
import { freePort } from '../e2e/free-ports.js'
import { MonthSums } from '../../src/reports/month-sums.js'
import { adminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { translated } from '../keeping/translated.js'
import { goodCall } from '../kit/sample-call.js'
import { expectGood } from '../web/axe.js'
import { pictureOf } from '../web/pictures.js'
import { mailServer } from './mail-server.js'

const from = 'Ringround <advice@example.nhs.uk>'
const letter = {
  to: 'mary.lowe@example.nhs.uk',
  subject: 'A message – with “quotes”',
  text: 'Good morning.\n.\nA line that is a dot.',
  html: '<p>Good morning.</p>',
}

test('a letter goes by SMTP as it was written, under its own Message-ID', async () => {
  const server = await mailServer()
  const mail = await smtpMail(server.url.replace('smtp://', 'smtp://ringround:right@'), from)
  onTestFinished(() => mail.close())
  expect(await mail.send(letter, 'one')).toEqual({ kind: 'sent' })
  expect(server.received).toMatchObject([{ to: ['mary.lowe@example.nhs.uk'], messageId: '<one@example.nhs.uk>' }])
  expect(server.received[0]?.text).toMatch(/^auto-submitted: auto-generated/im)
  expect(server.received[0]?.text).toContain('A line that is a dot.')
})

test('what the server refuses for good is told from what may go later', async () => {
  const server = await mailServer()
  const mail = await smtpMail(server.url, from)
  onTestFinished(() => mail.close())
  server.says({ code: 550, text: 'no such mailbox' })
  expect(await mail.send(letter, 'one')).toMatchObject({ kind: 'refused', why: expect.stringContaining('no such mailbox') as string })
  server.says({ code: 451, text: 'come back later' })
  expect(await mail.send(letter, 'two')).toMatchObject({ kind: 'failed', why: expect.stringContaining('come back later') as string })
  const stranger = await smtpMail(server.url.replace('smtp://', 'smtp://ringround:wrong@'), from)
  onTestFinished(() => stranger.close())
  // A password is put right, and the message goes then.
  expect(await stranger.send(letter, 'three')).toMatchObject({ kind: 'failed' })
  const nobody = await smtpMail(`smtp://127.0.0.1:${await freePort()}`, from)
  onTestFinished(() => nobody.close())
  expect(await nobody.send(letter, 'four')).toMatchObject({ kind: 'failed' })
})

test('a subject or an address cannot put in headers or recipients of its own', async () => {
  const server = await mailServer()
  const mail = await smtpMail(server.url, from)
  onTestFinished(() => mail.close())
  await mail.send(
    { to: 'mary.lowe@example.nhs.uk', subject: 'One\r\nBcc: everybody@example.nhs.uk\r\n\r\nTwo', text: 'x', html: '<p>x</p>' },
    'one',
  )
  expect(server.received.map(({ to }) => to)).toEqual([['mary.lowe@example.nhs.uk']])
  expect(server.received[0]?.text).not.toMatch(/^bcc:/im)
})

test(
  'engines that are killed at any instant lose no message; what goes twice goes under one Message-ID',
  { timeout: 300_000 },
  async () => {
    const program = await translated('test/outbox/engine-that-mails.ts', ['src/store/sqlite/database-thread.ts'])
    const server = await mailServer()
    const file = join(scratchFolder(), 'calls.db')
    const put: string[] = []
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, [program, file, String(round), server.url], { stdio: ['ignore', 'pipe', 'inherit'] })
      const exited = once(child, 'exit')
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
      await expect.poll(() => said.split('\n').length, { timeout: 60_000 }).toBeGreaterThan(10 + round * 7)
      child.kill('SIGKILL')
      await exited
      put.push(
        ...said
          .split('\n')
          .slice(0, -1)
          .map((line) => line.replace('put ', '')),
      )
    }
    // The last one has time to send what is left.
    const store = await openStore({ file, alarms: new AlarmBoard() })
    onTestFinished(() => store.close())
    const now = () => Date.now() + 60 * 60_000
    const outbox = new Outbox({ tables: store.tables, now })
    const sender = new Sender({
      outbox,
      carrier: byMail(await smtpMail(server.url, from), ({ person }) =>
        Promise.resolve({ to: `${person}@example.nhs.uk`, subject: 'A message', text: person, html: `<p>${person}</p>` }),
      ),
      alarms: new AlarmBoard(),
      clock: { ...systemClock, now },
    })
    onTestFinished(() => sender.close())
    const arrived = () => new Set(server.received.flatMap(({ to }) => to.map((one) => one.split('@')[0] ?? '')))
    await expect.poll(() => put.filter((person) => !arrived().has(person)), { timeout: 120_000 }).toEqual([])
    const ids = new Map<string, Set<string>>()
    for (const { to, messageId } of server.received) ids.set(to[0] ?? '', (ids.get(to[0] ?? '') ?? new Set()).add(messageId))
    expect([...ids.values()].every((one) => one.size === 1)).toBe(true)
    // At most what was in hand at each kill went twice.
    expect(server.received.length - ids.size).toBeLessThanOrEqual(4)
  },
)

async function world() {
  const admin = await adminWorld()
  const { outbox } = admin
  const mary = await admin.accounts.addPerson(system, { name: 'Mary Lowe', email: 'mary.lowe@example.nhs.uk' })
  const letterOf = letters({
    accounts: admin.accounts,
    sums: new MonthSums(admin.store),
    directory: () => admin.directory,
    url: () => 'https://advice.example.nhs.uk',
  })
  const message = (one: Message, person = mary.id): KeptMessage => ({
    id: 'x',
    person,
    message: one,
    state: 'sending',
    createdAt: 0,
    dueAt: 0,
    tries: 1,
  })
  return { admin, outbox, mary, letterOf, message }
}

test('a link in a letter signs in, and stands nowhere in the store', async () => {
  const { admin, mary, letterOf, message } = await world()
  const written = await letterOf(message({ kind: 'signInLink', by: mary.id }))
  expect(written).toMatchObject({ to: 'mary.lowe@example.nhs.uk', subject: 'Your link to sign in to Ringround' })
  const secret = /https:\/\/advice\.example\.nhs\.uk\/sign-in\/link\/(\S+)/.exec(written?.text ?? '')?.[1] ?? ''
  expect(JSON.stringify(await admin.store.tables.reading.selectFrom('sign_in_links').selectAll().execute())).not.toContain(secret)
  expect(await admin.accounts.signIns.byLink(secret, { address: '', userAgent: '' })).toMatchObject({ kind: 'in' })
  await admin.accounts.disable(system, mary.id)
  expect(await letterOf(message({ kind: 'signInLink', by: mary.id }))).toBeUndefined()
})

test('the figures of a month are those of the lines that somebody reports on; without any, nothing is sent', async () => {
  const { admin, mary, letterOf, message } = await world()
  const [one = '', two = ''] = [...admin.directory.lines.keys()]
  for (const fact of goodCall('one', { line: one })) await admin.store.log.append('one', fact)
  for (const fact of goodCall('two', { line: two })) await admin.store.log.append('two', fact)
  const [row] = await admin.store.rollUps({ from: '2000-01', to: '2999-12', scope: 'line' })
  const month = row?.month ?? ''
  expect(await letterOf(message({ kind: 'summary', month }))).toBeUndefined()
  const grant = await admin.accounts.grant(system, { person: mary.id, role: 'serviceManager', scope: { kind: 'line', id: one } })
  const some = (await letterOf(message({ kind: 'summary', month })))?.text ?? ''
  expect(some).toContain(`- ${admin.directory.lines.get(one)?.name ?? ''}: 1 of 1 call answered (100%)`)
  expect(some).not.toContain(admin.directory.lines.get(two)?.name ?? '?')
  await admin.accounts.endGrant(system, mary.id, grant.id)
  await admin.accounts.grant(system, { person: mary.id, role: 'serviceManager', scope: { kind: 'everywhere' } })
  expect((await letterOf(message({ kind: 'summary', month })))?.text).toContain('2 of 2 calls answered')
})

test('the figures of a month are read once, for however many get them, and again once they are others', async () => {
  const { admin, mary } = await world()
  const [line = ''] = [...admin.directory.lines.keys()]
  for (const fact of goodCall('one', { line })) await admin.store.log.append('one', fact)
  const [row] = await admin.store.rollUps({ from: '2000-01', to: '2999-12', scope: 'line' })
  const month = row?.month ?? ''
  await admin.accounts.grant(system, { person: mary.id, role: 'serviceManager', scope: { kind: 'everywhere' } })
  let read = 0
  const letterOf = letters({
    accounts: admin.accounts,
    sums: new MonthSums({
      monthChanges: (months) => admin.store.monthChanges(months),
      monthSums: (asked) => {
        if (asked.month === month) read++
        return admin.store.monthSums(asked)
      },
    }),
    directory: () => admin.directory,
    url: () => 'https://advice.example.nhs.uk',
  })
  const sent = async () =>
    (await letterOf({ id: 'x', person: mary.id, message: { kind: 'summary', month }, state: 'sending', createdAt: 0, dueAt: 0, tries: 1 }))
      ?.text
  for (let recipient = 0; recipient < 5; recipient++) expect(await sent()).toContain('1 of 1 call answered')
  expect(read).toBe(1)
  for (const fact of goodCall('two', { line })) await admin.store.log.append('two', fact)
  expect(await sent()).toContain('2 of 2 calls answered')
  expect(read).toBe(2)
})

test.runIf(findChromium())(
  'the figures of a month are read as plain text or as HTML, which say the same and keep nobody out',
  { timeout: 240_000 },
  async () => {
    const { admin, mary, letterOf, message } = await world()
    const [line = ''] = [...admin.directory.lines.keys()]
    for (const fact of goodCall('one', { line })) await admin.store.log.append('one', fact)
    await admin.accounts.grant(system, { person: mary.id, role: 'serviceManager', scope: { kind: 'everywhere' } })
    const [row] = await admin.store.rollUps({ from: '2000-01', to: '2999-12', scope: 'line' })
    const letter = await letterOf(message({ kind: 'summary', month: row?.month ?? '' }))
    const html = letter?.html ?? ''
    // Nothing is loaded, and nothing is said of a patient or a caller.
    expect(html).not.toMatch(/<(img|script|link|iframe)|url\(|src=/i)
    for (const text of [html, letter?.text ?? '']) expect(text).not.toMatch(/\+?\d{9,}|9434765919/)
    expect(html).toContain(admin.directory.lines.get(line)?.name ?? '?')
    const file = join(scratchFolder(), 'letter.html')
    writeFileSync(file, html)
    const browser = await Browser.start(findChromium() ?? '')
    onTestFinished(() => browser.close())
    await browser.open(`file://${file}`)
    await browser.until("document.querySelector('table')")
    await expectGood(browser, 'letter', pictureOf(browser))
    expect(await browser.evaluate("[...document.querySelectorAll('thead th')].map((one) => one.scope)")).toEqual(['col', 'col', 'col'])
  },
)

test('a name in a letter stays a name, whatever letters it has', async () => {
  const { admin, letterOf, message } = await world()
  const odd = await admin.accounts.addPerson(system, { name: '<b>Sam & "Co"</b>', email: 'sam@example.nhs.uk' })
  const letter = await letterOf(message({ kind: 'test' }, odd.id))
  expect(letter?.html).toContain('Hello &lt;b&gt;Sam &amp; &quot;Co&quot;&lt;/b&gt;,')
  expect(letter?.text).toContain('Hello <b>Sam & "Co"</b>,')
})

test('alarms go to whoever wants them and may see them, once however often they come', async () => {
  const { admin, outbox, mary } = await world()
  const stranger = await admin.accounts.addPerson(system, { name: 'Sam Field', email: 'sam.field@example.nhs.uk' })
  await admin.accounts.grant(system, { person: mary.id, role: 'operations', scope: { kind: 'everywhere' } })
  for (const { id } of [mary, stranger]) await outbox.subscribe(id, 'alarms', true)
  const alarms = new AlarmBoard()
  const end = watchOccasions({
    outbox,
    accounts: admin.accounts,
    alarms,
    directory: () => admin.directory,
    clock: systemClock,
    trouble: (error) => expect.fail(String(error)),
  })
  for (let times = 0; times < 3; times++) {
    alarms.raise('store.diskFull', 'no room')
    alarms.raise('store.diskFull', 'still no room')
    alarms.clear('store.diskFull')
  }
  alarms.raise('mail.notSent', 'of low urgency')
  await end()
  expect((await outbox.page(10)).map(({ person, message }) => [person, message.kind === 'alarm' ? message.alarm : ''])).toEqual([
    [mary.id, 'store.diskFull'],
  ])
})

const chromium = findChromium()

test.runIf(chromium)('the page says what became of each message, stops one and sends one again', { timeout: 240_000 }, async () => {
  const admin = await adminWorld({ mailing: 'sent' })
  const { outbox } = admin
  const person = await admin.accounts.addPerson(system, { name: 'Mary Lowe', email: 'mary.lowe@example.nhs.uk' })
  for (const message of [
    { kind: 'invitation', by: 'x' },
    { kind: 'alarm', alarm: 'store.diskFull', raisedAt: 0 },
    { kind: 'summary', month: '2026-02' },
  ] as const)
    await outbox.put(person.id, message)
  const failed = await outbox.take()
  if (failed) await outbox.failed(failed, '550 no such mailbox', true)
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  await browser.open(await admin.wayIn())
  await browser.until("document.readyState === 'complete' && !location.pathname.startsWith('/sign-in')")
  await browser.open(`${admin.admin.url}outbox`)
  await browser.until("document.querySelectorAll('tbody tr').length === 3")
  await expectGood(browser, 'outbox', pictureOf(browser))
  expect(await browser.evaluate("document.querySelector('tbody').textContent")).toContain('550 no such mailbox')
  const press = (what: string) =>
    browser.evaluate(`[...document.querySelectorAll('tbody button')].find((one) => one.textContent.startsWith('${what}')).click()`)
  await press('Stop')
  await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('stopped')")
  await press('Send now')
  await browser.until("document.querySelector('.nhsuk-notification-banner')?.textContent.includes('is being sent')")
  await browser.open(`${admin.admin.url}outbox?state=failed`)
  await browser.until("document.querySelectorAll('tbody tr').length === 1")
  expect(browser.complaints).toEqual([])
})

test('whoever asks for a link is told the same, known or not, and cannot fill a mailbox', { timeout: 120_000 }, async () => {
  const admin = await adminWorld({ mailing: 'sent' })
  const { outbox } = admin
  const person = await admin.accounts.addPerson(system, { name: 'Mary Lowe', email: 'mary.lowe@example.nhs.uk' })
  const ask = (email: string) =>
    fetch(`${admin.admin.url}sign-in/send-link`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ email }),
      headers: { 'sec-fetch-site': 'same-origin' },
    })
  const [known, unknown] = [await ask('Mary.Lowe@example.nhs.uk'), await ask('nobody@example.nhs.uk')]
  expect([known.status, known.headers.get('location')]).toEqual([unknown.status, unknown.headers.get('location')])
  expect(known.headers.get('location')).toBe('/sign-in?done=linkAsked')
  const statuses: number[] = []
  for (let n = 0; n < 8; n++) statuses.push((await ask('mary.lowe@example.nhs.uk')).status)
  expect(statuses.at(-1)).toBe(422)
  expect(await outbox.page(20)).toMatchObject([{ person: person.id, message: { kind: 'signInLink' } }])
})
