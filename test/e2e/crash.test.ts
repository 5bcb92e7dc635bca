import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mkdtempSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { delay, Engine, eventually, isAlive } from './engine.js'
import { decodeMp3, msOfTone } from './listening.js'
import { world } from './world.js'

const gpTone = 530
const wardTone = 1_100

describe('what is kept when things break', { timeout: 90_000 }, () => {
  const engines: Engine[] = []
  const phones: TestPhone[] = []
  const folders: string[] = []
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.dispose()
    for (const phone of phones.splice(0)) phone.close()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })

  async function phone(): Promise<TestPhone> {
    const opened = await TestPhone.open()
    phones.push(opened)
    return opened
  }

  async function start(directory: string, folder?: string, env: Readonly<Record<string, string>> = {}): Promise<Engine> {
    const engine = await Engine.start({ directory, env, ...(folder === undefined ? {} : { folder }) })
    engines.push(engine)
    return engine
  }

  async function talk(engine: Engine, gp: TestPhone, ward: TestPhone): Promise<{ readonly caller: PhoneCall; readonly called: PhoneCall }> {
    const caller = await gp.call(`sip:4000@${engine.sip}`)
    await caller.answered()
    caller.media.tones = [gpTone]
    const called = await ward.nextCall()
    called.answer()
    called.media.tones = [wardTone]
    // The whisper speaks.
    await eventually(() => Promise.resolve(called.media.samplesSince(0).some((sample) => Math.abs(sample) > 500) || undefined), 10_000)
    await called.media.press('1')
    await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
    return { caller, called }
  }

  /** With the engine alone dead, the calls would go on (`survival.test.ts`). */
  async function bothDie(engine: Engine): Promise<void> {
    const { switchPid } = engine
    await engine.die()
    if (switchPid !== undefined && isAlive(switchPid)) process.kill(switchPid, 'SIGKILL')
  }

  it('kill -9 of the engine and its switch in the middle of a conversation: after the next start the call is closed as interrupted and its recording is there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
    folders.push(folder)
    const [gp, ward] = [await phone(), await phone()]
    const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
    const first = await start(directory, folder)
    await talk(first, gp, ward)
    await delay(3_000)
    await bothDie(first)
    expect(first.spooled().filter((name) => name.endsWith('.wav'))).toHaveLength(1)

    const second = await start(directory, folder)
    const call = await second.callTo('4000', (one) => one.recordings[0]?.state === 'ready', 15_000)
    expect(call.ending).toBe('interrupted')
    expect(call.attempts[0]?.result).toBe('accepted')
    expect(call.attempts[0]?.proof?.heard.key).toBe('1')
    const mp3 = decodeMp3(await second.mp3(call.callId))
    expect(mp3.seconds).toBeGreaterThan(2)
    expect(msOfTone(gpTone, mp3.channels[0] ?? new Int16Array())).toBeGreaterThan(1_500)
    expect(msOfTone(wardTone, mp3.channels[1] ?? new Int16Array())).toBeGreaterThan(1_500)
    await second.settled()
  })

  it('kill -9 of the engine and its switch while a specialist is rung: the call is closed as interrupted, and the next call goes through', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
    folders.push(folder)
    const [gp, ward, otherGp] = [await phone(), await phone(), await phone()]
    const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
    const first = await start(directory, folder)
    const caller = await gp.call(`sip:4000@${first.sip}`)
    await caller.answered()
    const rung = await ward.nextCall()
    rung.ring()
    await delay(300)
    await bothDie(first)
    const second = await start(directory, folder)
    expect((await second.callTo('4000')).ending).toBe('interrupted')
    const { caller: again, called } = await talk(second, otherGp, ward)
    again.bye()
    await delay(200)
    called.bye()
    await second.settled()
    expect((await second.list()).map((call) => call.ending)).toEqual(['completed', 'interrupted'])
  })

  it('the switch dies in the middle of a conversation: the call is closed, the switch comes back, the next call goes through', async () => {
    const [gp, ward, otherGp] = [await phone(), await phone(), await phone()]
    const engine = await start(world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }]))
    await talk(engine, gp, ward)
    await delay(4_000)
    const switchPid = engine.childThatRuns('embedded')
    if (switchPid === undefined) throw new Error('the engine has no switch')
    process.kill(switchPid, 'SIGKILL')
    const call = await engine.callTo('4000', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 20_000)
    expect(['mediaFault', 'engineFault']).toContain(call.ending)
    // What the dead switch had not yet handed to the disk is lost: a second or so.
    expect(call.recordings[0]?.seconds).toBeGreaterThan(1.5)
    const ready = await eventually(async () => ((await engine.get('/readyz')).ok ? true : undefined), 20_000)
    expect(ready).toBe(true)
    const { caller, called } = await talk(engine, otherGp, ward)
    caller.bye()
    await delay(200)
    called.bye()
    await engine.settled()
  })

  it.each(['SIGKILL', 'SIGSEGV'] as const)(
    'what makes MP3s dies by %s in the middle of a conversation: the call goes on, and its recording is whole',
    async (signal) => {
      const [gp, ward] = [await phone(), await phone()]
      const engine = await start(world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }]))
      const { caller, called } = await talk(engine, gp, ward)
      const growing = join(engine.recordings, '.growing')
      const encodes = async () =>
        (await eventually(() => Promise.resolve(existsSync(growing) && readdirSync(growing).length > 0 ? true : undefined), 20_000)) ??
        false
      expect(await encodes()).toBe(true)
      const before = engine.childThatRuns('encoding-main')
      process.kill(before ?? 0, signal)
      const next = await eventually(
        () => Promise.resolve([engine.childThatRuns('encoding-main')].find((pid) => pid !== undefined && pid !== before)),
        20_000,
      )
      expect(next).toBeDefined()
      expect(await encodes()).toBe(true)
      // Neither of the two has noticed anything.
      await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
      caller.bye()
      await delay(200)
      called.bye()
      const call = await engine.callTo('4000', (one) => one.recordings[0]?.state === 'ready', 20_000)
      const mp3 = decodeMp3(await engine.mp3(call.callId))
      expect(mp3.seconds).toBeGreaterThan(2)
      expect(msOfTone(gpTone, mp3.channels[0] ?? new Int16Array())).toBeGreaterThan((mp3.seconds - 1.5) * 1_000)
      expect(msOfTone(wardTone, mp3.channels[1] ?? new Int16Array())).toBeGreaterThan((mp3.seconds - 1.5) * 1_000)
      expect(engine.log).toContain('recordings.encoder')
      expect(readdirSync(growing)).toEqual([])
      await engine.settled()
    },
  )

  it('no room for a recording: the call goes on, the fact is recorded, an alarm is up', async () => {
    const [gp, ward] = [await phone(), await phone()]
    const engine = await start(world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }]))
    rmSync(engine.spool, { recursive: true, force: true })
    writeFileSync(engine.spool, 'a file where the folder was')
    const { caller, called } = await talk(engine, gp, ward)
    caller.bye()
    await delay(200)
    called.bye()
    const call = await engine.callTo('4000')
    expect(call.ending).toBe('completed')
    expect(call.events.map((event) => event.type)).toContain('recording.failed')
    expect(await engine.metric('ringround_alarms_active')).toBeGreaterThan(0)
    rmSync(engine.spool)
    mkdirSync(engine.spool)
  })

  it('the folder of finished recordings cannot be written: the spool is kept, an alarm is up, and the next start finishes it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
    folders.push(folder)
    const [gp, ward] = [await phone(), await phone()]
    const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
    const engine = await start(directory, folder)
    // Root writes where the mode says nobody may, so the folder's place is taken as well.
    chmodSync(engine.recordings, 0o500)
    rmSync(engine.recordings, { recursive: true })
    writeFileSync(engine.recordings, 'a file where the folder was')
    const { caller, called } = await talk(engine, gp, ward)
    await delay(1_000)
    caller.bye()
    await delay(200)
    called.bye()
    const call = await engine.callTo('4000')
    expect(call.ending).toBe('completed')
    expect(await eventually(async () => (((await engine.metric('ringround_alarms_active')) ?? 0) > 0 ? true : undefined), 15_000)).toBe(
      true,
    )
    expect(readdirSync(engine.spool).filter((name) => name.endsWith('.wav'))).toHaveLength(1)
    await engine.die()

    rmSync(engine.recordings)
    const next = await start(directory, folder)
    const finished = await next.callTo('4000', (one) => one.recordings[0]?.state === 'ready', 15_000)
    expect(decodeMp3(await next.mp3(finished.callId)).seconds).toBeGreaterThan(0.8)
    await next.settled()
  })
})
