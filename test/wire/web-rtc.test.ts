import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { SrtpCrypt } from '../../src/embedded/media/secure/srtp-crypt.js'
import { loadWerift } from '../../src/embedded/media/secure/werift.js'
import { encodeG711, LINEAR_TO_MULAW } from '../../src/embedded/protocols/rtp/g711.js'
import { Oscillator } from '../../src/embedded/protocols/rtp/oscillator.js'
import { buildRtp } from '../../src/embedded/protocols/rtp/packet.js'
import { WebRtcPeer } from '../kit/web-rtc-peer.js'
import { RtpPhone } from '../media/rtp-phone.js'
import { closeAfterwards, mediaBench, until } from './bench-set-up.js'
import { quick, type Endpoint, type MediaServer } from './drachtio-packages.js'

function peer(): WebRtcPeer {
  const made = new WebRtcPeer()
  closeAfterwards(() => made.close())
  return made
}

/** A browser whose audio is at a channel. */
async function connected(ms: MediaServer): Promise<{ readonly browser: WebRtcPeer; readonly channel: Endpoint }> {
  const browser = peer()
  const channel = quick(await ms.createEndpoint())
  await browser.takes(await channel.dialog.modify(await browser.offer()))
  return { browser, channel }
}

/** A telephone without encryption, whose audio is at a channel. */
async function telephone(ms: MediaServer): Promise<{ readonly phone: RtpPhone; readonly channel: Endpoint; readonly port: number }> {
  const phone = await RtpPhone.open()
  closeAfterwards(() => phone.close())
  const remoteSdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${phone.port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n`
  const channel = quick(await ms.createEndpoint({ remoteSdp }))
  return { phone, channel, port: Number(/m=audio (\d+)/.exec(channel.local.sdp)?.[1]) }
}

test('a browser hears what is played to it, and its keys are heard', async () => {
  const { ms } = await mediaBench({ log: (line) => process.stderr.write(`${line}\n`) })
  const { browser, channel } = await connected(ms)
  const keys: string[] = []
  channel.on('dtmf', ({ dtmf }: { dtmf: string }) => keys.push(dtmf))
  void channel.play('tone_stream://%(20000,0,440)')
  await until(() => browser.share(440) > 0.8, 'the tone at the browser')
  browser.says(700)
  await browser.presses('5')
  await until(() => keys.length > 0, 'the key')
  expect(keys).toEqual(['5'])
})

test('a browser and a telephone that encrypts nothing hear each other', async () => {
  const { ms } = await mediaBench()
  const { browser, channel } = await connected(ms)
  const { phone, channel: other, port } = await telephone(ms)
  await channel.bridge(other)
  browser.says(700)
  phone.says(440, port)
  await until(() => browser.share(440) > 0.8, 'the telephone at the browser')
  await until(() => phone.hears(700) > 0.8, 'the browser at the telephone')
})

test('a telephone with SRTP is heard and hears; what is in the clear, or comes again, is not taken', async () => {
  const { ms } = await mediaBench()
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  closeAfterwards(() => socket.close())
  const ours = Buffer.alloc(30, 5)
  const channel = quick(await ms.createEndpoint())
  const answer = await channel.dialog.modify(
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${socket.address().port} RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${ours.toString('base64')}\r\n`,
  )
  expect(answer).toMatch(/^m=audio \d+ RTP\/SAVP 0/m)
  const theirs = Buffer.from(/inline:(\S+)/.exec(answer)?.[1] ?? '', 'base64')
  const port = Number(/m=audio (\d+)/.exec(answer)?.[1])
  const crypt = new SrtpCrypt(await loadWerift(), {
    profile: 1,
    localKey: ours.subarray(0, 16),
    localSalt: ours.subarray(16),
    remoteKey: theirs.subarray(0, 16),
    remoteSalt: theirs.subarray(16),
  })
  let heard = 0
  socket.on('message', (data) => {
    if (crypt.unprotect(data)) heard++
  })
  const { phone, channel: other } = await telephone(ms)
  await channel.bridge(other)
  const oscillator = new Oscillator(700)
  let sequence = 0
  const packet = () => {
    const payload = Buffer.alloc(160)
    encodeG711(
      LINEAR_TO_MULAW,
      Int16Array.from({ length: 160 }, () => Math.round(oscillator.next() * 8_000)),
      0,
      160,
      payload,
      0,
    )
    return buildRtp({ marker: false, payloadType: 0, sequence: sequence++, timestamp: sequence * 160, ssrc: 9, payload })
  }
  const sent: Buffer[] = []
  const talking = setInterval(() => {
    sent.push(crypt.protect(packet()))
    socket.send(sent.at(-1)!, port, '127.0.0.1')
  }, 20)
  closeAfterwards(() => clearInterval(talking))
  await until(() => phone.hears(700) > 0.8, 'the telephone with SRTP')
  await until(() => heard > 20, 'what is sent to it')
  clearInterval(talking)
  await new Promise((resolve) => setTimeout(resolve, 200))
  phone.forget()
  for (const again of sent.slice(-20)) socket.send(again, port, '127.0.0.1')
  for (let n = 0; n < 20; n++) socket.send(packet(), port, '127.0.0.1')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(phone.hears(700)).toBeLessThan(0.3)
})
