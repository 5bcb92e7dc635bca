import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, it } from 'vitest'
import { startSwitch } from '../wire/switch-under-test.js'
import { compareWithTable } from './compared.js'
import { runSuite } from './suite.js'

const folder = join(dirname(createRequire(import.meta.url).resolve('drachtio-fsmrf/package.json')), 'test')

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

describe('the own test suite of drachtio-fsmrf', () => {
  it.each(['mediaserver', 'endpoint'])('%s: as in the table', { timeout: 240_000 }, async (name) => {
    // One pair of servers is under test, the other is the caller's.
    const under = await startSwitch(name === 'mediaserver' ? { freeswitch: { profile: 'custom_drachtio_mrf' } } : {})
    closing.push(() => under.embedded.stop())
    const caller = await startSwitch()
    closing.push(() => caller.embedded.stop())
    const scratch = mkdtempSync(join(tmpdir(), 'ringround-upstream-'))
    closing.push(() => rmSync(scratch, { recursive: true, force: true }))

    const drachtio = ({ where }: typeof under) => ({ host: where.drachtio.app.address, port: where.drachtio.app.port, secret: 'cymru' })
    const freeswitch = ({ where }: typeof under) => ({ ...where.freeswitch.eventSocket, secret: 'ClueCon' })
    const settings = JSON.parse(readFileSync(join(folder, '../config/test.json'), 'utf8')) as Record<string, object>
    const outcomes = await runSuite({
      suite: join(folder, `${name}.js`),
      folder,
      hosts: {
        // There it is looked for below the media server's own folder of sounds.
        'voicemail/8000/vm-record_message.wav': join(folder, 'sounds/en/us/callie/voicemail/8000/vm-record_message.wav'),
        '/tmp/endpoint_record.wav': join(scratch, 'endpoint_record.wav'),
        '/tmp/endpoint_record2.wav': join(scratch, 'endpoint_record2.wav'),
      },
      config: {
        ...settings,
        'drachtio-uac': drachtio(caller),
        'freeswitch-uac': freeswitch(caller),
        'drachtio-sut': drachtio(under),
        'freeswitch-sut': freeswitch(under),
        'freeswitch-custom-profile-uac': { ...settings['freeswitch-custom-profile-uac'], ...freeswitch(under) },
        'call-generator': { uri: `sip:${under.sip}`, drachtio: drachtio(caller), freeswitch: freeswitch(caller) },
      },
      scenarios: folder,
      scratch,
      target: under.sip,
      patience: 2,
    })
    compareWithTable(`drachtio-fsmrf/${name}`, outcomes)
  })
})
