import { afterEach, describe, expect, it } from 'vitest'
import type { Endpoint } from '../../src/embedded/protocols/sip/endpoint.js'
import type { ReceivedMessage } from '../../src/embedded/protocols/sip/transport.js'
import { SocketTransport } from '../../src/embedded/protocols/sip/socket-transport.js'
import { Faults } from '../../src/embedded/faults.js'
import { FaultyTransport } from '../../src/embedded/faulty-transport.js'
import { LocalWire } from '../../src/embedded/local-wire.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function wire(address = '127.0.0.1'): Promise<LocalWire> {
  const made = new LocalWire(await SocketTransport.open({ address }))
  open.push(made)
  return made
}

async function pair(address?: string): Promise<readonly [LocalWire, LocalWire]> {
  const [one, other] = [await wire(address), await wire()]
  LocalWire.join(one, other)
  return [one, other]
}

function udp(of: LocalWire): Endpoint {
  const found = of.listeners.find(({ protocol }) => protocol === 'udp')
  if (!found) throw new Error('no UDP listener')
  return found
}

function hears(on: LocalWire): ReceivedMessage[] {
  const heard: ReceivedMessage[] = []
  on.user = { received: (message) => void heard.push(message) }
  return heard
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function options(n: number): Buffer {
  return Buffer.from(
    `OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK${n}\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: c\r\nCSeq: ${n} OPTIONS\r\n\r\n`,
  )
}

describe('the way between the two roles', () => {
  it('hands over in memory, in order and in a turn of its own, what comes from the other one, stamped as from its port', async () => {
    const [one, other] = await pair()
    const heard = hears(other)
    one.send(options(1), udp(other))
    one.send(options(2), udp(other))
    expect(heard).toHaveLength(0)
    await turn()
    expect(heard).toHaveLength(1)
    await turn()
    expect(heard.map(({ message }) => message.cseq.sequence)).toEqual([1, 2])
    expect(heard[0]?.source).toEqual(udp(one))
    expect(heard[0]?.local).toEqual(udp(other))
    expect(heard[0]?.message.headers.get('Via')).toContain(`rport=${udp(one).port};`)
    expect(one.lossless(udp(other))).toBe(true)
  })

  it('sends everything else through its sockets', async () => {
    const [one] = await pair()
    const stranger = await wire()
    const heard = hears(stranger)
    one.send(options(1), udp(stranger))
    for (let i = 0; i < 100 && heard.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(heard[0]?.source).toEqual(udp(one))
    expect(one.lossless(udp(stranger))).toBe(false)
    expect(one.lossless({ ...udp(stranger), protocol: 'tcp' })).toBe(false)
  })

  it('knows a role that listens on every address of a family by its loopback one', async () => {
    const [one, other] = await pair('0.0.0.0')
    const heard = hears(one)
    const own = { ...udp(one), address: '127.0.0.1' }
    other.send(options(1), own)
    one.send(options(2), udp(other))
    await turn()
    expect(heard).toHaveLength(1)
    expect(other.lossless(own)).toBe(true)
    expect(other.lossless({ ...own, address: '192.0.2.1' })).toBe(false)
  })

  it('delivers nothing to who has closed, and promises nothing while a fault may lose it', async () => {
    const [one, other] = await pair()
    const faults = new Faults()
    const faulty = new FaultyTransport(one, faults, 'sip')
    expect(faulty.lossless(udp(other))).toBe(true)
    faults.arm({ kind: 'drop', stream: 'sip', nth: 1 })
    expect(faulty.lossless(udp(other))).toBe(false)
    const heard = hears(other)
    one.send(options(1), udp(other))
    await other.close()
    await turn()
    expect(heard).toHaveLength(0)
    expect(one.lossless(udp(other))).toBe(false)
  })
})
