import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { header, RawPhone } from '../wire/raw-phone.js'
import { Engine, eventually, type ApiCall } from './engine.js'
import { namedServers } from './named-servers.js'
import { world } from './world.js'

/** The network of the test phones is believed in what it asserts; a second engine believes From alone. */
const believing = '127.0.0.0/8=P-Asserted-Identity Remote-Party-ID From'
const secretNumber = '01632960888'

let engine: Engine
let calls = 0

/** With the embedded switch, or with the drachtio-server and the FreeSWITCH that the environment names (`named-servers.ts`). */
async function start(env: Readonly<Record<string, string>>): Promise<Engine> {
  const servers = namedServers()
  return Engine.start({ directory, ...servers, env: { ...env, ...servers.env } })
}

/** Rings, says what the headers say, hangs up when it is answered, and waits for the record. */
async function ring(
  running: Engine,
  uri: string,
  headers: Readonly<Record<string, string>> = {},
  written = (invite: string) => invite,
): Promise<{ readonly status: number; readonly call: ApiCall | undefined }> {
  const before = new Set((await running.list()).map(({ callId }) => callId))
  const phone = await RawPhone.open(running.sip)
  try {
    calls += 1
    const own = { 'Call-ID': `identity-${calls}-${phone.port}`, ...headers }
    phone.send(written(phone.request('INVITE', { uri, headers: own, body: phone.sdp })))
    let answer = await phone.expects('SIP/2.0 ')
    while (/^SIP\/2\.0 1/.test(answer)) answer = await phone.expects('SIP/2.0 ')
    const status = Number(answer.slice(8, 11))
    const cseq = /^\d+/.exec(header(answer, 'CSeq'))?.[0] ?? '1'
    const inDialog = { 'Call-ID': own['Call-ID'], From: header(answer, 'From') }
    phone.send(
      phone.request('ACK', {
        uri,
        to: header(answer, 'To'),
        headers: { ...inDialog, CSeq: `${cseq} ACK`, ...(status < 300 ? {} : { Via: header(answer, 'Via') }) },
      }),
    )
    if (status < 300)
      phone.send(
        phone.request('BYE', {
          uri: /<([^>]+)>/.exec(header(answer, 'Contact'))?.[1] ?? uri,
          to: header(answer, 'To'),
          headers: { ...inDialog, CSeq: `${Number(cseq) + 1} BYE` },
        }),
      )
    const call = await eventually(async () => {
      const fresh = (await running.list()).find(({ callId }) => !before.has(callId))
      const record = fresh && (await running.call(fresh.callId))
      return record?.ending === undefined ? undefined : record
    }, 20_000)
    return { status, call }
  } finally {
    phone.close()
  }
}

const directory = world([{ id: 'cardiology', code: '21', rota: ['sip:ward@127.0.0.1:9'] }], [{ id: 'riverside', dialIn: '01632 960023' }])

beforeAll(async () => {
  engine = await start({ RINGROUND_CALLERS_IDENTITY: believing })
})

afterAll(async () => {
  await engine.dispose()
})

describe('a Dial-In number is found however a carrier writes it', { timeout: 120_000 }, () => {
  const host = () => engine.sip
  it.each([
    'sip:01632960023@HOST',
    'sip:1632960023@HOST',
    'sip:+441632960023@HOST;user=phone',
    'sip:+4401632960023@HOST',
    'sip:004401632960023@HOST',
    'sip:441632960023@HOST',
    'SIP:01632960023@HOST',
    'sip:%2B441632960023@HOST',
    'sip:+44-1632-960023@HOST',
    'sip:01632960023@HOST?Subject=advice',
    'sip:+441632960023;npdi;rn=+441632960999@HOST;user=phone',
    'sip:1632960023;phone-context=+44@HOST;user=phone',
    'sip:01632960023%23@HOST',
    'tel:+44-1632-960023',
    'tel:01632960023;phone-context=+44',
  ])('%s', async (form) => {
    const { status, call } = await ring(engine, form.replace('HOST', host()))
    expect(status).toBe(200)
    expect(call).toMatchObject({ organisation: 'riverside', line: 'cardiology' })
    expect(call?.dialledNumber).toMatch(/^[\d+#]+$/)
  })

  it('and another number is refused', async () => {
    expect((await ring(engine, `sip:1632960024@${host()}`)).status).toBe(404)
  })
})

describe('who calls', { timeout: 120_000 }, () => {
  const number = async (headers: Readonly<Record<string, string>>, running = engine) =>
    (await ring(running, `sip:01632960023@${running.sip}`, headers)).call?.callerNumber

  it('is what their network asserts, where it is believed in it', async () => {
    const from = { From: '"Elm" <sip:01632960101@carrier.example>;tag=1' }
    expect(await number({ ...from, 'P-Asserted-Identity': '"Elm, Row" <sip:+441632960202@carrier.example;user=phone>' })).toBe(
      '+441632960202',
    )
    expect(await number({ ...from, 'P-Asserted-Identity': '<sip:elm@carrier.example>, <tel:+44-1632-960202>' })).toBe('+441632960202')
    expect(
      await number({ ...from, 'Remote-Party-ID': '"Elm" <sip:01632960303@carrier.example>;party=calling;screen=yes;privacy=off' }),
    ).toBe('01632960303')
    expect(await number(from)).toBe('01632960101')
  })

  it('is not, where it is withheld: it is in no list, fact, log or file, and counted by a hash of its own', async () => {
    const asserted = { 'P-Asserted-Identity': `<sip:${secretNumber}@carrier.example>` }
    const withheld: readonly Readonly<Record<string, string>>[] = [
      { ...asserted, From: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1', Privacy: 'id' },
      { ...asserted, From: `<sip:${secretNumber}@carrier.example>;tag=1`, Privacy: 'user;id;critical' },
      { ...asserted, From: '"Unavailable" <sip:UNAVAILABLE@carrier.example>;tag=1' },
      { ...asserted, From: `"Private Number" <sip:${secretNumber}@carrier.example>;tag=1` },
      {
        From: `<sip:${secretNumber}@carrier.example>;tag=1`,
        'Remote-Party-ID': `<sip:${secretNumber}@carrier.example>;party=calling;privacy="full"`,
      },
      { From: '<sip:Restricted@carrier.example>;tag=1' },
    ]
    const seen: ApiCall[] = []
    for (const headers of withheld) {
      const { call } = await ring(engine, `sip:01632960023@${engine.sip}`, headers)
      expect(call?.callerNumber).toBe('')
      if (call) seen.push(call)
    }
    const other = await ring(engine, `sip:01632960023@${engine.sip}`, {
      From: '<sip:anonymous@anonymous.invalid>;tag=1',
      'P-Asserted-Identity': '<sip:01632960889@carrier.example>',
      Privacy: 'id',
    })
    expect(JSON.stringify(seen)).not.toMatch(/960888|withheld:/)
    expect(engine.log).not.toContain('960888')
    const database = new Database(join(engine.folder, 'data', 'ringround.db'))
    const facts = database.prepare("select call_id, data from call_events where type = 'call.arrived'").all() as {
      readonly call_id: string
      readonly data: string
    }[]
    database.close()
    const account = (callId: string | undefined) =>
      (JSON.parse(facts.find((fact) => fact.call_id === callId)?.data ?? '{}') as { readonly callerAccount?: string }).callerAccount
    const accounts = seen.map(({ callId }) => account(callId))
    expect(new Set(accounts.slice(0, 5)).size).toBe(1)
    expect(accounts[0]).toMatch(/^withheld:[0-9a-f]+$/)
    expect(accounts[5]).toBeUndefined()
    expect(account(other.call?.callId)).toMatch(/^withheld:/)
    expect(account(other.call?.callId)).not.toBe(accounts[0])
    for (const file of readdirSync(join(engine.folder, 'data')))
      if (/^ringround/.test(file)) expect(readFileSync(join(engine.folder, 'data', file)).includes('960888')).toBe(false)
  })

  it('is told in compact forms, over several lines, in several headers of one name and in any case as well', async () => {
    const from = { From: '"Elm" <sip:01632960101@carrier.example>;tag=1' }
    const uri = `sip:01632960023@${engine.sip}`
    const told = async (headers: Readonly<Record<string, string>>, written: (invite: string) => string) =>
      (await ring(engine, uri, headers, written)).call?.callerNumber
    expect(await told(from, (invite) => invite.replace('From:', 'f:').replace('Call-ID:', 'i:').replace('To:', 't:'))).toBe('01632960101')
    expect(await told(from, (invite) => invite.replace('From: "Elm"', 'FROM : "Elm"\r\n '))).toBe('01632960101')
    expect(
      await told({ ...from, 'P-Asserted-Identity': '<sip:elm@carrier.example>' }, (invite) =>
        invite.replace('Contact:', 'p-asserted-identity: <tel:+441632960202>\r\nContact:'),
      ),
    ).toBe('+441632960202')
    expect(await told(from, (invite) => invite.replace('Contact:', 'PRIVACY: critical;id\r\nContact:'))).toBe('')
  })

  it('is what From says, to an engine that was told to believe nobody in more', async () => {
    // A drachtio-server would share the calls out between two engines.
    await engine.dispose()
    const strict = await start({})
    try {
      expect(
        await number(
          { From: '<sip:01632960101@carrier.example>;tag=1', 'P-Asserted-Identity': '<sip:+441632960202@carrier.example>' },
          strict,
        ),
      ).toBe('01632960101')
      expect(
        await number(
          { From: '<sip:anonymous@anonymous.invalid>;tag=1', 'P-Asserted-Identity': '<sip:+441632960202@carrier.example>' },
          strict,
        ),
      ).toBe('')
    } finally {
      await strict.dispose()
    }
  })
})
