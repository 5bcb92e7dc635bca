import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { connect as connectTls } from 'node:tls'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { SocketTransport } from '../../src/embedded/protocols/sip/socket-transport.js'
import { TlsIdentity } from '../../src/embedded/protocols/sip/tls-identity.js'
import { UserAgent } from '../../src/embedded/protocols/sip/user-agent.js'
import type { DrachtioSettings } from '../../src/embedded/settings.js'
import { Authority } from '../kit/certificates.js'
import { bench, closeAfterwards, until, type Bench } from './bench-set-up.js'
import { BrowserPhone } from './browser-phone.js'
import type { SrfRequest } from './drachtio-packages.js'
import { header } from './raw-phone.js'

const everyProtocol: DrachtioSettings['sip'] = [
  { address: '127.0.0.1', port: 0, protocols: ['udp', 'tcp'] },
  { address: '127.0.0.1', port: 0, protocols: ['ws'] },
  { address: '127.0.0.1', port: 0, protocols: ['tls'] },
  { address: '127.0.0.1', port: 0, protocols: ['wss'] },
]
const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n'

async function secureBench(): Promise<Bench & { readonly authority: Authority; readonly port: (protocol: string) => number }> {
  const authority = await Authority.make()
  const made = await bench({
    drachtio: { sip: everyProtocol, tls: { ...(await authority.certify('switch', '127.0.0.1')), caFile: authority.caFile } },
  })
  return { ...made, authority, port: (protocol) => made.where.drachtio.sip.find((each) => each.protocol === protocol)?.port ?? 0 }
}

async function browser(...what: Parameters<typeof BrowserPhone.open>): Promise<BrowserPhone> {
  const opened = await BrowserPhone.open(...what)
  closeAfterwards(() => opened.close())
  return opened
}

test('a browser registers over its WebSocket, in the clear and over TLS, and the application is told which', async () => {
  const { srf, routed, port, authority } = await secureBench()
  const seen: SrfRequest[] = []
  srf.register((request, response) => {
    seen.push(request)
    response.send(200, { headers: { Contact: `${request.get('Contact')};expires=300` } })
  })
  await routed()
  const plain = await browser(`ws://127.0.0.1:${port('ws')}`)
  plain.send(plain.request('REGISTER'))
  expect(header(await plain.expects('SIP/2.0 200'), 'Via')).toContain('received=127.0.0.1')
  const secure = await browser(`wss://127.0.0.1:${port('wss')}`, { name: 'secured', ca: readFileSync(authority.caFile) })
  secure.send(secure.request('REGISTER'))
  await secure.expects('SIP/2.0 200')
  expect(seen.map(({ protocol, source_address }) => [protocol, source_address])).toEqual([
    ['ws', '127.0.0.1'],
    ['wss', '127.0.0.1'],
  ])
})

test('a proxy on this machine names the client for which it stands; nothing else in its headers is believed', async () => {
  const { srf, routed, port } = await secureBench()
  const sources: string[] = []
  srf.options((request, response) => {
    sources.push(request.source_address)
    response.send(200)
  })
  await routed()
  for (const forwarded of ['198.51.100.7, 203.0.113.9', 'unknown']) {
    const by = await browser(`ws://127.0.0.1:${port('ws')}`, { name: `p${sources.length}`, headers: { 'X-Forwarded-For': forwarded } })
    by.send(by.request('OPTIONS'))
    await by.expects('SIP/2.0 200')
  }
  expect(sources).toEqual(['203.0.113.9', '127.0.0.1'])
})

test('what asks for no SIP gets none', async () => {
  const { port } = await secureBench()
  const other = new WebSocket(`ws://127.0.0.1:${port('ws')}`, 'chat')
  const [error] = (await once(other, 'error')) as [Error]
  expect(error.message).toContain('400')
  const status = await new Promise<number | undefined>((resolve, reject) =>
    get(`http://127.0.0.1:${port('ws')}/`, (answer) => resolve(answer.resume().statusCode)).on('error', reject),
  )
  expect(status).toBe(426)
})

test('a double CRLF is answered, so that a browser can tell that its connection stands', async () => {
  const { port } = await secureBench()
  const phone = await browser(`ws://127.0.0.1:${port('ws')}`)
  const pong = once(phone.socket, 'message')
  phone.send('\r\n\r\n')
  expect(String((await pong)[0])).toBe('\r\n')
})

test('a call of a browser is answered over its WebSocket, and after it has had to connect again it is reached over the new one', async () => {
  const { srf, routed, port } = await secureBench()
  srf.register((request, response) => response.send(200, { headers: { Contact: `${request.get('Contact')};expires=300` } }))
  const dialog = new Promise<Awaited<ReturnType<typeof srf.createUAS>>>((resolve, reject) =>
    srf.invite((request, response) => void srf.createUAS(request, response, { localSdp: sdp }).then(resolve, reject)),
  )
  await routed()
  const first = await browser(`ws://127.0.0.1:${port('ws')}`)
  first.send(first.request('INVITE', { body: sdp }))
  const ok = await first.expects('SIP/2.0 200')
  expect(header(ok, 'Contact')).toContain(`${port('ws')};transport=ws`)
  first.send(first.request('ACK', { headers: { To: header(ok, 'To'), CSeq: '1 ACK' } }))
  const standing = await dialog
  first.close()
  // An application that has no better idea than the dialog: OPTIONS go where the browser is.
  const second = await browser(`ws://127.0.0.1:${port('ws')}`)
  second.send(second.request('REGISTER', { headers: { 'Call-ID': 'again' } }))
  await second.expects('SIP/2.0 200')
  const answered = standing.request({ method: 'OPTIONS' })
  second.send(second.response(await second.expects('OPTIONS'), '200 OK'))
  expect((await answered).status).toBe(200)
})

test('a registered browser is rung over its WebSocket; one that has gone is refused at once', async () => {
  const { srf, routed, port } = await secureBench()
  const registered = new Promise<SrfRequest>((resolve) =>
    srf.register(
      (request, response) => (response.send(200, { headers: { Contact: `${request.get('Contact')};expires=300` } }), resolve(request)),
    ),
  )
  await routed()
  const phone = await browser(`ws://127.0.0.1:${port('ws')}`)
  phone.send(phone.request('REGISTER'))
  const { source_port } = await registered
  const ring = () => srf.createUAC(phone.contact, { localSdp: sdp, proxy: `sip:127.0.0.1:${source_port};transport=ws` })
  const dialled = ring()
  phone.send(phone.response(await phone.expects('INVITE'), '200 OK', sdp))
  const dialog = await dialled
  await phone.expects('ACK')
  const ended = dialog.destroy()
  phone.send(phone.response(await phone.expects('BYE'), '200 OK'))
  await ended
  phone.close()
  await expect(ring()).rejects.toMatchObject({ status: 503 })
})

test("a trunk is called over TLS when its certificate is in order, and not when it is another's", async () => {
  const { srf, authority } = await secureBench()
  const trunk = async (file: string, name: string) => {
    const tls = new TlsIdentity(await authority.certify(file, name), () => undefined)
    const transport = await SocketTransport.open({ protocols: ['tls'], tls })
    const agent = new UserAgent({ transport, user: 'trunk' })
    agent.onInvite = (invite) => void invite.answer(sdp)
    closeAfterwards(async () => {
      await agent.close()
      await transport.close()
      tls.close()
    })
    return transport.listeners[0]!.port
  }
  const dialog = await srf.createUAC(`sip:7001@127.0.0.1:${await trunk('trunk', '127.0.0.1')};transport=tls`, { localSdp: sdp })
  await dialog.destroy()
  await expect(srf.createUAC(`sips:7001@127.0.0.1:${await trunk('other', 'other.example')}`, { localSdp: sdp })).rejects.toMatchObject({
    status: 503,
  })
})

test('a certificate that was renewed is shown without a restart', async () => {
  const { authority, port } = await secureBench()
  const shown = async () => {
    const socket = connectTls({ host: '127.0.0.1', port: port('tls'), ca: readFileSync(authority.caFile) })
    await once(socket, 'secureConnect')
    const { serialNumber } = socket.getPeerCertificate()
    socket.destroy()
    return serialNumber
  }
  const before = await shown()
  const renewed = await authority.certify('renewed', '127.0.0.1')
  copyFileSync(renewed.keyFile, `${authority.folder}/switch.key`)
  copyFileSync(renewed.certificateFile, `${authority.folder}/switch.pem`)
  let after = before
  const look = setInterval(() => void shown().then((serial) => (after = serial)), 1_000)
  closeAfterwards(() => clearInterval(look))
  await until(() => after !== before, 'the new certificate', 60_000)
})
