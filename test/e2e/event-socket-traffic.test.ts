import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { delay, Engine } from './engine.js'
import { world } from './world.js'

const calls = 3
/** What one call may put on the event sockets: dialled, whispered to, accepted, bridged, recorded, hung up. The bounds are a fifth above what it does. */
const bounds = { commands: 36, writes: 21, events: 16, kilobytes: 125 }

const command = /^(?:api|event|nixevent|filter|sendmsg|connect|exit|auth)\b/

/** What one process has written, write by write. */
function writes(folder: string, pid: number | undefined): readonly string[] {
  return readFileSync(join(folder, `${pid ?? 0}.sent`), 'utf8').split('\n--\n')
}

it(
  `a call costs the event sockets no more than ${bounds.commands} commands, ${bounds.events} events and ${bounds.kilobytes} kB`,
  { timeout: 90_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-tap-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const gp = await TestPhone.open()
    const ward = await TestPhone.open()
    onTestFinished(() => {
      gp.close()
      ward.close()
    })
    const engine = await Engine.start({
      directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: [`sip:ward@127.0.0.1:${ward.port}`] }]),
      env: { NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'traffic-tap.mjs')).href}`, RINGROUND_TEST_TAP: folder },
    })
    onTestFinished(() => engine.dispose())
    const talk = async (): Promise<void> => {
      const call = await gp.call(`sip:4000@${engine.sip}`)
      await call.answered()
      const rung = await ward.nextCall()
      rung.answer()
      await delay(700)
      await rung.media.press('1')
      await delay(1_500)
      call.bye()
      await delay(300)
      rung.bye()
      await delay(700)
    }
    const [switchPid] = engine.children()
    const count = () => {
      // What asks whether the media server lives, twice a second, belongs to no call.
      const ours = writes(folder, engine.child.pid)
        .filter((text) => command.test(text))
        .map((text) => text.replaceAll(/api global_getvar hostname\r?\n\r?\n/g, ''))
        .filter((text) => text !== '')
      const theirs = writes(folder, switchPid).filter((text) => /^(?:Content-Length|Content-Type|Event-Name): /.test(text))
      return {
        writes: ours.length,
        commands: ours.reduce((sum, text) => sum + (text.match(/\n\n/g)?.length ?? 0), 0),
        events: theirs.filter((text) => text.includes('Content-Type: text/event-plain')).length,
        bytes: theirs.reduce((sum, text) => sum + text.length, 0),
      }
    }
    // The first call makes the channels that are kept ready.
    await talk()
    const before = count()
    for (let call = 0; call < calls; call++) await talk()
    const after = count()
    expect((await engine.list()).map(({ ending }) => ending)).toEqual(Array(calls + 1).fill('completed'))
    const each = {
      commands: (after.commands - before.commands) / calls,
      writes: (after.writes - before.writes) / calls,
      events: (after.events - before.events) / calls,
      kilobytes: (after.bytes - before.bytes) / calls / 1_000,
    }
    for (const [what, bound] of Object.entries(bounds)) {
      const value = each[what as keyof typeof bounds]
      // Nothing counted would be a count that does not work.
      expect(value, what).toBeGreaterThan(bound / 3)
      expect(value, what).toBeLessThanOrEqual(bound)
    }
  },
)
