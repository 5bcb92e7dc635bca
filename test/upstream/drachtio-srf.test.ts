import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterEach, describe, it } from 'vitest'
import { startSwitch } from '../wire/switch-under-test.js'
import { compareWithTable } from './compared.js'
import { sippInstalled, SippPhones, type PhoneRole } from './sipp-phones.js'
import { runSuite } from './suite.js'

const folder = join(dirname(createRequire(import.meta.url).resolve('drachtio-srf/package.json')), 'test')

/** The containers of the package's docker-compose file. */
const roles: readonly PhoneRole[] = [
  { name: 'sipp-uas-cancel', address: '172.29.0.12', scenario: 'uas-cancel.xml' },
  { name: 'sipp-uas', address: '172.29.0.13', scenario: 'uas.xml' },
  { name: 'sipp-uas-404', address: '172.29.0.14', scenario: 'uas-404.xml' },
  { name: 'sipp-uas-auth', address: '172.29.0.15', scenario: 'uas-auth.xml' },
  { name: 'sipp-uas-auth-register', address: '172.29.0.16', scenario: 'uas-auth-register.xml' },
  { name: 'sipp-uas-auth-register-no-realm', address: '172.29.0.17', scenario: 'uas-auth-register-no-realm.xml' },
  { name: 'sipp-uas-fast-reinvite', address: '172.29.0.20', scenario: 'uas-reinvite.xml' },
  { name: 'sipp-uas-reinvite-overlap', address: '172.29.0.21', scenario: 'uas-reinvite-overlap.xml' },
  { name: 'sipp-uas-302', address: '172.29.0.22', scenario: 'uas-302.xml' },
  { name: 'sipp-uas-prack', address: '172.29.0.23', scenario: 'uas-prack.xml' },
  { name: 'sipp-uas-bye-with-auth', address: '172.29.0.24', scenario: 'uas-bye-with-auth.xml' },
  { name: 'sipp-uas-reinvite-with-auth', address: '172.29.0.25', scenario: 'uas-reinvite-with-auth.xml' },
  { name: 'sipp-uas-407-no-auth-header', address: '172.29.0.27', scenario: 'uas-407-no-auth-header.xml' },
  { name: 'sipp-uas-200-ok-no-contact-cancel', address: '172.29.0.28', scenario: 'uas-200-ok-no-contact-cancel.xml' },
  { name: 'sipp-uas-fast-update', address: '172.29.0.29', scenario: 'uas-update-with-sdp.xml' },
  // Started by the suite itself.
  { name: 'sipp-uas-b-teardown', address: '' },
]

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** With a short T1 the wait for an ACK that never comes is 64 × 100 ms instead of 32 s. */
const suites: readonly { readonly name: string; readonly t1Ms?: number }[] = [
  { name: 'uas', t1Ms: 100 },
  { name: 'uac' },
  { name: 'b2b' },
  { name: 'reinvite-tests' },
  { name: 'refer' },
]

describe.skipIf(!sippInstalled())('the own test suite of drachtio-srf', () => {
  it.each(suites)('$name: as in the table', { timeout: 240_000 }, async ({ name, t1Ms }) => {
    const drachtio = t1Ms === undefined ? {} : { t1Ms }
    const under = await startSwitch({ drachtio })
    closing.push(() => under.embedded.stop())
    const other = await startSwitch({ drachtio })
    closing.push(() => other.embedded.stop())
    const phones = await SippPhones.start(join(folder, 'scenarios'), roles, { '172.29.0.19': other.sip })
    closing.push(() => phones.close())

    const settings = JSON.parse(readFileSync(join(folder, '../config/test.json'), 'utf8')) as Record<string, object>
    const app = (started: typeof under) => ({ host: started.where.drachtio.app.address, port: started.where.drachtio.app.port })
    const outcomes = await runSuite({
      suite: join(folder, `${name}.js`),
      folder,
      hosts: phones.hosts,
      config: {
        ...settings,
        'drachtio-sut': { ...settings['drachtio-sut'], ...app(under) },
        'drachtio-uas': { ...settings['drachtio-uas'], ...app(other) },
      },
      scenarios: phones.scenarios,
      scratch: phones.folder,
      target: under.sip,
      patience: 2,
    })
    compareWithTable(`drachtio-srf/${name}`, outcomes)
  })
})
