import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { delay, Engine, eventually } from '../e2e/engine.js'
import { rtpRange } from '../e2e/free-ports.js'
import { world } from '../e2e/world.js'
import { RawPhone } from '../wire/raw-phone.js'
import { KNOWN_ADDRESS, STRANGE_ADDRESS } from './stranger-bench.js'

interface Ready {
  readonly ready: boolean
  readonly missing: readonly string[]
  readonly alarms: readonly { readonly alarm: string; readonly detail: string }[]
}

describe('an engine among strangers', { timeout: 90_000 }, () => {
  const engines: Engine[] = []
  const closing: { close(): void }[] = []
  afterEach(async () => {
    for (const each of closing.splice(0)) each.close()
    for (const engine of engines.splice(0)) await engine.dispose()
  })

  async function start(env: Readonly<Record<string, string>> = {}): Promise<Engine> {
    const engine = await Engine.start({
      directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: ['sip:ward@127.0.0.1:9'] }]),
      env: { RINGROUND_CALLERS: KNOWN_ADDRESS, ...env },
    })
    engines.push(engine)
    return engine
  }

  async function phone(): Promise<TestPhone> {
    const opened = await TestPhone.open()
    closing.push(opened)
    return opened
  }

  async function ready(engine: Engine): Promise<Ready> {
    return (await (await engine.get('/readyz')).json()) as Ready
  }

  it('its switch takes no secret that can be looked up, and /readyz does not say where its sockets are', async () => {
    const engine = await start()
    const known = [engine.sip, engine.url].map((text) => Number(text.split(':').at(-1)))
    const own = engine
      .children()
      .flatMap(listeningPorts)
      .filter((port) => !known.includes(port))
    expect(own.length).toBeGreaterThanOrEqual(2)
    const told = JSON.stringify(await ready(engine))
    for (const port of own) {
      expect(told).not.toContain(String(port))
      for (const attempt of [
        'auth ClueCon\n\n',
        'auth cymru\n\n',
        '24#1|authenticate|cymru\r\n\r\n',
        '22#1|authenticate|cymru|',
        '24#1|authenticate|ClueCon|',
      ]) {
        expect(await said(port, attempt)).not.toMatch(/\+OK accepted|\|OK\|/)
      }
    }
  })

  it('its own sockets take nothing from others of this machine, and it lives on', async () => {
    const engine = await start()
    const http = Number(engine.url.split(':').at(-1))
    const own = listeningPorts(engine.child.pid ?? -1).filter((port) => port !== http)
    const noise = [
      'auth ClueCon\n\n',
      'Content-Type: command/reply\nReply-Text: +OK\nContent-Length: 4\n\nabcd',
      'Event-Name: CHANNEL_DATA\nChannel-Call-UUID: 1\nvariable_sip_user_agent: drachtio-fsmrf:1\nUnique-ID: 1\nContent-Type: command/reply\n\n',
      'Content-Type: text/event-plain\nContent-Length: -1\n\n',
      'Content-Type: text/event-json\nContent-Length: 2\n\n{]',
      Buffer.alloc(200_000, 0).toString('latin1'),
      '',
    ]
    for (const port of own) for (const text of noise) await said(port, text)
    expect(engine.child.exitCode).toBeNull()
    expect(engine.log).not.toMatch(/"level":(50|60)/)
    const gp = await phone()
    const call = await gp.call(`sip:4000@${engine.sip}`)
    await call.answered()
    call.bye()
  })

  it('out of ports: callers get 503, /readyz and an alarm say so, until there are some again', async () => {
    const { from } = rtpRange(400)
    const engine = await start({ RINGROUND_RTP_FROM: String(from), RINGROUND_RTP_TO: String(from + 15) })
    expect((await ready(engine)).ready).toBe(true)
    const gp = await phone()
    const calls: PhoneCall[] = []
    const full = await eventually(async () => {
      calls.push(await gp.call(`sip:4000@${engine.sip}`))
      await delay(150)
      const now = await ready(engine)
      return now.ready ? undefined : now
    }, 20_000)
    expect(full?.missing.join()).toMatch(/capacity: no free RTP port pair/)
    expect(full?.alarms.map(({ alarm }) => alarm)).toContain('switch.exhausted')
    for (const call of calls) {
      if (call.answeredAt === undefined) call.cancel()
      else call.bye()
    }
    // What the adapter still says of the media server is another matter: this is what the switch itself says.
    const again = await eventually(async () => {
      const { missing, alarms } = await ready(engine)
      return missing.some((text) => text.startsWith('capacity')) || alarms.some(({ alarm }) => alarm === 'switch.exhausted')
        ? undefined
        : true
    }, 20_000)
    expect(again).toBe(true)
  })

  it('out of descriptors: the same, and the switch lives on', async () => {
    const engine = await start()
    const [embedded = 0] = engine.children().filter((pid) => listeningPorts(pid).length >= 2)
    const limit = (files: number): void => void execFileSync('prlimit', ['--pid', String(embedded), `--nofile=${files}:`])
    const before = readdirSync(`/proc/${embedded}/fd`).length
    limit(before + 1)
    const gp = await phone()
    const full = await eventually(async () => {
      await gp.call(`sip:4000@${engine.sip}`)
      await delay(200)
      const now = await ready(engine)
      return now.ready ? undefined : now
    }, 20_000)
    expect(full?.missing.join()).toMatch(/descriptors?/)
    limit(4096)
    const again = await eventually(async () => ((await ready(engine)).ready ? true : undefined), 30_000)
    expect(again).toBe(true)
    expect(engine.children()).toContain(embedded)
  })

  it('what strangers send becomes a few lines of the log, however much it is', async () => {
    const engine = await start()
    const stranger = await RawPhone.open(engine.sip, STRANGE_ADDRESS)
    closing.push(stranger)
    for (let n = 0; n < 400; n++) {
      stranger.send(stranger.request('INVITE', { body: stranger.sdp, headers: { 'Call-ID': `flood-${n}` } }))
      stranger.send(stranger.request(n % 2 === 0 ? 'REGISTER' : 'MESSAGE', { uri: 'sip:127.0.0.1', headers: { 'Call-ID': `other-${n}` } }))
      if (n % 20 === 0) await delay(100)
    }
    await stranger.expects('SIP/2.0 403')
    await delay(500)
    const lines = engine.log.split('\n').filter((line) => line.includes(STRANGE_ADDRESS))
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThan(70)
    const gp = await phone()
    const call = await gp.call(`sip:4000@${engine.sip}`)
    await call.answered()
    call.bye()
  })
})

/** Ports on which a process listens over TCP. */
function listeningPorts(pid: number): readonly number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /socket:\[(\d+)\]/.exec(execFileSync('readlink', [`/proc/${pid}/fd/${fd}`]).toString())?.[1] ?? []
      } catch {
        return []
      }
    }),
  )
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && inodes.has(fields[9] ?? ''))
    .map((fields) => parseInt(fields[1]?.split(':')[1] ?? '0', 16))
}

/** What a port says to that, within a moment. */
async function said(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' })
  let answer = ''
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (answer += chunk.toString()))
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined)
  socket.write(text)
  await delay(150)
  socket.destroy()
  return answer
}
