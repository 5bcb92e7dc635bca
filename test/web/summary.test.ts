import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { system } from '../../src/accounts/by.js'
import type { Scope } from '../../src/accounts/roles.js'
import type { CallFact } from '../../src/facts/events.js'
import { adminWorld, type AdminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'
import { expectGood } from './axe.js'
import { pictureOf } from './pictures.js'

const chromium = findChromium()

async function write(world: AdminWorld, callId: string, facts: readonly CallFact[]): Promise<void> {
  for (const fact of facts) await world.store.log.append(callId, fact)
}

const gone: readonly CallFact[] = [
  ...untilTalking('gone').slice(0, 10),
  { type: 'attempt.ended', attempt: 'gone-2', result: 'noAnswer' },
  { type: 'hunt.ended', result: 'nobody' },
  { type: 'call.ended', ending: 'unanswered' },
]

/** Two answered calls to one line, and an unanswered one to another. */
async function reported(): Promise<AdminWorld> {
  const world = await adminWorld()
  const [one = '', two = ''] = [...world.directory.lines.keys()]
  await write(world, 'one', goodCall('one', { line: one }))
  await write(world, 'two', goodCall('two', { line: one }))
  await write(
    world,
    'gone',
    gone.map((fact) => (fact.type === 'line.chosen' ? { ...fact, line: two } : fact)),
  )
  return world
}

/** The page for a person with that scope. */
async function browserOf(world: AdminWorld, scope: Scope): Promise<Browser> {
  const person = await world.accounts.addPerson(system, { name: 'Mary Lowe', email: 'mary.lowe@example.nhs.uk' })
  await world.accounts.grant(system, { person: person.id, role: 'serviceManager', scope })
  await world.accounts.signIns.setPassword(system, person.id, 'kestrel marble harbour', '')
  const browser = await Browser.start(chromium ?? '')
  onTestFinished(() => browser.close())
  await browser.open(`${world.admin.url}summary`)
  await browser.until("document.querySelector('h1')?.textContent.trim() === 'Sign in' && document.getElementById('password')")
  await browser.evaluate(
    "(() => { document.getElementById('email').value = 'mary.lowe@example.nhs.uk'; document.getElementById('password').focus() })()",
  )
  await browser.type('kestrel marble harbour\r')
  await browser.until("document.querySelector('h1')?.textContent.trim() === 'Summary'")
  return browser
}

const tile = (name: string) =>
  `[...document.querySelectorAll('.rr-tile')].find((one) => one.querySelector('dt').textContent === ${JSON.stringify(name)})?.querySelector('dd').textContent`
const rowsOf = (id: string) =>
  `[...document.querySelectorAll('[aria-labelledby=${id}] tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent.trim()))`

test.runIf(chromium)('the summary of the last twelve months has the calls’ figures, by month and line, and is accessible', async () => {
  const world = await reported()
  const browser = await browserOf(world, { kind: 'everywhere' })
  expect(await browser.evaluate(tile('Calls offered'))).toBe('3')
  expect(await browser.evaluate(tile('Answer rate'))).toBe('66.7%')
  const months = await browser.evaluate<string[][]>(rowsOf('by-month'))
  expect(months).toHaveLength(12)
  expect(months.at(-1)?.slice(1, 7)).toEqual(['3', '3', '2', '1', '0', '66.7%'])
  const lines = await browser.evaluate<string[][]>(rowsOf('by-line'))
  expect(lines.map(([, offered, answered]) => [offered, answered])).toEqual([
    ['2', '2'],
    ['1', '0'],
  ])
  expect((await browser.evaluate<string[][]>(rowsOf('when'))).flat().filter((cell) => cell === '3')).toHaveLength(1)
  await expectGood(browser, 'summary', pictureOf(browser))
  expect(gzipSync(await browser.evaluate<string>('document.documentElement.outerHTML')).length).toBeLessThan(20_000)
  // A single line.
  await browser.evaluate(
    "(() => { document.getElementById('line').value = document.getElementById('line').options[1].value; document.querySelector('.rr-filter button').click() })()",
  )
  await browser.until("location.search.startsWith('?line=')")
  await browser.until(`['1', '2'].includes(${tile('Calls offered')})`)
  expect(browser.complaints).toEqual([])
})

test.runIf(chromium)('a person who reports on one line sees only that line', async () => {
  const world = await reported()
  const two = [...world.directory.lines.keys()][1] ?? ''
  const browser = await browserOf(world, { kind: 'line', id: two })
  expect(await browser.evaluate(tile('Calls offered'))).toBe('1')
  expect(await browser.evaluate(tile('Answer rate'))).toBe('0%')
  expect(await browser.evaluate<string[][]>(rowsOf('by-line'))).toHaveLength(1)
  expect(await browser.evaluate("document.getElementById('by-organisation')")).toBeNull()
  await browser.open(`${world.admin.url}summary?line=${[...world.directory.lines.keys()][0] ?? ''}`)
  await browser.until(`document.querySelector('.rr-tile') && ${tile('Calls offered')} === '1'`)
})
