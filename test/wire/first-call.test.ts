import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { SocketTransport } from '../../src/embedded/protocols/sip/socket-transport.js'
import { UserAgent } from '../../src/embedded/protocols/sip/user-agent.js'
import { connectMrf, connectSrf, quick, type Endpoint, type SrfDialog } from './drachtio-packages.js'
import { startSwitch } from './switch-under-test.js'

const opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function phone(user: string): Promise<{ agent: UserAgent; uri: string; rtp: Socket; sdp: string }> {
  const transport = await SocketTransport.open({ protocols: ['udp'] })
  const agent = new UserAgent({ transport, user })
  const rtp = createSocket('udp4')
  rtp.bind(0, '127.0.0.1')
  await once(rtp, 'listening')
  opened.push(async () => {
    await agent.close()
    await transport.close()
    rtp.close()
  })
  const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${rtp.address().port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n`
  return { agent, uri: `sip:${user}@127.0.0.1:${transport.listeners[0]!.port}`, rtp, sdp }
}

test('a caller is answered, hears a tone, is bridged to a second leg that pressed 1, and everything is released', async () => {
  const { embedded, where, sip } = await startSwitch({ log: (line) => process.stderr.write(`${line}\n`) })
  opened.push(() => embedded.stop())
  const srf = await connectSrf(where)
  opened.push(() => srf.disconnect())
  const ms = await connectMrf(srf, where)
  opened.push(() => ms.disconnect())
  const caller = await phone('gp')
  const specialist = await phone('specialist')
  specialist.agent.onInvite = (invite) => {
    invite.ring()
    void invite.answer(specialist.sdp)
  }

  let first: Endpoint | undefined
  let callerDialog: SrfDialog | undefined
  const arrived = new Promise<void>((resolve, reject) => {
    srf.invite((req, res) => {
      ms.createEndpoint({ remoteSdp: req.body })
        .then(async (endpoint) => {
          first = quick(endpoint)
          callerDialog = await srf.createUAS(req, res, { localSdp: endpoint.local.sdp })
          resolve()
        })
        .catch(reject)
    })
  })
  const answered = await caller.agent.invite(`sip:7001@${sip}`, { sdp: caller.sdp })
  expect(answered.kind).toBe('answered')
  await arrived
  const played = await first!.play('tone_stream://%(200,0,440)')
  expect(played.playbackMilliseconds).toBe('200')

  const second = quick(await ms.createEndpoint())
  const dialog = await srf.createUAC(specialist.uri, { localSdp: second.local.sdp })
  await second.modify(dialog.remote.sdp)
  const key = once(second, 'dtmf') as Promise<[{ dtmf: string; source: string }]>
  await second.execute('start_dtmf')
  const port = Number(second.local.mediaPort)
  for (const [index, end] of [false, false, true, true, true].entries()) {
    const packet = Buffer.alloc(16)
    packet.writeUInt8(0x80, 0)
    packet.writeUInt8(101 | (index === 0 ? 0x80 : 0), 1)
    packet.writeUInt16BE(100 + index, 2)
    packet.writeUInt32BE(16000, 4)
    packet.writeUInt32BE(0xabcdef, 8)
    packet.writeUInt8(1, 12)
    packet.writeUInt8((end ? 0x80 : 0) | 10, 13)
    packet.writeUInt16BE(160 * (index + 1), 14)
    specialist.rtp.send(packet, port, '127.0.0.1')
  }
  const [{ dtmf, source }] = await key
  expect([dtmf, source]).toEqual(['1', 'RTP'])

  await first!.bridge(second)
  await dialog.destroy()
  await second.destroy()
  await callerDialog!.destroy()
  await first!.destroy()
  expect(embedded.load()).toMatchObject({ channels: 0, dialogs: 0 })
})
