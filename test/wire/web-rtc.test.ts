import { expect, test } from 'vitest'
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
