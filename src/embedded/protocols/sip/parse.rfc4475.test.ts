import { describe, expect, it } from 'vitest'
import type { SipMessage, SipRequest, SipResponse } from './message.js'
import { parseMessage, type ParseProblem } from './parse.js'
import { printMessage } from './print.js'
import { parseUri } from './uri.js'

/**
 * The cases of RFC 4475, by the RFC's own short names. Each message holds what its case is about; what surrounds it is the least that a
 * message needs.
 */

interface Parts {
  readonly start?: string
  readonly via?: string
  readonly to?: string
  readonly from?: string
  readonly callId?: string
  readonly cseq?: string
  /** Further header lines, each ending a line. */
  readonly more?: readonly string[]
  readonly length?: number | undefined
  readonly body?: string | Buffer
}

/** A message on the wire; `undefined` leaves a header out. */
function wire(parts: Parts & Record<string, unknown>): Buffer {
  const { start = 'OPTIONS sip:user@example.com SIP/2.0' } = parts
  const method = start.startsWith('SIP/') ? 'OPTIONS' : (start.split(' ')[0] ?? '')
  const body = Buffer.from(parts.body ?? '')
  const field = (name: string, key: keyof Parts, fallback: string) =>
    key in parts ? (parts[key] === undefined ? [] : [`${name}: ${parts[key] as string}`]) : [`${name}: ${fallback}`]
  const lines = [
    start,
    ...field('Via', 'via', 'SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw'),
    'Max-Forwards: 70',
    ...field('From', 'from', '<sip:caller@example.org>;tag=33242'),
    ...field('To', 'to', 'sip:user@example.com'),
    ...field('Call-ID', 'callId', 'torture.8473'),
    ...field('CSeq', 'cseq', `8 ${method}`),
    ...(parts.more ?? []),
    ...('length' in parts && parts.length === undefined ? [] : [`Content-Length: ${parts.length ?? body.length}`]),
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body])
}

function accepted(data: Buffer): SipMessage {
  const result = parseMessage(data)
  if (!result.ok) throw new Error(`${result.problem.where}: ${result.problem.what}`)
  // What is accepted must survive being printed and read again.
  const again = parseMessage(printMessage(result.message))
  expect(again.ok).toBe(true)
  return result.message
}

const acceptedRequest = (data: Buffer) => accepted(data) as SipRequest
const acceptedResponse = (data: Buffer) => accepted(data) as SipResponse

function refused(data: Buffer): ParseProblem {
  const result = parseMessage(data)
  if (result.ok) throw new Error('was accepted')
  return result.problem
}

describe('RFC 4475 3.1.1, valid messages', () => {
  it('wsinv: blanks and folds everywhere, mixed forms and cases of names', () => {
    const sdp = 'v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\nm=audio 49217 RTP/AVP 0 12\r\n'
    const lines = [
      'INVITE sip:vivekg@chair.example.com;unknownparam SIP/2.0',
      'TO :',
      ' sip:vivekg@chair.example.com ;   tag    = 1918181833n',
      'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
      '  ;',
      '  tag = 98asjd8',
      'MaX-fOrWaRdS: 0068',
      'Call-ID: wsinv.8473',
      `Content-Length   : ${sdp.length}`,
      'cseq: 0009',
      '  INVITE',
      'Via  : SIP  /   2.0',
      ' /UDP',
      '    192.0.2.2;branch=390skdjuw',
      's :',
      'NewFangledHeader:   newfangled value',
      ' continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'Content-Type: application/sdp',
      'Route:',
      ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
      ' z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
      '',
      sdp,
    ]
    const message = acceptedRequest(Buffer.from(lines.join('\r\n')))
    expect(message.toTag).toBe('1918181833n')
    expect(message.from).toMatchObject({ displayName: 'J Rosenberg \\"', uri: 'sip:jdrosen@example.com' })
    expect(message.fromTag).toBe('98asjd8')
    expect(message.maxForwards).toBe(68)
    expect(message.cseq).toEqual({ sequence: 9, method: 'INVITE' })
    expect(message.via).toMatchObject({ transport: 'UDP', host: '192.0.2.2' })
    expect(message.headers.values('Via')).toHaveLength(3)
    expect(message.headers.get('Subject')).toBe('')
    expect(message.headers.get('newfangledheader')).toBe('newfangled value continued newfangled value')
    expect(message.headers.get('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;')
    expect(message.contacts[0]?.params.get('newparam')).toBe('newvalue')
    expect(message.contacts[0]?.params.get('q')).toBe('0.33')
    expect(message.sdp).toBe(sdp)
  })

  it('intmeth: every character that a token, a URI and a quoted string may hold', () => {
    const method = "!interesting-Method0123456789_*+`.%indeed'~"
    const uri = "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com"
    const message = acceptedRequest(
      wire({
        start: `${method} ${uri} SIP/2.0`,
        via: "SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
        to: `"BEL:\\\u0007 NUL:\\\u0000 DEL:\\\u007f" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>`,
        from: `token1~\` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="работающий";tag=_token~1'+\`%!-.`,
        callId: `intmeth.word%ZK-!.*_+'@word\`~)(><:\\/"][?}{`,
        more: ["extensionHeader-!.%*+_`'~:大停電"],
      }),
    )
    expect(message.method).toBe(method)
    expect(parseUri(message.uri)).toMatchObject({ user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", host: 'example.com' })
    expect(message.to.displayName).toBe('BEL:\u0007 NUL:\u0000 DEL:\u007f')
    expect(message.from.displayName).toBe("token1~` token2'+_ token3*%!.-")
    expect(message.fromTag).toBe("_token~1'+`%!-.")
    expect(message.headers.get("extensionHeader-!.%*+_`'~")).toBe('大停電')
  })

  it('esc01, escnull: percent escapes in URIs, NUL among them, are left as they are', () => {
    const message = acceptedRequest(
      wire({
        start: 'INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0',
        to: 'sip:%75se%72@example.com',
        from: '<sip:I%20have%20spaces@example.net>;tag=938',
        more: ['Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>'],
      }),
    )
    expect(parseUri(message.uri)).toMatchObject({ user: 'sips%3Auser%40example.com', host: 'example.net' })
    expect(message.to.uri).toBe('sip:%75se%72@example.com')
    expect(parseUri(message.contacts[0]?.uri ?? '')?.params.get('n%61me')).toBe('v%61lue%25%34%31')
    const register = acceptedRequest(
      wire({
        start: 'REGISTER sip:example.com SIP/2.0',
        to: 'sip:null-%00-null@example.com',
        more: ['Contact: <sip:%00@host5.example.com>', 'Contact: <sip:%00%00@host5.example.com>'],
      }),
    )
    expect(register.contacts.map(({ uri }) => uri)).toEqual(['sip:%00@host5.example.com', 'sip:%00%00@host5.example.com'])
  })

  it('esc02: a percent in a method is no escape', () => {
    const message = acceptedRequest(
      wire({ start: 'RE%47IST%45R sip:registrar.example.com SIP/2.0', to: '"%Z%45" <sip:resource@example.com>' }),
    )
    expect(message.method).toBe('RE%47IST%45R')
    expect(message.to.displayName).toBe('%Z%45')
  })

  it('lwsdisp: no blank between display name and <', () => {
    expect(acceptedRequest(wire({ from: 'caller<sip:caller@example.com>;tag=323' })).from).toMatchObject({
      displayName: 'caller',
      uri: 'sip:caller@example.com',
    })
  })

  it('longreq: long values', () => {
    const long = 'long'.repeat(200)
    const vias = Array.from({ length: 34 }, (_, index) => `Via: SIP/2.0/TCP sip${index}.example.com`)
    const message = acceptedRequest(
      wire({
        to: `"${long} name" <sip:user@example.com;${long}param=${long}>`,
        callId: `${long}.onecallid`,
        more: [...vias, `Unknown-${long}-Name: ${long}`],
      }),
    )
    expect(message.headers.values('Via')).toHaveLength(35)
    expect(message.to.displayName).toBe(`${long} name`)
    expect(message.headers.get(`unknown-${long}-name`)).toBe(long)
  })

  it('dblreq: what stands behind Content-Length in a datagram is dropped', () => {
    const message = acceptedRequest(
      Buffer.concat([wire({ start: 'REGISTER sip:example.com SIP/2.0' }), wire({ start: 'INVITE sip:joe@example.com SIP/2.0' })]),
    )
    expect(message.method).toBe('REGISTER')
    expect(message.body).toHaveLength(0)
  })

  it('semiuri: a semicolon in the user part belongs to it', () => {
    const uri = parseUri(acceptedRequest(wire({ start: 'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0' })).uri)
    expect(uri).toMatchObject({ user: 'user;par=u%40example.net', host: 'example.com' })
    expect(uri?.params.size).toBe(0)
  })

  it('transports: any transport in Via', () => {
    const message = acceptedRequest(
      wire({
        more: ['SCTP', 'TLS', 'UNKNOWN', 'TCP'].map(
          (transport, index) => `Via: SIP/2.0/${transport} t${index}.example.com;branch=z9hG4bK${index}`,
        ),
      }),
    )
    expect(message.headers.values('Via')).toHaveLength(5)
  })

  it('mpart01: a binary body passes byte for byte', () => {
    const body = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256))
    expect(acceptedRequest(wire({ more: ['Content-Type: multipart/mixed;boundary=7a9cbec02ceef655'], body })).body.equals(body)).toBe(true)
  })

  it('unreason, noreason: any reason phrase, or none', () => {
    expect(acceptedResponse(wire({ start: 'SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое' })).reason).toBe(
      '= 2**3 * 5**2 но сто девяносто девять - простое',
    )
    expect(acceptedResponse(wire({ start: 'SIP/2.0 100 ' })).reason).toBe('')
  })
})

describe('RFC 4475 3.1.2, invalid messages', () => {
  const status400: Readonly<Record<string, Buffer>> = {
    'badinv01: stray separators in Via': wire({ via: 'SIP/2.0/UDP 192.0.2.15;;,;,,' }),
    'badinv01: stray separators in Contact': wire({ more: ['Contact: "Joe" <sip:joe@example.org>;;;;'] }),
    'clerr: Content-Length larger than the message': wire({ length: 9999, body: 'v=0\r\n' }),
    'ncl: negative Content-Length': wire({ length: -999 }),
    'scalar02: CSeq beyond 32 bits': wire({ cseq: '36893488147419103232 OPTIONS' }),
    'scalar02: Max-Forwards beyond 255': Buffer.from(wire({}).toString().replace('Max-Forwards: 70', 'Max-Forwards: 300')),
    'quotbal: a quoted string that never ends': wire({ to: '"Mr. J. User <sip:j.user@example.com>' }),
    'ltgtruri: <> around the Request-URI': wire({ start: 'INVITE <sip:user@example.com> SIP/2.0' }),
    'lwsruri: blanks within the Request-URI': wire({ start: 'INVITE sip:user@example.com; lr SIP/2.0' }),
    'lwsstart: two blanks in the start line': wire({ start: 'INVITE  sip:user@example.com  SIP/2.0', cseq: '8 INVITE' }),
    'trws: a blank behind the version': wire({ start: 'OPTIONS sip:remote-target@example.com SIP/2.0  ' }),
    'regbadct: a Contact with ? and without <>': wire({
      start: 'REGISTER sip:example.com SIP/2.0',
      more: ['Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E'],
    }),
    'badaspec: blanks within <>': wire({ to: '"Watson, Thomas" < sip:t.watson@example.org >' }),
    'mismatch01: CSeq of another method': wire({ cseq: '8 INVITE' }),
    'mismatch02: CSeq of another, unknown method': wire({ start: 'NEWMETHOD sip:user@example.com SIP/2.0', cseq: '8 INVITE' }),
    'insuf: no Call-ID': wire({ callId: undefined }),
    'insuf: no From': wire({ from: undefined }),
    'insuf: no To': wire({ to: undefined }),
    'insuf: no CSeq': wire({ cseq: undefined }),
    'multi01: a second Call-ID': wire({ more: ['Call-ID: multi02'] }),
    'multi01: a second From': wire({ more: ['From: sip:caller@example.com;tag=88233'] }),
    'multi01: a second CSeq': wire({ more: ['CSeq: 59 OPTIONS'] }),
    'mcl01: two lengths': wire({ more: ['Content-Length: 13'], length: 20, body: 'There is no digit 3!' }),
  }

  it.each(Object.entries(status400))('%s: refused with 400, and can be answered', (_name, data) => {
    const problem = refused(data)
    expect(problem.status).toBe(400)
    expect(problem.request?.headers.get('Via')).toBeDefined()
  })

  it('escruri: headers in the Request-URI are ignored: some carriers send them', () => {
    const message = acceptedRequest(wire({ start: 'INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0', cseq: '8 INVITE' }))
    expect(parseUri(message.uri)).toMatchObject({ user: 'user', host: 'example.com' })
    expect(message.headers.values('Route')).toEqual([])
  })

  it('badvers: another version gets 505', () => {
    expect(refused(wire({ start: 'OPTIONS sip:t.watson@example.org SIP/7.0' })).status).toBe(505)
  })

  it('bigcode, scalarlg: such responses are dropped', () => {
    expect(refused(wire({ start: 'SIP/2.0 4294967301 better not break the receiver' })).request).toBeUndefined()
    expect(refused(wire({ start: 'SIP/2.0 503 Service Unavailable', cseq: '9292394834772304023312 OPTIONS' })).request).toBeUndefined()
  })

  it('no Via at all: nowhere to answer to', () => {
    expect(refused(wire({ via: undefined })).request).toBeUndefined()
  })

  it('baddate: a Date in another zone is nobody’s business here', () => {
    expect(acceptedRequest(wire({ more: ['Date: Fri, 01 Jan 2010 16:00:00 EST'] })).headers.get('Date')).toContain('EST')
  })

  it('baddn: an unquoted comma in a display name of From is forgiven', () => {
    expect(acceptedRequest(wire({ from: 'Bell, Alexander <sip:a.g.bell@example.com>;tag=43' })).from.uri).toBe('sip:a.g.bell@example.com')
  })
})

describe('RFC 4475 3.2 to 3.4, messages that are for the layers above to judge', () => {
  const wellFormed: Readonly<Record<string, Buffer>> = {
    'badbranch: a branch that is nothing but the cookie': wire({ via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK' }),
    'unkscm: an unknown scheme': wire({ start: 'OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0' }),
    'novelsc: a scheme of another protocol': wire({ start: 'OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0' }),
    'unksm2: unknown schemes in To, From and Contact': wire({
      start: 'REGISTER sip:example.com SIP/2.0',
      to: 'isbn:2983792873',
      from: '<http://www.example.com>;tag=3234233',
      more: ['Contact: <name:John_Smith>'],
    }),
    'bext01: Require of unknown extensions': wire({
      more: ['Require: nothingSupportsThis, nothingSupportsThisEither', 'Proxy-Require: noProxiesSupportThis'],
    }),
    'invut: an unknown body': wire({
      more: ['Content-Type: application/unknownformat'],
      body: '<audio>\r\n <pcmu port="443"/>\r\n</audio>\r\n',
    }),
    'regaut01: an unknown authentication scheme': wire({
      start: 'REGISTER sip:example.com SIP/2.0',
      more: ['Authorization: NoOneKnowsThisScheme opaque-data=here'],
    }),
    'zeromf: Max-Forwards 0': Buffer.from(wire({}).toString().replace('Max-Forwards: 70', 'Max-Forwards: 0')),
    'cparam01: an unknown parameter of Contact': wire({
      start: 'REGISTER sip:example.com SIP/2.0',
      more: ['Contact: sip:+19725552222@gw1.example.net;unknownparam'],
    }),
    'cparam02: an unknown parameter of the URI in Contact': wire({
      start: 'REGISTER sip:example.com SIP/2.0',
      more: ['Contact: <sip:+19725552222@gw1.example.net;unknownparam>'],
    }),
    'regescrt: an escaped header in the URI of a Contact': wire({
      start: 'REGISTER sip:example.com SIP/2.0',
      more: ['M: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>'],
    }),
    'sdp01: Accept of something else than SDP': wire({
      more: ['Accept: text/nobodyKnowsThis', 'Content-Type: application/sdp'],
      body: 'v=0\r\n',
    }),
    'inv2543: no branch, no tag, no Max-Forwards': Buffer.from(
      'INVITE sip:UserB@example.com SIP/2.0\r\nVia: SIP/2.0/UDP iftgw.example.com\r\nFrom: <sip:+13035551111@ift.client.example.net;user=phone>\r\nRecord-Route: <sip:UserB@example.com;maddr=ss1.example.com>\r\nTo: sip:+16505552222@ss1.example.net;user=phone\r\nCall-ID: inv2543.1717@ift.client.example.com\r\nCSeq: 56 INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n',
    ),
    'bcast: a response with a foreign Via on top': wire({
      start: 'SIP/2.0 200 OK',
      via: 'SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923',
      more: ['Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23'],
    }),
  }

  it.each(Object.entries(wellFormed))('%s', (_name, data) => {
    accepted(data)
  })
})

describe('what a stranger may send', () => {
  it('never makes the parser throw', () => {
    const valid = wire({ more: ['Contact: "x" <sip:a@b;lr>;q=1', 'Route: <sip:c;lr>'], body: 'v=0\r\n' })
    // Every single byte changed, every prefix cut off: deterministic, and quick.
    for (let at = 0; at < valid.length; at++) {
      for (const byte of [0, 10, 13, 32, 34, 44, 59, 60, 62, 64, 92, 255]) {
        const broken = Buffer.from(valid)
        broken[at] = byte
        expect(() => parseMessage(broken)).not.toThrow()
      }
      expect(() => parseMessage(valid.subarray(0, at))).not.toThrow()
    }
  })
})
