import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { settingRows } from '../config/settings.js'

const file = (name: string): string => readFileSync(fileURLToPath(new URL(`../../docker/${name}`, import.meta.url)), 'utf8')
const freeswitch = file('freeswitch/freeswitch.xml')
const drachtio = file('drachtio/drachtio.conf.xml')
const text = file('docker-compose.yml')

interface Service {
  readonly user: string
  readonly environment: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
}
const { services } = parse(text) as { readonly services: Readonly<Record<'drachtio' | 'freeswitch' | 'ringround', Service>> }

const param = (name: string) => new RegExp(`<param name="${name}" value="([^"]*)"/>`).exec(freeswitch)?.[1]
const global = (name: string) => new RegExp(`cmd="set" data="${name}=([^"]*)"`).exec(freeswitch)?.[1]

describe('what docker/ starts', () => {
  it.each([
    ['enable-3pcc', 'true'],
    ['auth-calls', 'false'],
    ['apply-inbound-acl', 'engines'],
    ['inbound-codec-prefs', 'PCMA,PCMU'],
    ['context', 'mrf'],
  ])('FreeSWITCH has %s %s', (name, value) => expect(param(name)).toBe(value))

  it.each([
    ['rtp_secure_media_inbound', 'forbidden'],
    ['disable_rtp_auto_adjust', 'true'],
  ])('FreeSWITCH has the global variable %s %s', (name, value) => expect(global(name)).toBe(value))

  it('FreeSWITCH’s configuration reads every variable that it is given', () => {
    const read = [...freeswitch.matchAll(/(?:cmd="env-set" data="\w+=\$|printenv )(\w+)/g)].map(([, name]) => name)
    expect(read.length).toBeGreaterThan(10)
    expect(read).toEqual(expect.arrayContaining(Object.keys(services.freeswitch.environment)))
  })

  it('without a set password FreeSWITCH gets a random one', () =>
    expect(freeswitch).toMatch(/data="event_socket_password=printenv FREESWITCH_SECRET \| grep \. \|\| head -c 24 \/dev\/urandom/))

  it('every variable given to the engine is one of its settings', () => {
    const known = new Set<string>(Object.values(settingRows).map(({ env }) => env))
    expect(Object.keys(services.ringround.environment).filter((name) => !known.has(name))).toEqual([])
  })

  it('nothing starts without secrets, and all three are one user, who shares the folders at one path', () => {
    expect(text).toContain('${DRACHTIO_SECRET:?')
    expect(text).toContain('${FREESWITCH_SECRET:?')
    expect(new Set(Object.values(services).map(({ user }) => user)).size).toBe(1)
    for (const folder of ['/srv/ringround/data', '/srv/ringround/prompts']) {
      for (const service of [services.freeswitch, services.ringround])
        expect(service.volumes.some((volume) => volume.split(':')[1] === folder)).toBe(true)
    }
  })

  it('drachtio-server listens for the engine on loopback', () => expect(drachtio).toMatch(/<admin port="9022"[^>]*>127\.0\.0\.1<\/admin>/))
})
