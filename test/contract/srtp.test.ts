import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SrtpCrypt } from '../../src/embedded/media/secure/srtp-crypt.js'
import { loadWerift, type Werift } from '../../src/embedded/media/secure/werift.js'
import { buildRtp } from '../../src/embedded/protocols/rtp/packet.js'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { readWav } from '../../src/embedded/protocols/rtp/wav.js'
import { ServerPair } from '../../src/switch/drachtio/server-pair.js'
import type { Trunk } from '../../src/switch/drachtio/settings.js'
import type { DialResult, Leg, Sent, SrtpWish } from '../../src/switch/port.js'
import { Baresip } from '../e2e/baresip.js'
import { startEmbedded } from './embedded-servers.js'
import { startWithSpares } from './media-servers.js'
import { header } from './phone/message.js'
import { write } from './phone/sdp.js'
import { TestTrunk, type TrunkInvite } from './phone/trunk.js'
import { serversOfEnvironment, sparesOfEnvironment } from './servers.js'
import { SocketWorld, type Servers } from './socket-world.js'

const SUITE = 'AES_CM_128_HMAC_SHA1_80'
let world: SocketWorld
let trunk: TestTrunk
let voice: Voice

afterEach(async () => {
  voice.close()
  trunk.close()
  await world.close()
})

async function open(srtp: SrtpWish | undefined, servers?: Servers): Promise<void> {
  trunk = await TestTrunk.open()
  voice = await Voice.open()
  const settings: Trunk = { name: 'carrier', address: trunk.address, ...(srtp === undefined ? {} : { srtp }) }
  world = await SocketWorld.open(servers ?? serversOfEnvironment() ?? (await startEmbedded()), { trunks: [settings] })
}

function dial(sent: Sent[] = []): Promise<DialResult> {
  return world.switch.dial(
    { kind: 'number', number: '+441632960123' },
    { from: { number: '+441632960000' }, ringMs: 15_000, signal: new AbortController().signal, onSent: (one) => sent.push(one) },
  )
}

function legOf(result: DialResult): Leg {
  if (result.kind !== 'answered') throw new Error(JSON.stringify(result))
  return result.leg
}

/** The trunk's end of the audio. */
class Voice {
  #crypt: SrtpCrypt | undefined
  readonly #werift: Werift
  #talking: NodeJS.Timeout | undefined
  /** Packets that were genuine, and those that were not. */
  heard = 0
  foreign = 0

  private constructor(
    readonly socket: Socket,
    readonly key: Buffer,
    werift: Werift,
  ) {
    this.#werift = werift
  }

  static async open(): Promise<Voice> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const opened = new Voice(socket, Buffer.from(Array.from({ length: 30 }, (_, at) => at)), await loadWerift())
    socket.on('message', (data) => {
      if (opened.#crypt?.unprotect(data)) opened.heard++
      else opened.foreign++
    })
    return opened
  }

  /** Its answer to what is offered, with a key of its own. */
  answerTo(offer: string): string {
    const answer = write({ port: this.socket.address().port, laws: ['PCMA'] })
    return offer.includes('RTP/SAVP')
      ? answer.replace('RTP/AVP', 'RTP/SAVP').replace('a=ptime', `a=crypto:1 ${SUITE} inline:${this.key.toString('base64')}\r\na=ptime`)
      : answer
  }

  /** From now on it encrypts as was agreed, and talks. */
  talksWith(offer: string): void {
    const theirs = Buffer.from(/inline:(\S+)/.exec(offer)?.[1] ?? '', 'base64')
    const part = (key: Buffer): readonly [Buffer, Buffer] => [key.subarray(0, 16), key.subarray(16)]
    const [[localKey, localSalt], [remoteKey, remoteSalt]] = [part(this.key), part(theirs)]
    const crypt = new SrtpCrypt(this.#werift, { profile: 1, localKey, localSalt, remoteKey, remoteSalt })
    this.#crypt = crypt
    this.heard = 0
    const port = Number(/m=audio (\d+)/.exec(offer)?.[1])
    clearInterval(this.#talking)
    let sequence = 0
    this.#talking = setInterval(
      () =>
        this.socket.send(
          crypt.protect(
            buildRtp({
              marker: false,
              payloadType: 8,
              sequence: sequence++,
              timestamp: sequence * 160,
              ssrc: 7,
              payload: Buffer.alloc(160, 0x55),
            }),
          ),
          port,
          '127.0.0.1',
        ),
      20,
    )
  }

  close(): void {
    clearInterval(this.#talking)
    this.socket.close()
  }
}

function answers(invite: TrunkInvite): void {
  const offer = invite.message.body
  invite.reply(200, 'OK', [['Content-Type', 'application/sdp']], voice.answerTo(offer))
  if (offer.includes('inline:')) voice.talksWith(offer)
}

it('a trunk with SRTP is rung with a key, hears what is said to it, and is heard', async () => {
  await open('required')
  trunk.onInvite = (invite) => answers(invite)
  const sent: Sent[] = []
  const leg = legOf(await dial(sent))
  expect(trunk.invites[0]?.message.body).toMatch(new RegExp(`^m=audio \\d+ RTP/SAVP .*[^]*^a=crypto:1 ${SUITE} inline:`, 'm'))
  expect(sent).toMatchObject([{ trunk: 'carrier', srtp: true }])
  void leg.play([{ kind: 'tone', tone: 'ringback' }])
  await expect.poll(() => voice.heard).toBeGreaterThan(20)
  expect(voice.foreign).toBe(0)
  await world.settled(leg.close())
})

it('a key is for one call alone', async () => {
  await open('required')
  trunk.onInvite = (invite) => answers(invite)
  for (let call = 0; call < 2; call++) await world.settled(legOf(await dial()).close())
  const keys = trunk.invites.map(({ message }) => /inline:(\S+)/.exec(message.body)?.[1])
  expect(new Set(keys).size).toBe(2)
})

it('optional: who says 488 is rung again in the clear, and that is said', async () => {
  await open('optional')
  trunk.onInvite = (invite) => (invite.message.body.includes('RTP/SAVP') ? invite.reply(488, 'Not Acceptable Here') : answers(invite))
  const sent: Sent[] = []
  const leg = legOf(await dial(sent))
  expect(trunk.invites.map(({ message }) => / RTP\/S?AVP /.exec(message.body)?.[0].trim())).toEqual(['RTP/SAVP', 'RTP/AVP'])
  expect(sent.map(({ srtp, plainAfter }) => ({ srtp, plainAfter }))).toEqual([
    { srtp: true, plainAfter: undefined },
    { srtp: undefined, plainAfter: '488 Not Acceptable Here' },
  ])
  expect(world.notices).toContain('trunk "carrier" takes no SRTP (488 Not Acceptable Here): this call is in the clear')
  await world.settled(leg.close())
})

it.each([
  ['required', 488],
  ['optional', 486],
  ['optional', 500],
  ['optional', 603],
] as const)('%s: nobody is rung in the clear after %i', async (srtp, status) => {
  await open(srtp)
  trunk.onInvite = (invite) => invite.reply(status, 'No')
  expect(await dial()).toMatchObject({ status })
  await world.elapse(100)
  expect(trunk.invites).toHaveLength(1)
})

it('optional: who has rung is not rung again in the clear, whatever comes then', async () => {
  await open('optional')
  trunk.onInvite = (invite) => {
    invite.reply(180)
    invite.reply(488)
  }
  expect(await dial()).toMatchObject({ status: 488 })
  await world.elapse(100)
  expect(trunk.invites).toHaveLength(1)
})

it('an answer in the clear to an offer of SRTP is no answer', async () => {
  await open('optional')
  trunk.onInvite = (invite) => invite.answer()
  expect(await dial()).toMatchObject({ kind: 'failed', fault: 'farEnd' })
  expect(trunk.invites).toHaveLength(1)
  await expect.poll(() => trunk.of('BYE').length).toBe(1)
})

describe('a media server that does not encrypt', () => {
  beforeEach(() => vi.spyOn(ServerPair.prototype, 'takeEncryptedChannel').mockResolvedValue(undefined))
  afterEach(() => vi.restoreAllMocks())

  it('optional: the call is in the clear, and that is said', async () => {
    await open('optional')
    trunk.onInvite = (invite) => answers(invite)
    const sent: Sent[] = []
    const leg = legOf(await dial(sent))
    expect(trunk.invites.map(({ message }) => / RTP\/S?AVP /.exec(message.body)?.[0].trim())).toEqual(['RTP/AVP'])
    expect(sent).toMatchObject([{ plainAfter: 'the media server does not encrypt' }])
    expect(sent[0]?.srtp).toBeUndefined()
    expect(world.notices).toContain('the media server does not encrypt: this call is in the clear')
    await world.settled(leg.close())
  })

  it('optional: who refuses the call in the clear is asked once', async () => {
    await open('optional')
    trunk.onInvite = (invite) => invite.reply(488, 'Not Acceptable Here')
    expect(await dial()).toMatchObject({ status: 488 })
    expect(trunk.invites).toHaveLength(1)
  })

  it('required: nobody is rung', async () => {
    await open('required')
    expect(await dial()).toEqual({ kind: 'failed', fault: 'ours', reason: 'the media server does not encrypt' })
    expect(trunk.invites).toHaveLength(0)
  })
})

it('without the setting the offer is plain', async () => {
  await open(undefined)
  trunk.onInvite = (invite) => answers(invite)
  const leg = legOf(await dial())
  expect(trunk.invites[0]?.message.body).not.toMatch(/SAVP|crypto/)
  await world.settled(leg.close())
})

describe('baresip, which shares no line with us', () => {
  let phone: Baresip
  const rings = (srtp: SrtpWish) =>
    world.switch.dial(
      { kind: 'uri', uri: phone.address, srtp },
      { from: { number: '+441632960000' }, ringMs: 15_000, signal: new AbortController().signal },
    )

  beforeEach(() => open(undefined))
  afterEach(() => phone.stop())

  it('with SRTP and nothing else hears and is heard', async () => {
    phone = await Baresip.start({ tone: 800, autoAnswer: true, srtp: true })
    expect(await rings('off')).toMatchObject({ kind: 'failed', status: 488 })
    await hearEachOther(legOf(await rings('required')))
  })

  async function hearEachOther(leg: Leg): Promise<void> {
    void leg.play([world.file(20_000, 1_300)])
    const path = join(world.folder, 'baresip.wav')
    const recorded = await leg.record(path, { signal: new AbortController().signal })
    if (recorded.kind !== 'recording') throw new Error(JSON.stringify(recorded))
    await expect.poll(() => toneShare([...phone.heard().slice(-8_000)], 1_300), { timeout: 15_000 }).toBeGreaterThan(0.8)
    await expect
      .poll(async () => toneShare([...((await readWav(path)).channels[0]?.slice(-4_000) ?? [])], 800), { timeout: 15_000 })
      .toBeGreaterThan(0.8)
    await recorded.recording.stop()
    await world.settled(leg.close())
  }

  it('calls with SRTP, and hears and is heard', async () => {
    phone = await Baresip.start({ tone: 800, srtp: true })
    const answered = new Promise<Leg>((resolve, reject) => {
      world.switch.onIncoming(async (call) => {
        const answer = await call.answer()
        if (answer.kind === 'answered') resolve(answer.leg)
        else reject(new Error(answer.kind))
      })
    })
    phone.dial(world.dialIn)
    await hearEachOther(await answered)
  })

  it('without SRTP is rung again in the clear where that is allowed, and not where it is not', async () => {
    phone = await Baresip.start({ tone: 800, autoAnswer: true })
    const refused = await rings('required')
    expect(refused).toMatchObject({ kind: 'failed', fault: 'farEnd' })
    const leg = legOf(await rings('optional'))
    await world.settled(leg.close())
  })
})

it('its media server dies: it is taken to another one, encrypted as before, with another key', async () => {
  const servers = sparesOfEnvironment() ?? (await startWithSpares())
  await open('required', servers)
  await world.mediaIsBack()
  trunk.onInvite = (invite) => answers(invite)
  const leg = legOf(await dial())
  void leg.play([{ kind: 'tone', tone: 'ringback' }])
  await expect.poll(() => voice.heard).toBeGreaterThan(10)
  await servers.media?.kill()
  const moved = await trunk.nextInvite(2)
  expect(header(moved.message, 'Call-ID')).toBe(trunk.invites[0]?.callId)
  expect(moved.message.body).toContain('RTP/SAVP')
  expect(/inline:(\S+)/.exec(moved.message.body)?.[1]).not.toBe(/inline:(\S+)/.exec(trunk.invites[0]?.message.body ?? '')?.[1])
  await expect.poll(() => voice.heard).toBeGreaterThan(10)
  await world.settled(leg.close())
}, 40_000)
