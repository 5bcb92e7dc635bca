import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { TestTrunk, type TrunkInvite } from '../contract/phone/trunk.js'
import { delay, Engine, eventually, startAndFail } from './engine.js'
import { world } from './world.js'

const tap = pathToFileURL(join(import.meta.dirname, 'traffic-tap.mjs')).href

let engine: Engine | undefined
const trunks: TestTrunk[] = []
const phones: TestPhone[] = []

afterEach(async () => {
  for (const phone of phones.splice(0)) phone.close()
  for (const trunk of trunks.splice(0)) trunk.close()
  await engine?.dispose()
  engine = undefined
})

/** A trunk that refuses every call as engaged, unless told otherwise. */
async function trunk(): Promise<TestTrunk> {
  const opened = await TestTrunk.open()
  opened.onInvite = (invite) => invite.reply(486)
  trunks.push(opened)
  return opened
}

async function phone(): Promise<TestPhone> {
  const opened = await TestPhone.open()
  phones.push(opened)
  return opened
}

/** All that the engine and its switch have sent, over TCP and UDP. */
function tapped(): { readonly env: Readonly<Record<string, string>>; readonly sent: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-tap-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return {
    env: { NODE_OPTIONS: `--import ${tap}`, RINGROUND_TEST_TAP: folder },
    sent: () =>
      readdirSync(folder)
        .map((name) => readFileSync(join(folder, name), 'utf8'))
        .join('\n'),
  }
}

async function dials(running: Engine, number: string, from?: string): Promise<PhoneCall> {
  return (await phone()).call(`sip:${number}@${running.sip}`, from === undefined ? {} : { from })
}

const settled = (running: Engine, dialled: string) => running.callTo(dialled, (call) => call.ending !== undefined, 20_000)

describe('what must not be dialled', { timeout: 90_000 }, () => {
  it('is not, though it stands on a rota: nothing leaves for the trunk, the record says why, and those who may be rung are rung', async () => {
    const main = await trunk()
    const { env, sent } = tapped()
    // All of these are numbers that exist, as a rota may hold them.
    const forbidden = [
      '+44 909 879 0000',
      '0871 234 5678',
      '0845 123 4567',
      '+1 212 555 2368',
      '0044 1534 600600',
      '07797 712345',
      '+353 1 679 6555',
      '070 1234 5678',
    ]
    const readable = [...forbidden, '01632 960123']
    engine = await Engine.start({
      directory: world([
        { id: 'premium', code: '21', number: '4000', rota: readable },
        {
          id: 'round-about',
          code: '22',
          number: '4001',
          rota: [`sip:09098790000@127.0.0.1:${main.port}`, `sip:999@127.0.0.1:${main.port};transport=udp`],
        },
      ]),
      env: { ...env, RINGROUND_TRUNKS: `main=${main.address}` },
    })
    // Noticed before a caller waits for it.
    expect(await (await engine.get('/readyz')).text()).toMatch(
      /directory\.notDialable.*10 telephones of the directory are never rung: premium phone 1 \(rota of premium\): outside the ranges/,
    )
    await dials(engine, '4000')
    const call = await settled(engine, '4000')
    expect(call.attempts.map(({ result }) => result)).toEqual([...Array<string>(8).fill('failed'), 'busy'])
    const reasons = call.events.filter(({ type }) => type === 'attempt.ended').map((event) => event['reason'])
    expect(reasons.slice(0, 8).every((reason) => /^outside the ranges that may be dialled/.test(String(reason)))).toBe(true)
    expect(main.invites.map(({ dialled }) => dialled)).toEqual(['+441632960123'])

    await dials(engine, '4001')
    const round = await settled(engine, '4001')
    expect(round.attempts.map(({ result }) => result)).toEqual(['failed', 'failed'])
    expect(main.invites).toHaveLength(1)

    // Not a byte of it on any wire: SIP, drachtio's protocol, the event socket.
    for (const digits of ['9098790000', '8712345678', '8451234567', '2125552368', '1534600600', '7797712345', '16796555', '7012345678'])
      expect(sent()).not.toContain(digits)
    expect(sent()).toContain('+441632960123')
    expect(sent()).not.toMatch(/sip:999@/)
    expect(engine.log).toMatch(/"level":50.*"what":"dial".*\+4490\.\.\.00 for \\"premium\\": outside the ranges/)
    await engine.stop()
  })

  it('does not get onto a rota: every such target is named with its line', async () => {
    const numbers = [
      '999',
      '112',
      '118 118',
      '01632 960123;ext=1',
      '01632 960123@evil.example',
      '+٤٤1632960123',
      '01632 960123,,9',
      '01632%200960123',
      '${system(id)}',
      '{a=b}01632960123',
      '[a=b]01632960123',
      '01632960123|0909879000',
      '01632960123&0909879000',
      '01632960123^^',
      'sofia/external/999@x',
      'tel:+441632960123',
      '<sip:ward@10.0.0.1>',
      '+0441632960123',
      '+44 0 999',
      '0'.repeat(60),
    ]
    const addresses = [
      'sip:ward@10.0.0.1?Replaces=a',
      'sip:ward@10.0.0.1;maddr=10.0.0.2',
      'sip:ward@10.0.0.1;transport=udp;lr',
      'sip:ward@10.0.0.1\r\nRoute: <sip:evil>',
      'sip:ward:password@10.0.0.1',
      'sip:ward%0d%0aX@10.0.0.1',
      'sip:<ward>@10.0.0.1',
      'sip:${system(id)}@10.0.0.1',
      'sip:10.0.0.1',
    ]
    const { code, output } = await startAndFail({
      directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: [...numbers, ...addresses] }]),
    })
    expect(code).toBe(1)
    const lines = output.split('\n').filter((line) => /directory\.yaml:\d+: /.test(line))
    expect(lines.filter((line) => /expected: .*telephone number/.test(line))).toHaveLength(numbers.length)
    expect(lines.filter((line) => /expected: a SIP address/.test(line))).toHaveLength(addresses.length)
    expect(new Set(lines.map((line) => /:(\d+): /.exec(line)?.[1])).size).toBe(lines.length)
  })

  it('does not get in by what a caller dials, says or is called', async () => {
    const main = await trunk()
    const { env, sent } = tapped()
    engine = await Engine.start({
      directory: world([
        { id: 'cardiology', code: '21', number: '4000', rota: ['01632 960123'] },
        { id: 'ent', code: '22', rota: ['01632 960124'] },
      ]),
      env: { ...env, RINGROUND_TRUNKS: `main=${main.address}` },
    })
    const running = engine
    const [host = '', port = ''] = running.sip.split(':')
    const marks: string[] = []
    /** Something that can be found again wherever it turns up. */
    const mark = () => {
      marks.push(`ZQ${marks.length}X`)
      return marks.at(-1) ?? ''
    }
    const raw = createSocket('udp4')
    await new Promise<void>((resolve) => raw.bind(0, '127.0.0.1', resolve))
    onTestFinished(() => void raw.close())
    // As request user: numbers charged at premium rates, and strings that would inject, had they a way out.
    const users = [
      '999',
      '112',
      '09098790000',
      '0012125550123',
      '+12125550123',
      '90',
      '4000%0d%0aX:',
      '8000;phone-context=',
      '${system(touch+/tmp/x)}',
      '{origination_caller_id_number=1}',
      '4000%7Csofia/x',
      '4000^',
      '4000,5000',
      "4000'--",
      '..%2f..%2fetc',
      '*21',
      '**2101',
    ]
    for (const user of users) invite(raw, { host, port: Number(port), user: `${user}${mark()}` })
    for (const user of ['999', '09098790000', '0012125550123', '118118', '*', '#']) invite(raw, { host, port: Number(port), user })
    // As caller, as display name, in To and in headers of identity, to a number that is answered.
    const evil = '${system(touch${IFS}/tmp/x)}'
    invite(raw, {
      host,
      port: Number(port),
      user: '4000',
      from: `"${evil}${mark()}\\r\\nexec" <sip:${encodeURIComponent(`${evil}|x`)}${mark()}@127.0.0.1>`,
      to: `"${mark()}" <sip:${mark()}%0a%0d@evil.example;x=y>`,
      more: [
        `P-Asserted-Identity: "${mark()}" <sip:+449098790000${mark()}@x>`,
        `Diversion: <sip:${mark()}@x>`,
        `Subject: bgapi originate ${mark()}`,
      ],
    })

    const call = await settled(running, '4000')
    expect(call.attempts.map(({ result }) => result)).toEqual(['busy'])
    expect(await eventually(async () => ((await running.list()).length >= users.length + 7 ? true : undefined), 10_000)).toBe(true)
    const others = (await running.list()).filter(({ dialledNumber }) => dialledNumber !== '4000')
    expect([...new Set(others.map(({ ending }) => ending))]).toEqual(['unknownNumber'])

    // Keys in the menu: all of them, and then some.
    const gp = await (await dials(running, '7001')).answered()
    for (const key of '999#0909#*1#ABCD21') await gp.media.press(key)
    gp.bye()
    await settled(running, '7001')
    expect(main.invites.every(({ dialled }) => ['+441632960123', '+441632960124'].includes(dialled))).toBe(true)

    // Of what they sent nothing has gone to the trunk, and nothing as part of a command to the media server.
    const text = sent()
    const commands = text.split('\n--\n').filter((piece) => /^(?:bg)?api |^sendmsg|^execute-app|call-command:/im.test(piece))
    expect(commands.length).toBeGreaterThan(3)
    for (const found of marks) expect(commands.filter((command) => command.includes(found))).toEqual([])
    expect(commands.filter((command) => /originate|system|touch|bridge\s+sofia|dialstring/i.test(command))).toEqual([])
    for (const { message } of main.seen) for (const found of marks) expect(JSON.stringify(message)).not.toContain(found)
    // No file is named after any of it, and a line of the log is still a line.
    const names = readdirSync(running.folder, { recursive: true }).map(String)
    for (const found of marks) expect(names.filter((name) => name.includes(found))).toEqual([])
    for (const line of readFileSync(join(running.folder, 'data', 'ringround.log'), 'utf8')
      .trim()
      .split('\n'))
      expect(() => JSON.parse(line) as unknown).not.toThrow()
    await running.stop()
  })

  it('goes through the trunk whose ranges hold it, and credentials are told to nobody but that trunk', async () => {
    const [landlines, mobiles] = [await trunk(), await trunk()]
    engine = await Engine.start({
      directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: ['01632 960123', '07700 900123', '0808 157 0000'] }]),
      env: { RINGROUND_TRUNKS: `landlines=ringround:hunter2@${landlines.address}[uk-geographic], mobiles=${mobiles.address}[uk-mobile]` },
    })
    await dials(engine, '4000')
    const call = await settled(engine, '4000')
    expect(call.attempts.map(({ result }) => result)).toEqual(['busy', 'busy', 'failed'])
    expect(call.events.filter(({ type }) => type === 'attempt.ended').at(-1)?.['reason']).toBe(
      'outside the ranges that may be dialled (uk-geographic, uk-mobile)',
    )
    expect(landlines.invites.map(({ dialled }) => dialled)).toEqual(['+441632960123'])
    expect(mobiles.invites.map(({ dialled }) => dialled)).toEqual(['+447700900123'])
    const said = `${engine.log}${await (await engine.get('/readyz')).text()}${await (await engine.get('/metrics')).text()}${JSON.stringify(call)}`
    expect(said).not.toContain('hunter2')
    await engine.stop()
  })
})

interface Invite {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly from?: string
  readonly to?: string
  readonly more?: readonly string[]
}

let invites = 0

/** One INVITE, without anybody who listens to what comes back. @returns its Call-ID */
function invite(socket: Socket, { host, port, user, from, to, more = [] }: Invite): string {
  const id = `guard-${process.pid}-${(invites += 1)}`
  const { address, port: own } = socket.address()
  const sdp = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${own} RTP/AVP 8`, ''].join('\r\n')
  const lines = [
    `INVITE sip:${user}@${host}:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${address}:${own};branch=z9hG4bK${id}`,
    `From: ${from ?? '<sip:gp@127.0.0.1>'};tag=${id}`,
    `To: ${to ?? `<sip:x@${host}>`}`,
    `Call-ID: ${id}`,
    'CSeq: 1 INVITE',
    `Contact: <sip:gp@${address}:${own}>`,
    'Max-Forwards: 70',
    ...more,
    'Content-Type: application/sdp',
    `Content-Length: ${Buffer.byteLength(sdp)}`,
  ]
  socket.send(`${lines.join('\r\n')}\r\n\r\n${sdp}`, port, host)
  return id
}

/** A socket at an address of loopback that collects the final responses to INVITEs, by Call-ID. */
async function caller(address: string): Promise<{ readonly socket: Socket; answer(id: string): Promise<string> }> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, address, resolve))
  onTestFinished(() => void socket.close())
  const answers = new Map<string, string>()
  socket.on('message', (data) => {
    const text = data.toString()
    const id = /^Call-ID: *(\S+)/im.exec(text)?.[1]
    if (id !== undefined && /^SIP\/2\.0 [2-6]/.test(text)) answers.set(id, text)
  })
  return {
    socket,
    async answer(id) {
      const found = await eventually(() => Promise.resolve(answers.get(id)), 5_000)
      if (found === undefined) throw new Error(`nothing came for ${id}`)
      return found
    },
  }
}

describe('who may ring', { timeout: 60_000 }, () => {
  it('is a caller at an address that is named; others get 403, and soon 503 with the time to wait', async () => {
    engine = await Engine.start({
      directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: [] }]),
      env: { RINGROUND_CALLERS: '127.0.0.1' },
    })
    const [host = '', port = ''] = engine.sip.split(':')
    const stranger = await caller('127.0.0.2')
    const first: string[] = []
    for (let n = 0; n < 12; n += 1)
      first.push(
        (await stranger.answer(invite(stranger.socket, { host, port: Number(port), user: '4000' }))).split('\r\n')[0]?.slice(8, 11) ?? '',
      )
    expect(first).toEqual([...Array<string>(10).fill('403'), '503', '503'])
    const last = await stranger.answer(invite(stranger.socket, { host, port: Number(port), user: '4000' }))
    expect(last).toMatch(/^Retry-After: 60\r$/m)
    // Another stranger is counted apart, and an address that is named is not counted at all.
    const other = await caller('127.0.0.3')
    expect(await other.answer(invite(other.socket, { host, port: Number(port), user: '4000' }))).toMatch(/^SIP\/2\.0 403/)
    const known = await caller('127.0.0.1')
    for (let n = 0; n < 15; n += 1)
      expect(await known.answer(invite(known.socket, { host, port: Number(port), user: '8888' }))).toMatch(/^SIP\/2\.0 404/)
    expect((await engine.list()).every(({ dialledNumber }) => dialledNumber === '8888')).toBe(true)
    expect(engine.log).toContain('127.0.0.2: calls are not taken from this address')
    expect(engine.log).toContain('127.0.0.2: too many calls from an unknown address')
    await engine.stop()
  })
})

describe('limits', { timeout: 90_000 }, () => {
  /** A telephone network where everybody answers and says nothing. */
  async function answering(): Promise<TestTrunk> {
    const main = await trunk()
    main.onInvite = (invitation) => {
      invitation.reply(180)
      invitation.answer()
    }
    return main
  }

  it('of calls at the same time are kept for one line, with an alarm, and there is room again however a leg ends', async () => {
    const main = await trunk()
    engine = await Engine.start({
      directory: world([
        {
          id: 'cardiology',
          code: '21',
          number: '4000',
          rota: ['01632 960123', '01632 960125'],
          ring: { ringSeconds: 30, totalSeconds: 60 },
        },
        { id: 'ent', code: '22', number: '4001', rota: ['01632 960124'], ring: { ringSeconds: 20, acceptSeconds: 20 } },
      ]),
      env: { RINGROUND_TRUNKS: `main=${main.address}`, RINGROUND_CONCURRENT_CALLS_PER_LINE: '1', RINGROUND_MEDIA_TIMEOUT_SECONDS: '2' },
    })
    const running = engine
    const inAlarm = async () => (await (await running.get('/readyz')).text()).includes('calls.limitReached')

    main.onInvite = (invitation) => invitation.reply(invitation.dialled.endsWith('3') ? 180 : 486)
    const first = await dials(running, '4000')
    await main.nextInvite()
    // The first telephone is ringing for another caller, the second one is beyond the limit; another line is not concerned.
    const second = await (await dials(running, '4000')).answered()
    expect(await eventually(async () => ((await inAlarm()) ? true : undefined), 8_000)).toBe(true)
    await dials(running, '4001')
    await main.nextInvite(2)
    expect(main.invites.map(({ dialled }) => dialled)).toEqual(['+441632960123', '+441632960124'])
    first.bye()
    second.bye()
    await running.settled()
    expect(await inAlarm()).toBe(false)

    const endings: Readonly<Record<string, (invitation: TrunkInvite, call: PhoneCall) => Promise<void> | void>> = {
      'it is refused': (invitation) => invitation.reply(486),
      'the caller gives up': async (invitation, call) => {
        invitation.reply(180)
        await delay(200)
        call.bye()
      },
      'the far end hangs up': async (invitation) => {
        invitation.answer()
        await delay(400)
        invitation.bye()
      },
      'the caller hangs up while the other is asked to accept': async (invitation, call) => {
        invitation.answer()
        await delay(400)
        call.bye()
      },
      'no voice comes': (invitation) => invitation.answer(),
    }
    main.onInvite = () => undefined
    for (const [how, end] of Object.entries(endings)) {
      const before = main.invites.length
      const call = await (await dials(running, '4001')).answered()
      await end(await main.nextInvite(before + 1), call)
      await eventually(async () => ((await running.list()).every(({ ending }) => ending !== null) ? true : undefined), 15_000)
      await running.settled()
      expect(main.invites.length, how).toBe(before + 1)
    }
    expect(await inAlarm()).toBe(false)
    await running.stop()
  })

  it('of calls of all lines together, too; who waits is told who was not rung and why', async () => {
    const main = await trunk()
    main.onInvite = (invitation) => invitation.reply(180)
    engine = await Engine.start({
      directory: world([
        { id: 'cardiology', code: '21', number: '4000', rota: ['01632 960123'], ring: { ringSeconds: 30, totalSeconds: 60 } },
        { id: 'ent', code: '22', number: '4001', rota: ['01632 960124'] },
      ]),
      env: { RINGROUND_TRUNKS: `main=${main.address}`, RINGROUND_CONCURRENT_CALLS: '1' },
    })
    const running = engine
    const first = await dials(running, '4000')
    await main.nextInvite()
    await dials(running, '4001')
    const refused = await settled(running, '4001')
    expect(refused.attempts).toMatchObject([{ result: 'failed' }])
    expect(refused.events.find(({ type }) => type === 'attempt.ended')).toMatchObject({
      fault: 'ours',
      reason: 'limit reached: 1 outgoing calls at the same time',
    })
    expect(main.invites).toHaveLength(1)
    const ready = await (await running.get('/readyz')).text()
    expect(ready).toContain('calls.limitReached')
    first.bye()
    await running.settled()
    expect(await (await running.get('/readyz')).text()).not.toContain('calls.limitReached')
    main.onInvite = (invitation) => invitation.reply(486)
    await dials(running, '4001')
    await main.nextInvite(2)
    await running.settled()
    await running.stop()
  })

  it('of minutes are kept over a restart in the course of the day', async () => {
    const main = await answering()
    const folder = mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const options = {
      folder,
      directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: ['01632 960123'] }]),
      env: { RINGROUND_TRUNKS: `main=${main.address}`, RINGROUND_MINUTES_PER_LINE: '1' },
    }
    engine = await Engine.start(options)
    await dials(engine, '4000')
    await main.nextInvite()
    const call = await settled(engine, '4000')
    expect(call.attempts.map(({ result }) => result)).toEqual(['notAccepted'])
    const [store] = readdirSync(join(folder, 'data')).filter((name) => name.endsWith('.db'))
    expect(store).toBeDefined()
    await engine.stop()

    // As if that leg had lasted a minute: what was added up when it ended says so, as nothing in the engine could do.
    const { default: Database } = await import('libsql')
    const database = new Database(join(folder, 'data', store ?? ''))
    expect(database.prepare("update spending set ms = ms + 61000 where account = 'cardiology'").run().changes).toBe(1)
    database.close()

    engine = await Engine.start(options)
    await dials(engine, '4000')
    const calls = await eventually(async () => {
      const all = await engine!.list()
      return all.length === 2 && all[0]?.ending ? all : undefined
    }, 20_000)
    const refused = await engine.call(calls?.[0]?.callId ?? '')
    expect(refused.events.find(({ type }) => type === 'attempt.ended')).toMatchObject({
      reason: 'limit reached: 1 minutes a day for "cardiology"',
    })
    expect(main.invites).toHaveLength(1)
    await engine.stop()
  })
})
