import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { delay, Engine, eventually, startAndFail } from './engine.js'
import { freePort } from './free-ports.js'
import { world } from './world.js'

const good = world([{ id: 'cardiology', code: '21', number: '4000', rota: [] }])

/** Field 6 of proc(5)'s stat; the name before it stands in brackets. */
function sessionOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]
}

describe('starting', { timeout: 60_000 }, () => {
  const engines: Engine[] = []
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.dispose()
  })
  async function start(directory: string): Promise<Engine> {
    const engine = await Engine.start({ directory })
    engines.push(engine)
    return engine
  }

  it('two engines run side by side, and each ends without leaving anything', async () => {
    const both = await Promise.all([start(good), start(good)])
    for (const engine of both) {
      expect((await engine.get('/healthz')).ok).toBe(true)
      expect((await engine.get('/readyz')).ok).toBe(true)
    }
    for (const engine of both) await engine.stop()
  })

  it('a setting that cannot be used is one line that says what to change', async () => {
    const { code, output } = await startAndFail({ directory: good, env: { RINGROUND_SIP_PORT: 'sixty' } })
    expect(code).toBe(1)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toContain('RINGROUND_SIP_PORT')
    expect(output).toContain('a whole number')
  })

  it('a demo without an embedded switch to play on is one line', async () => {
    const { code, output } = await startAndFail({
      directory: good,
      args: ['--demo'],
      env: {
        RINGROUND_DRACHTIO: '127.0.0.1:9022',
        RINGROUND_FREESWITCH: '127.0.0.1:8021',
        RINGROUND_DRACHTIO_SECRET: 'of-our-own',
        RINGROUND_FREESWITCH_SECRET: 'of-our-own',
      },
    })
    expect(code).toBe(1)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toContain('RINGROUND_DRACHTIO')
  })

  it('a demo whose telephones cannot have their addresses says which, in one line', async () => {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    try {
      const taken = `sip:okafor@127.0.0.1:${socket.address().port}`
      const { code, output } = await startAndFail({
        directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: [taken] }]),
        args: ['--demo'],
      })
      expect(code).toBe(1)
      expect(output).not.toContain('is ready')
      expect(output.trim().split('\n').at(-1)).toContain(`${taken} of `)
    } finally {
      socket.close()
    }
  })

  it('an unknown setting is named', async () => {
    const { code, output } = await startAndFail({ directory: good, env: { RINGROUND_SIP_PROT: '5060' } })
    expect(code).toBe(1)
    expect(output).toContain('RINGROUND_SIP_PROT')
  })

  it('every mistake in the directory file is told with its line and what was expected', async () => {
    const wrong = good
      .replace('"everyone"', '"nobody knows"')
      .replace('"gpPractice"', '"gpPractise"')
      .replace('"code": "21"', '"code": "twenty-one"')
    const { code, output } = await startAndFail({ directory: wrong })
    expect(code).toBe(1)
    expect(output).toMatch(/directory\.yaml:\d+: .*gpPractise.*expected/)
    expect(output).toMatch(/directory\.yaml:\d+: .*twenty-one.*expected/)
  })

  it('a directory file that is not there', async () => {
    const { code, output } = await startAndFail({ directory: good, env: { RINGROUND_DIRECTORY_FILE: '/nowhere/directory.yaml' } })
    expect(code).toBe(1)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toContain('/nowhere/directory.yaml')
  })

  it('a SIP port that is taken', async () => {
    const port = await freePort()
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve))
    try {
      const { code, output } = await startAndFail({ directory: good, env: { RINGROUND_SIP_PORT: String(port) } })
      expect(code).toBe(1)
      expect(output.trim().split('\n')).toHaveLength(1)
      expect(output).toContain(String(port))
      expect(output).toContain('RINGROUND_SIP_PORT')
    } finally {
      socket.close()
    }
  })

  it('an HTTP port that is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    try {
      const { code, output } = await startAndFail({ directory: good, env: { RINGROUND_HTTP_PORT: String(port) } })
      expect(code).toBe(1)
      expect(output.trim().split('\n'), output).toHaveLength(1)
      expect(output).toContain('RINGROUND_HTTP_PORT')
    } finally {
      server.close()
    }
  })

  it('a data folder that cannot be used', async () => {
    const { code, output } = await startAndFail({ directory: good, env: { RINGROUND_DATA_FOLDER: '/dev/null/data' } })
    expect(code).toBe(1)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toContain('/dev/null/data')
  })

  it('a directory file that is changed is taken up between calls; one with mistakes leaves the old one in force', async () => {
    const phone = await TestPhone.open()
    try {
      const engine = await start(good)
      const refused = async (number: string) => (await (await phone.call(`sip:${number}@${engine.sip}`)).refusal()).status
      expect(await refused('4999')).toBe(404)

      writeFileSync(engine.directoryFile, good.replace('"gpPractice"', '"gpPractise"').replace('"4000"', '"4999"'))
      const told = await eventually(() => Promise.resolve(/directory\.yaml:\d+:[^\n]*gpPractise/.test(engine.log) || undefined), 10_000)
      expect(told).toBe(true)
      expect(engine.printed).toMatch(
        /not reloaded; the previous one stays current\. One mistake:\n.*directory\.yaml:\d+: .*gpPractise.*expected/,
      )
      expect(await refused('4999')).toBe(404)

      writeFileSync(engine.directoryFile, good.replace('"4000"', '"4999"'))
      const taken = await eventually(async () => {
        const call = await phone.call(`sip:4999@${engine.sip}`)
        await delay(300)
        if (call.answeredAt === undefined) return undefined
        call.bye()
        return true
      }, 10_000)
      expect(taken).toBe(true)
      expect(engine.printed).toMatch(/Directory reloaded: .*4000.*4999.*Applies to new calls\./)
      expect(await refused('4000')).toBe(404)
      await engine.stop()
    } finally {
      phone.close()
    }
  })

  it('an engine that is told to stop twice ends the calls that run, and says how many', async () => {
    const gp = await TestPhone.open()
    try {
      const engine = await start(
        world([
          { id: 'cardiology', code: '21', number: '4000', rota: ['sip:nobody@127.0.0.1:9'] },
          { id: 'other', code: '22', rota: [] },
        ]),
      )
      const caller = await gp.call(`sip:7001@${engine.sip}`)
      await caller.answered()
      engine.child.kill('SIGINT')
      await eventually(() => Promise.resolve(engine.printed.includes('waiting for 1 call') || undefined), 5_000)
      expect(engine.child.exitCode).toBeNull()
      engine.child.kill('SIGINT')
      expect(await eventually(() => Promise.resolve(engine.child.exitCode ?? undefined), 15_000)).toBe(0)
      expect(engine.printed).toContain('Stopping at once: 1 call is ended.')
      expect(caller.byeAt).toBeDefined()
    } finally {
      gp.close()
    }
  })

  it('an engine without calls says so when it is told to stop', async () => {
    const engine = await start(good)
    expect(await engine.list(), 'nothing is invented without --demo').toEqual([])
    await engine.stop()
    expect(engine.printed).toContain('Stopping: no call is running.')
  })

  it('the programs of an engine belong to its session, so that the kernel weighs them against each other by their priority', async () => {
    const engine = await start(good)
    const programs = await eventually(() => Promise.resolve(engine.children().length === 2 ? engine.children() : undefined), 5_000)
    expect(programs?.map(sessionOf)).toEqual(Array(2).fill(sessionOf(engine.child.pid ?? -1)))
  })

  const tellings: readonly (readonly [string, (engine: Engine) => void])[] = [
    ['by a signal of its own', (engine) => engine.child.kill('SIGTERM')],
    // Every program that was started in the terminal hears of it.
    ['by Ctrl-C', (engine) => [engine.child.pid ?? -1, ...engine.children()].forEach((pid) => process.kill(pid, 'SIGINT'))],
  ]
  it.each(tellings)('calls that run when the engine is told to stop (%s) come to their end', async (_how, tell) => {
    const [gp, ward] = [await TestPhone.open(), await TestPhone.open()]
    try {
      const engine = await start(world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }]))
      const caller = await gp.call(`sip:4000@${engine.sip}`)
      await caller.answered()
      const called = await ward.nextCall()
      called.answer()
      await delay(600)
      await called.media.press('1')
      await delay(500)
      const programs = engine.children()
      expect(programs).toHaveLength(2)
      tell(engine)
      await delay(1_500)
      expect(engine.children(), 'a program of the engine ended before its calls').toEqual(programs)
      expect(caller.byeAt).toBeUndefined()
      expect(engine.child.exitCode).toBeNull()
      expect(engine.printed).toMatch(/Stopping: waiting for 1 call to end, until \d\d:\d\d:\d\d at most\. .*Ctrl-C again ends it at once/)
      caller.bye()
      await delay(200)
      called.bye()
      expect(await eventually(() => Promise.resolve(engine.child.exitCode ?? undefined), 15_000)).toBe(0)
    } finally {
      gp.close()
      ward.close()
    }
  })
})
