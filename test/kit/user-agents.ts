import { expect } from 'vitest'
import { VirtualNetwork, VirtualTime, type VirtualTransport } from './virtual-network.js'
import { audioOffer } from '../../src/embedded/protocols/sdp/offer-answer.js'
import type { Endpoint } from '../../src/embedded/protocols/sip/endpoint.js'
import type { IncomingInvite } from '../../src/embedded/protocols/sip/incoming-call.js'
import type { SipMessage } from '../../src/embedded/protocols/sip/message.js'
import { parseMessage } from '../../src/embedded/protocols/sip/parse.js'
import { printMessage, startLine } from '../../src/embedded/protocols/sip/print.js'
import { UserAgent, type InviteOptions, type UserAgentOptions } from '../../src/embedded/protocols/sip/user-agent.js'

export const A: Endpoint = { protocol: 'udp', address: '192.0.2.1', port: 5060 }
export const B: Endpoint = { protocol: 'udp', address: '192.0.2.2', port: 5060 }
export const TO_B = 'sip:b@192.0.2.2:5060'
export const SDP = audioOffer({ address: '192.0.2.1', port: 4000 })

/** Two user agents, or one and a hand-made peer, with everything that went over the wire. */
export class World {
  readonly time = new VirtualTime()
  readonly wire: { readonly message: SipMessage; readonly from: Endpoint; readonly at: number }[] = []
  readonly network = new VirtualNetwork(this.time, () => 0.5)
  readonly agents: UserAgent[] = []
  readonly #peers = new Set<Endpoint>()

  constructor() {
    this.network.onSent = (bytes, from) => {
      const parsed = parseMessage(bytes)
      if (parsed.ok) this.wire.push({ message: parsed.message, from, at: this.time.monotonic() })
      else if (!this.#peers.has(from)) throw new Error(`sent what cannot be read: ${parsed.problem.where}: ${parsed.problem.what}`)
    }
  }

  agent(where: Endpoint, options: Partial<UserAgentOptions> = {}): UserAgent {
    const agent = new UserAgent({ transport: this.network.join(where), clock: this.time, user: where === A ? 'a' : 'b', ...options })
    this.agents.push(agent)
    return agent
  }

  /** A peer that only stores what it receives; the test speaks for it. */
  peer(where: Endpoint): {
    readonly got: SipMessage[]
    readonly transport: VirtualTransport
    say(message: SipMessage | string, to?: Endpoint): void
  } {
    const transport = this.network.join(where)
    this.#peers.add(where)
    const got: SipMessage[] = []
    transport.user = { received: ({ message }) => got.push(message) }
    return {
      got,
      transport,
      say: (message, to = A) => transport.send(typeof message === 'string' ? Buffer.from(message) : printMessage(message), to),
    }
  }

  /** Start lines sent by that end, without the URIs: `INVITE`, `200`. */
  lines(from: Endpoint): string[] {
    return this.wire.filter((sent) => sent.from === from).map(({ message }) => startLine(message).replace('SIP/2.0 ', '').split(' ')[0]!)
  }

  async ends(): Promise<void> {
    await this.time.pass(1_000_000)
    for (const { layer, dialogCount } of this.agents) {
      expect(layer.counts).toEqual({ client: 0, server: 0, unacknowledged: 0 })
      expect(dialogCount).toBe(0)
    }
    expect(this.time.pending).toBe(0)
  }
}

export function ringing(agent: UserAgent): IncomingInvite[] {
  const invites: IncomingInvite[] = []
  agent.onInvite = (invite) => {
    invites.push(invite)
    invite.ring()
  }
  return invites
}

export async function talking(world: World, options: Partial<InviteOptions> = {}) {
  const a = world.agent(A)
  const b = world.agent(B)
  const invites = ringing(b)
  const result = a.invite(TO_B, { sdp: SDP, ...options })
  await world.time.pass(50)
  const answer = invites[0]!.answer(SDP)
  await world.time.pass(50)
  const [outcome, answered] = await Promise.all([result, answer])
  if (outcome.kind !== 'answered' || answered.kind !== 'answered') throw new Error('no call')
  return { a, b, caller: outcome.session, callee: answered.session }
}

/** A message as another stack would send it. */
export function handMade(
  method: string,
  {
    uri = TO_B,
    tag,
    cseq = 1,
    branch = 'one',
    more = [],
    sdp,
    body = sdp ?? '',
  }: { uri?: string; tag?: string; cseq?: number; branch?: string; more?: readonly string[]; sdp?: string; body?: string },
): string {
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${branch}`,
    'Max-Forwards: 70',
    'From: <sip:a@192.0.2.1>;tag=caller',
    `To: <sip:b@192.0.2.2>${tag === undefined ? '' : `;tag=${tag}`}`,
    'Call-ID: hand-made',
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:a@192.0.2.1:5060>',
    ...more,
    ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}
