import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { numberUse } from '../../src/directory/dialled-number.js'
import { parseDirectory } from '../../src/directory/parse-directory.js'
import { TestPhone } from '../contract/phone/phone.js'
import { Engine, type ApiCall } from './engine.js'
import { Terminal } from './terminal.js'

/** The phones of the README, by the README's own commands, as a newcomer types them. */

const root = fileURLToPath(new URL('../../', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const demoWorld = readFileSync(join(root, 'config', 'directory.yaml'), 'utf8')

/** Lines of the README's code blocks that begin with this. */
function commands(beginning: string): readonly string[] {
  const found = [...readme.matchAll(/^```\n([\s\S]*?)^```$/gm)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => line.startsWith(beginning))
  expect(found, `the README has no command that begins with "${beginning}"`).not.toHaveLength(0)
  return found
}

/** Whether no other program has it, on a machine that is not for tests alone. */
async function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)))
  })
}

describe('the phones of the README', { timeout: 90_000 }, () => {
  let terminal: Terminal
  let engine: Engine | undefined
  beforeEach(() => {
    terminal = new Terminal()
  })
  afterEach(async () => {
    terminal.close()
    await engine?.dispose()
  })

  /** With the demo world. On 5060, as a newcomer has it, and where another program has that, on a free port. */
  async function start(directory = demoWorld): Promise<(command: string) => string> {
    const port = (await isFree(5060)) ? '5060' : '0'
    const started = (engine = await Engine.start({ directory, env: { RINGROUND_SIP_PORT: port } }))
    return (command) => command.replaceAll('127.0.0.1:5060', started.sip)
  }

  const answered = (call: ApiCall) => call.events.some(({ type }) => type === 'call.answered')
  const chosen = (call: ApiCall) => call.line === 'cardiology' && call.attempts.length > 0

  it('every number that the README gives does something in the demo world', () => {
    const parsed = parseDirectory(demoWorld, 'directory.yaml')
    if (!parsed.ok) throw new Error('the demo world has errors')
    const section = readme.slice(readme.indexOf('## Ring it from a phone'), readme.indexOf('## Configure it'))
    const numbers = [...section.matchAll(/\b01632\d{6}\b/g)].map(([number]) => number)
    expect(numbers.length).toBeGreaterThan(3)
    for (const number of numbers) expect(numberUse(parsed.directory, number), number).toBeDefined()
  })

  it('baresip rings', async () => {
    const here = await start()
    terminal.run(here(commands('baresip ')[0]!))
    await engine!.callTo('01632960001', answered, 20_000).catch((error: unknown) => expect.fail(`${String(error)}\n${terminal.printed}`))
  })

  it('baresip without a sound card rings, stays, and chooses a line by key', async () => {
    const here = await start()
    const addition = /`(;audio_source=[^`]*)`\s+behind\s+`(regint=0)`/.exec(readme)
    expect(addition).not.toBeNull()
    terminal.run(here(commands('baresip ')[0]!).replace(addition![2]!, `${addition![2]!}${addition![1]!}`))
    await terminal.shows('Call established', 20_000)
    // One key after the other: it takes a second one that comes at once for the end of the first.
    terminal.types('2')
    await new Promise((resolve) => setTimeout(resolve, 600))
    terminal.types('1')
    await engine!.callTo('01632960001', chosen, 20_000)
  })

  it('Linphone rings beside an engine on port 5060, and chooses a line by key', async () => {
    const here = await start()
    terminal.run(here([...commands('mkdir -p ~/.local/share/linphone'), ...commands('linphonec ')].join(' && ')))
    await terminal.shows('Media streams established', 20_000)
    terminal.types('21\n')
    await engine!.callTo('01632960001', chosen, 20_000)
  })

  it('Linphone is rung at the address that the README gives, and accepts', async () => {
    const address = /that of the Linphone above is `(sip:[^`]+)`/.exec(readme)?.[1]
    expect(address).toBeDefined()
    const here = await start(demoWorld.replaceAll(/sip:(lindqvist|okafor|prasad)@127\.0\.0\.1:\d+/g, address!))
    const [prepare] = commands('mkdir -p ~/.local/share/linphone')
    terminal.run(here([prepare!, commands('linphonec ')[0]!.replace(/ -s \S+/, '')].join(' && ')))
    const gp = await TestPhone.open()
    try {
      await terminal.shows('linphonec>', 20_000)
      const call = await gp.call(`sip:01632960021@${engine!.sip}`)
      await call.answered()
      await terminal.shows('Receiving new incoming call', 20_000)
      terminal.types('answer\n')
      await terminal.shows('Media streams established', 20_000)
      terminal.types('1\n')
      await engine!.callTo('01632960021', ({ events }) => events.some(({ type }) => type === 'attempt.accepted'), 20_000)
    } finally {
      gp.close()
    }
  })
})
