import { describe, expect, it } from 'vitest'
import { VirtualNetwork, VirtualTime } from '../../../../test/kit/virtual-network.js'
import type { Endpoint } from './endpoint.js'
import { responseTo } from './responses.js'
import { TransactionLayer, type ServerTransaction } from './transaction-layer.js'
import type { TransactionLayerOptions } from './transaction-user.js'

const server: Endpoint = { protocol: 'udp', address: '192.0.2.1', port: 5060 }
const phone: Endpoint = { protocol: 'udp', address: '192.0.2.7', port: 5060 }

/** A layer in virtual time that is asked things by a phone, and what the phone hears. */
function asked(options: Partial<TransactionLayerOptions> = {}) {
  const time = new VirtualTime()
  const network = new VirtualNetwork(time, () => 0.5)
  const layer = new TransactionLayer({ transport: network.join(server), clock: time, ...options })
  const heard: string[] = []
  const asking = network.join(phone)
  asking.user = {
    received: ({ message }) => {
      if (message.kind === 'response') heard.push(`${message.status} ${message.callId}`)
    },
  }
  let n = 0
  const ask = (method: string, headers: Readonly<Record<string, string>> = {}): void => {
    n++
    const all = {
      Via: `SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK${n}`,
      From: '<sip:a@b>;tag=f',
      To: '<sip:c@d>',
      'Call-ID': `call-${n}`,
      CSeq: `1 ${method}`,
      'Max-Forwards': '70',
      ...headers,
    }
    asking.send(
      Buffer.from(
        `${method} sip:c@d SIP/2.0\r\n${Object.entries(all)
          .map(([name, value]) => `${name}: ${value}`)
          .join('\r\n')}\r\n\r\n`,
      ),
      server,
    )
  }
  return { time, layer, heard, ask }
}

describe('requests', () => {
  it('beyond what can be kept get 503 and nothing is kept for them; those inside dialogs are taken', async () => {
    const { time, layer, heard, ask } = asked({ maxTransactions: 3 })
    layer.user = {
      request: (transaction) => void transaction.respond(responseTo(transaction.request, 200, { toTag: transaction.localTag })),
      isInDialog: () => true,
    }
    for (let n = 0; n < 5; n++) ask('OPTIONS')
    ask('BYE', { To: '<sip:c@d>;tag=t' })
    await time.pass(10)
    expect(heard).toEqual(['200 call-1', '200 call-2', '200 call-3', '503 call-4', '503 call-5', '200 call-6'])
    expect(layer.counts.server).toBe(4)
    await time.pass(32_000)
    ask('OPTIONS')
    await time.pass(10)
    expect(heard.at(-1)).toBe('200 call-7')
  })

  it('that merge are refused as long as the first is under way, and no longer', async () => {
    const { time, layer, heard, ask } = asked()
    const taken: ServerTransaction[] = []
    layer.user = { request: (transaction) => void taken.push(transaction) }
    const same = { 'Call-ID': 'same' }
    ask('INVITE', same)
    ask('INVITE', same)
    ask('INVITE', { ...same, From: '<sip:a@b>;tag=other' })
    ask('INVITE', { ...same, CSeq: '2 INVITE' })
    await time.pass(10)
    expect(heard).toEqual(['482 same'])
    expect(taken).toHaveLength(3)
    const [first] = taken
    first?.respond(responseTo(first.request, 503, { toTag: first.localTag }))
    ask('INVITE', same)
    await time.pass(10)
    expect(taken).toHaveLength(4)
  })
})
