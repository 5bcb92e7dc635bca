import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { Phone } from '../../src/embedded/phones/phone.js'
import type { PhoneOptions } from '../../src/embedded/phones/phone-options.js'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { Baresip } from '../e2e/baresip.js'
import { freePort } from '../e2e/free-ports.js'

/** Our SIP stack against two that share no line of code with it: SIPp with its built-in scenarios, and baresip. */

const open: { close(): Promise<void> }[] = []

async function phone(options: PhoneOptions): Promise<Phone> {
  const opened = await Phone.open(options)
  open.push(opened)
  return opened
}

async function baresip(tone: number, autoAnswer: boolean): Promise<Baresip> {
  const started = await Baresip.start({ tone, autoAnswer })
  open.push({ close: () => started.stop() })
  return started
}

afterEach(async () => {
  for (const opened of open.splice(0)) await opened.close()
})

/** Runs SIPp to its end. @returns its exit code (0: every call as its scenario wants it) and what it printed */
async function sipp(port: number, args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sipp-'))
  const child = spawn(
    'sipp',
    [
      '-i',
      '127.0.0.1',
      '-p',
      String(port),
      '-mi',
      '127.0.0.1',
      '-nostdin',
      '-timeout',
      '40s',
      '-timeout_error',
      '-trace_err',
      '-error_file',
      join(folder, 'errors'),
      ...args,
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  try {
    const [code] = (await once(child, 'exit')) as [number | null]
    const errors = await readFile(join(folder, 'errors'), 'utf8').catch(() => '')
    return { code, output: `${output.slice(-2000)}\n${errors.slice(0, 2000)}` }
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe.each(['udp', 'tcp'] as const)('SIPp over %s', (protocol) => {
  const mode = protocol === 'udp' ? 'u1' : 't1'

  it('calls us ten times in a row: each call is taken and ended by it', async () => {
    const specialist = await phone({ name: 'Specialist', protocol })
    const port = await freePort()
    let taken = 0
    specialist.onRinging = () => {
      void specialist.answers().then((answered) => {
        if (answered) taken++
      })
    }
    const { code, output } = await sipp(port, [
      '-sn',
      'uac',
      '-t',
      mode,
      '-m',
      '10',
      '-l',
      '1',
      '-r',
      '10',
      '-d',
      '50',
      '-s',
      'specialist',
      `127.0.0.1:${specialist.port}`,
    ])
    expect(code, output).toBe(0)
    expect(taken).toBe(10)
    expect(specialist.state).toBe('idle')
  })

  it('is called by us, and we hang up', async () => {
    const gp = await phone({ name: 'GP', protocol, toneHz: 700 })
    const port = await freePort()
    const running = sipp(port, ['-sn', 'uas', '-t', mode, '-m', '3', '-rtp_echo'])
    // SIPp takes a moment until it listens; an INVITE that comes too early is refused at once by the closed port.
    const connects = async () => {
      for (let attempt = 0; attempt < 50; attempt++) {
        const outcome = await gp.dials(`sip:x@127.0.0.1:${port}${protocol === 'tcp' ? ';transport=tcp' : ''}`)
        if (outcome.kind === 'connected') return
        await gp.waits(100)
      }
      throw new Error('SIPp does not listen')
    }
    for (let call = 0; call < 3; call++) {
      await connects()
      await gp.waits(50)
      await gp.hangsUp()
      await gp.isHungUp()
    }
    const { code, output } = await running
    expect(code, output).toBe(0)
  })
})

describe('SIPp over udp that loses every tenth packet', () => {
  it('calls us ten times: repetitions on both sides bring every call through', async () => {
    // It remembers a BYE for six of SIPp's repetitions of it, and has had its ACK, lost or not, before SIPp hangs up: SIPp takes a 200 to its INVITE that is
    // repeated for the one to its BYE.
    const specialist = await phone({ name: 'Specialist', timers: { t1: 200 } })
    specialist.onRinging = () => void specialist.answers()
    const port = await freePort()
    const { code, output } = await sipp(port, [
      '-sn',
      'uac',
      '-t',
      'u1',
      '-lost',
      '10',
      '-m',
      '10',
      '-l',
      '1',
      '-d',
      '1500',
      '-s',
      'specialist',
      `127.0.0.1:${specialist.port}`,
    ])
    expect(code, output).toBe(0)
  })
})

describe.each(['udp', 'tcp'] as const)('baresip over %s', (protocol) => {
  const suffix = protocol === 'tcp' ? ';transport=tcp' : ''

  it('is called by us: each hears the other’s tone; hold silences it, resume brings it back', async () => {
    const other = await baresip(440, true)
    const gp = await phone({ name: 'GP', protocol, toneHz: 700 })
    expect(await gp.dials(`${other.address}${suffix}`)).toEqual({ kind: 'connected' })
    await gp.hears(440)
    expect(await gp.holds('inactive')).toMatchObject({ kind: 'answered' })
    await gp.hearing.silence()
    expect(await gp.resumes()).toMatchObject({ kind: 'answered' })
    await gp.hears(440)
    await gp.waits(500)
    await gp.hangsUp()
    await other.hasSeen('CALL_CLOSED')
    await other.stop()
  })

  it('calls us: each hears the other’s tone, its keys arrive, its hang-up ends the call', async () => {
    const other = await baresip(440, false)
    const specialist = await phone({ name: 'Specialist', protocol, toneHz: 700 })
    other.dial(specialist.uri)
    expect(await specialist.answers()).toBe(true)
    await specialist.hears(440)
    other.press('7')
    await expect.poll(() => specialist.keysHeard, { timeout: 30_000 }).toEqual(['7'])
    await expect
      .poll(
        () => {
          const heard = other.heard()
          return toneShare(heard.subarray(Math.max(0, heard.length - 800)), 700)
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0.9)
    other.hangUp()
    expect(await specialist.isHungUp()).toMatchObject({ kind: 'remote' })
  })

  it('holds us and takes us back', async () => {
    const other = await baresip(440, true)
    const gp = await phone({ name: 'GP', protocol, toneHz: 700 })
    await gp.dials(`${other.address}${suffix}`)
    await gp.hears(440)
    other.hold()
    await expect.poll(() => gp.log.count('wasHeld'), { timeout: 30_000 }).toBe(1)
    other.resume()
    await expect.poll(() => gp.log.count('wasResumed'), { timeout: 30_000 }).toBe(1)
    await gp.hears(440)
    await gp.hangsUp()
  })
})
