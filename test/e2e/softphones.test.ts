import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Phone } from '../../src/embedded/phones/phone.js'
import type { PhoneOptions } from '../../src/embedded/phones/phone-options.js'
import { Baresip } from './baresip.js'
import { delay, Engine, eventually, type ApiCall } from './engine.js'
import { freePort } from './free-ports.js'
import { msOfTone } from './listening.js'
import { namedServers } from './named-servers.js'
import { Sipp } from './sipp.js'
import { world } from './world.js'

const gpTone = 530
const wardTone = 1_100
const otherTone = 1_750

interface Made {
  readonly user: string
  readonly password: string
  readonly realm: string
  readonly target: string
}

interface Listed {
  readonly user: string
  readonly registered: boolean
  readonly registrations: readonly {
    readonly source: string
    readonly userAgent: string | null
    readonly since: string
    readonly expiresAt: string
  }[]
}

/** The rota of a line: its entries as the directory file has them. */
function directory(ward: Phone, rotas: Readonly<Record<string, readonly string[]>>): string {
  const lines = Object.keys(rotas).map((id, n) => ({
    id,
    code: String(21 + n),
    number: String(4_001 + n),
    rota: ['device:nobody'],
    ring: { ringSeconds: 20, totalSeconds: 60 },
  }))
  const parsed = JSON.parse(
    world(lines, [{ id: 'riverside', dialIn: '7001' }], {
      clinicians: { lind: ['device:lind-desk', ward.uri], okafor: ['device:okafor-desk'] },
    }),
  ) as { rotas: Record<string, { pattern: { entries: unknown }[] }> }
  for (const [id, entries] of Object.entries(rotas))
    parsed.rotas[id]!.pattern[0]!.entries = entries.map((entry) =>
      entry.startsWith('device:') ? { phone: `Phone ${entry}`, target: entry } : entry,
    )
  return JSON.stringify(parsed)
}

/** The devices' telephones stand at an address from which no call is taken without proof; the GP calls from one that is trusted. */
describe('telephones that register', { timeout: 60_000 }, () => {
  let engine: Engine
  let gp: Phone
  let ward: Phone
  const numbers: Record<string, string> = {}
  const open: { close(): Promise<void> }[] = []

  beforeAll(async () => {
    gp = await Phone.open({ name: 'GP', address: '127.0.0.2', toneHz: gpTone })
    ward = await Phone.open({ name: 'Ward', toneHz: otherTone })
    const rotas = {
      desk: ['okafor'],
      hall: ['device:riverside-hall', 'lind'],
      next: ['lind'],
      lapse: ['device:brief', 'lind'],
      removed: ['device:going', 'lind'],
    }
    Object.keys(rotas).forEach((id, n) => (numbers[id] = String(4_001 + n)))
    const { env, ...where } = namedServers()
    engine = await Engine.start({
      directory: directory(ward, rotas),
      ...where,
      env: { ...env, RINGROUND_CALLERS: '127.0.0.2', RINGROUND_MIN_REGISTRATION_SECONDS: '1' },
    })
  })
  afterEach(async () => {
    for (const phone of open.splice(0).reverse()) await phone.close()
    await gp.hangsUp()
  })
  afterAll(async () => {
    try {
      await gp.close()
      await ward.close()
      await engine.stop()
    } finally {
      await engine.dispose()
    }
  })

  async function api(method: string, path: string, body?: unknown): Promise<Response> {
    const request = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    return engine.ask(path, { method, ...request, signal: AbortSignal.timeout(5_000) })
  }

  async function make(
    user: string,
    owner: { kind: string; id: string } = { kind: 'clinician', id: 'okafor' },
    more: Readonly<Record<string, string>> = {},
  ): Promise<Made> {
    // A test that runs twice makes its devices again.
    await api('DELETE', `/api/devices/${user}`)
    const answer = await api('POST', '/api/devices', { owner, user, ...more })
    expect(answer.status).toBe(201)
    return (await answer.json()) as Made
  }

  const listed = async (user: string) =>
    ((await (await engine.get('/api/devices')).json()) as { devices: readonly Listed[] }).devices.find((device) => device.user === user)

  async function isRegistered(user: string, registered = true): Promise<Listed> {
    const found = await eventually(async () => {
      const device = await listed(user)
      return device?.registered === registered ? device : undefined
    }, 5_000)
    if (!found)
      throw new Error(
        `${user} is not ${registered ? '' : 'un'}registered: ${JSON.stringify(await listed(user))}\n${engine.log.slice(-2_000)}`,
      )
    return found
  }

  /** A telephone that registers and keeps itself registered until the test is over. */
  async function phone(made: Made, options: Partial<PhoneOptions> = {}): Promise<Phone> {
    const one = await Phone.open({
      name: made.user,
      user: made.user,
      toneHz: wardTone,
      auth: { username: made.user, password: made.password },
      ...options,
    })
    open.push(one)
    const result = await one.registers(`sip:${engine.sip}${options.protocol === 'tcp' ? ';transport=tcp' : ''}`, {
      addressOfRecord: `sip:${made.user}@${engine.sip}`,
      expiresSeconds: 60,
    })
    expect(result.kind).toBe('registered')
    return one
  }

  async function accepts(one: Phone): Promise<void> {
    expect(await one.answers({ withinMs: 30_000 })).toBe(true)
    await delay(600)
    await one.presses('1')
  }

  async function gpCalls(line: string): Promise<void> {
    expect(await gp.dials(`sip:${numbers[line] ?? ''}@${engine.sip}`)).toEqual({ kind: 'connected' })
  }

  /** Both hang up. @returns the last call to the line */
  async function over(line: string, ...phones: readonly Phone[]): Promise<ApiCall> {
    for (const one of [gp, ...phones]) await one.hangsUp()
    return lastCall((call) => call.dialledNumber === numbers[line])
  }

  async function lastCall(which: (call: { readonly dialledNumber: string; readonly callerNumber?: string }) => boolean): Promise<ApiCall> {
    const found = await eventually(async () => {
      const [last] = (await engine.list()).filter(which)
      const call = last && (await engine.call(last.callId))
      return call?.ending === undefined ? undefined : call
    }, 10_000)
    if (!found) throw new Error(`there is no such call that is over\n${engine.log.slice(-2_000)}`)
    return found
  }

  const attempts = (call: ApiCall) =>
    call.attempts.map(({ result, status }) => (status === undefined ? result : `${result ?? ''} ${status}`))
  const eventAt = (call: ApiCall, type: string, nth = 0) => call.events.filter((event) => event.type === type)[nth]?.at ?? NaN

  for (const transport of ['udp', 'tcp'] as const) {
    it(`baresip registers over ${transport.toUpperCase()} with what the API gave it, is rung by the hunt, accepts, and the two hear each other`, async () => {
      const made = await make('okafor-desk')
      const baresip = await Baresip.start({
        tone: wardTone,
        autoAnswer: true,
        account: { registrar: engine.sip, user: made.user, password: made.password, transport },
      })
      try {
        const { registrations } = await isRegistered('okafor-desk')
        expect(registrations).toMatchObject([
          { source: expect.stringContaining(`${transport}:127.0.0.1:`) as string, userAgent: expect.stringContaining('baresip') as string },
        ])
        await gpCalls('desk')
        await baresip.hasSeen('CALL_ESTABLISHED')
        await delay(700)
        baresip.press('1')
        await gp.hears(wardTone, { withinMs: 30_000 })
        await delay(1_000)
        await gp.hangsUp()
        await delay(200)
        // Asked for an outcome, and leaves none.
        baresip.hangUp()
        const call = await over('desk')
        expect(attempts(call)).toEqual(['accepted'])
        expect(call.events.find((event) => event.type === 'attempt.started')).toMatchObject({
          target: 'device:okafor-desk',
          clinician: 'okafor',
        })
        await baresip.hasSeen('CALL_CLOSED')
        expect(msOfTone(gpTone, baresip.heard())).toBeGreaterThan(500)
      } finally {
        await baresip.stop()
      }
    })
  }

  it('baresip calls a line by its code: challenged, proved, from an address that is not trusted; the call says whose telephone it is', async () => {
    const made = await make('okafor-desk')
    const wardMade = await make('riverside-hall', { kind: 'organisation', id: 'riverside' })
    const hall = await phone(wardMade)
    const before = (await engine.list()).length
    const baresip = await Baresip.start({ tone: gpTone, account: { registrar: engine.sip, user: made.user, password: made.password } })
    try {
      await isRegistered('okafor-desk')
      baresip.dial(`sip:22@${engine.sip}`)
      await accepts(hall)
      await hall.hears(gpTone, { withinMs: 30_000 })
      baresip.hangUp()
      await hall.hangsUp()
      const call = await lastCall(({ callerNumber }) => callerNumber === 'okafor-desk')
      expect(call.events[0]).toMatchObject({
        type: 'call.arrived',
        device: 'okafor-desk',
        dialledNumber: '22',
        organisation: 'general-hospital',
      })
      expect(call).toMatchObject({ line: 'hall', acceptedBy: expect.anything() as unknown })
      expect(await engine.list()).toHaveLength(before + 1)
    } finally {
      await baresip.stop()
    }
  })

  it('SIPp, which knows MD5 only, registers, takes itself away, and calls with a re-INVITE on its way', async () => {
    const made = await make('sipp-desk')
    const port = await freePort()
    await (await Sipp.device('register', engine.sip, { credentials: made, port })).passed()
    expect((await isRegistered('sipp-desk')).registrations).toMatchObject([{ source: `udp:127.0.0.1:${port}`, userAgent: 'Desk phone 7' }])
    await (await Sipp.device('register', engine.sip, { credentials: { ...made, expires: 0 }, port })).passed()
    await isRegistered('sipp-desk', false)
    const before = (await engine.list()).length
    await (await Sipp.device('call', engine.sip, { credentials: made, number: '23', holdMs: 500 })).passed()
    const call = await lastCall(({ callerNumber }) => callerNumber === 'sipp-desk')
    expect(call.events[0]).toMatchObject({ type: 'call.arrived', device: 'sipp-desk', dialledNumber: '23' })
    expect(await engine.list()).toHaveLength(before + 1)
  })

  it('a telephone that is told to use SHA-256 registers and calls with it', async () => {
    const made = await make('modern', { kind: 'organisation', id: 'riverside' }, { algorithm: 'SHA-256' })
    const modern = await phone(made)
    expect(await modern.dials(`sip:7001@${engine.sip}`)).toEqual({ kind: 'connected' })
    await modern.hangsUp()
    expect((await lastCall(({ callerNumber }) => callerNumber === 'modern')).events[0]).toMatchObject({
      device: 'modern',
      organisation: 'riverside',
    })
  })

  it('a wrong password is refused, then locked with an alarm; a new password lets the telephone in again', async () => {
    const made = await make('guessed')
    const wrong = { ...made, password: 'wrong' }
    const alarm = async () =>
      ((await (await engine.get('/readyz')).json()) as { alarms: readonly { alarm: string; detail: string }[] }).alarms.find(
        (one) => one.alarm === 'device.locked: guessed',
      )
    for (let times = 1; times <= 5; times += 1) {
      expect(await alarm()).toBeUndefined()
      await (await Sipp.device('refused', engine.sip, { credentials: wrong })).passed()
    }
    expect((await alarm())?.detail).toContain('127.0.0.1')
    await (await Sipp.device('refused', engine.sip, { credentials: made })).passed()
    await isRegistered('guessed', false)
    const renewed = (await (await api('POST', '/api/devices/guessed/password')).json()) as Made
    expect(renewed.password).not.toBe(made.password)
    expect(await alarm()).toBeUndefined()
    await (await Sipp.device('refused', engine.sip, { credentials: made })).passed()
    await (await Sipp.device('register', engine.sip, { credentials: renewed })).passed()
    await isRegistered('guessed')
    expect(engine.log).not.toContain(made.password)
    expect(engine.log).not.toContain(renewed.password)
  })

  it('nobody poses as a telephone, not even from a trusted address', async () => {
    const made = await make('okafor-desk')
    const other = await make('riverside-hall', { kind: 'organisation', id: 'riverside' })
    const before = (await engine.list()).length
    for (const [auth, status] of [
      [undefined, 401],
      [{ username: made.user, password: 'wrong' }, 403],
      [{ username: other.user, password: other.password }, 403],
    ] as const) {
      const poser = await Phone.open({ name: 'poser', address: '127.0.0.2', user: 'okafor-desk', ...(auth ? { auth } : {}) })
      open.push(poser)
      expect(await poser.dials(`sip:7001@${engine.sip}`)).toMatchObject({ kind: 'refused', status })
    }
    const stranger = await Phone.open({ name: 'stranger', user: 'stranger' })
    open.push(stranger)
    expect(await stranger.dials(`sip:7001@${engine.sip}`)).toMatchObject({ kind: 'refused', status: 403 })
    expect(await engine.list()).toHaveLength(before)
  })

  it('while it is not registered, the next number is rung at once', async () => {
    await make('lind-desk', { kind: 'clinician', id: 'lind' })
    await gpCalls('next')
    await accepts(ward)
    await gp.hears(otherTone, { withinMs: 30_000 })
    const call = await over('next', ward)
    expect(attempts(call)).toEqual(['unavailable 480', 'accepted'])
    expect(call.events.filter((event) => event.type === 'attempt.ringing')).toHaveLength(1)
    expect(eventAt(call, 'attempt.started', 1) - eventAt(call, 'attempt.started', 0)).toBeLessThan(2_000)
  })

  it('when its registration lapses while it rings, it rings no more and the next one is rung', async () => {
    const made = await make('brief')
    const port = await freePort()
    await (await Sipp.device('register', engine.sip, { credentials: { ...made, expires: 7 }, port })).passed()
    const { registrations } = await isRegistered('brief')
    const rings = await Sipp.specialist('no-answer', { port })
    try {
      await gpCalls('lapse')
      await accepts(ward)
      await gp.hears(otherTone, { withinMs: 30_000 })
      // It was rung, and told to stop (CANCEL).
      await rings.passed()
    } finally {
      await rings.stop()
    }
    const call = await over('lapse', ward)
    // Dr Lind has a device as well, which is not registered.
    expect(attempts(call)).toEqual(['unavailable 480', 'unavailable 480', 'accepted'])
    expect(call.attempts[0]).toMatchObject({ reason: 'not registered' })
    const ended = eventAt(call, 'attempt.ended')
    const lapsed = Date.parse(registrations[0]?.expiresAt ?? '')
    expect(ended - lapsed).toBeGreaterThanOrEqual(-20)
    // Against a ring time-out of 20 s.
    expect(ended - lapsed).toBeLessThan(3_000)
    expect(eventAt(call, 'attempt.started', 1) - ended).toBeLessThan(2_000)
  })

  it('when it is removed while it rings, it rings no more, and cannot register again', async () => {
    const made = await make('going')
    const going = await phone(made)
    await gpCalls('removed')
    await going.rings({ withinMs: 30_000 })
    expect((await api('DELETE', '/api/devices/going')).status).toBe(204)
    await going.stopsRinging({ withinMs: 30_000 })
    await accepts(ward)
    await gp.hears(otherTone, { withinMs: 30_000 })
    const call = await over('removed', ward)
    expect(attempts(call)).toEqual(['unavailable 480', 'unavailable 480', 'accepted'])
    expect(await going.registers(`sip:${engine.sip}`, { addressOfRecord: `sip:going@${engine.sip}` })).toMatchObject({
      kind: 'refused',
      status: 403,
    })
  })

  it('behind NAT it is rung by the contact that it gave, at the address that its packets came from', async () => {
    const made = await make('riverside-hall', { kind: 'organisation', id: 'riverside' })
    const port = await freePort()
    await (await Sipp.device('register-nat', engine.sip, { credentials: made, port })).passed()
    const rings = await Sipp.specialist('accept-hang-up', { port, holdMs: 500 })
    try {
      await gpCalls('hall')
      await rings.passed()
      expect(rings.messages).toContain('INVITE sip:riverside-hall@10.255.0.9:5062 SIP/2.0')
    } finally {
      await rings.stop()
    }
    expect(attempts(await over('hall'))).toEqual(['accepted'])
  })

  it('two telephones of one device ring at once; one is picked up, the other stops', async () => {
    const made = await make('riverside-hall', { kind: 'organisation', id: 'riverside' })
    const one = await phone(made)
    // drachtio-server 0.9.10 tells telephones on TCP apart by user and host of their Contact.
    const two = await phone(made, { name: 'second', address: '127.0.0.3', protocol: 'tcp', toneHz: otherTone })
    expect((await isRegistered('riverside-hall')).registrations).toHaveLength(2)
    expect(await engine.metric('ringround_devices_registered')).toBeGreaterThanOrEqual(1)
    await gpCalls('hall')
    await Promise.all([one.rings({ withinMs: 30_000 }), two.rings({ withinMs: 8_000 })])
    await accepts(two)
    await one.stopsRinging({ withinMs: 30_000 })
    expect(one.when('stoppedRinging')).toBeDefined()
    await gp.hears(otherTone, { withinMs: 30_000 })
    await two.hears(gpTone, { withinMs: 30_000 })
    const call = await over('hall', two)
    expect(attempts(call)).toEqual(['accepted'])
  })

  it('what the API is asked wrongly it says', async () => {
    await make('okafor-desk')
    const refusals: readonly [string, string, unknown, number, string][] = [
      ['POST', '/api/devices', { owner: { kind: 'clinician', id: 'okafor' }, user: 'okafor-desk' }, 409, 'deviceExists'],
      ['POST', '/api/devices', { owner: { kind: 'clinician', id: 'nobody' } }, 404, 'ownerNotFound'],
      ['POST', '/api/devices', { owner: { kind: 'clinician', id: 'riverside' } }, 404, 'ownerNotFound'],
      ['POST', '/api/devices', { owner: { kind: 'clinician', id: 'okafor' }, user: '07700900123' }, 400, 'badRequest'],
      ['POST', '/api/devices', { owner: { kind: 'clinician', id: 'okafor' }, user: 'a"\r\nb' }, 400, 'badRequest'],
      ['POST', '/api/devices', { owner: { kind: 'clinician', id: 'okafor' }, label: 'a\nb' }, 400, 'badRequest'],
      ['POST', '/api/devices', { owner: { kind: 'clinician', id: 'okafor' }, password: 'mine' }, 400, 'badRequest'],
      ['POST', '/api/devices', {}, 400, 'badRequest'],
      ['POST', '/api/devices/nobody/password', undefined, 404, 'deviceNotFound'],
      ['DELETE', '/api/devices/nobody', undefined, 404, 'deviceNotFound'],
      ['DELETE', '/api/devices/NOBODY', undefined, 400, 'badRequest'],
    ]
    for (const [method, path, body, status, code] of refusals) {
      const answer = await api(method, path, body)
      expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([status, code])
    }
    const list = await (await engine.get('/api/devices')).text()
    expect(list).not.toMatch(/secret|md5"|sha256"/)
  })

  it('devices are known again after a restart, and registered again as they register', async () => {
    const first = await Engine.start({ directory: world([{ id: 'x', code: '21', rota: [] }]) })
    try {
      const kept = (await (
        await first.ask('/api/devices', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ owner: { kind: 'organisation', id: 'riverside' } }),
        })
      ).json()) as Made
      expect(kept.user).toBe('riverside-1')
      await first.die()
      const second = await Engine.start({ directory: world([{ id: 'x', code: '21', rota: [] }]), folder: first.folder })
      try {
        await (await Sipp.device('register', second.sip, { credentials: kept })).passed()
        const { devices } = (await (await second.get('/api/devices')).json()) as { devices: readonly Listed[] }
        expect(devices).toMatchObject([{ user: 'riverside-1', registered: true }])
      } finally {
        await second.stop()
      }
    } finally {
      await first.dispose()
    }
  })
})
