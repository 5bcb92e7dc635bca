import { createHash, verify, X509Certificate, type KeyObject } from 'node:crypto'
import type { DtlsClient, DtlsServer } from 'werift'
import type { Fingerprint } from '../../protocols/sdp/security.js'
import { FlightRepeater } from './flight-repeater.js'
import type { SrtpKeys } from './srtp-crypt.js'
import type { Werift } from './werift.js'

/** Ours, made at each start: no party has to know it before the description that names it. */
export interface OwnCertificate {
  readonly certPem: string
  readonly keyPem: string
  readonly fingerprint: Fingerprint
}

/** Numbers of TLS messages (RFC 5246 7.4). */
const HELLO_VERIFY_REQUEST = 3
const SERVER_KEY_EXCHANGE = 12
const CERTIFICATE_VERIFY = 15
/** A path that loses every second packet needs several repetitions of the handshake. */
const PATIENCE_MS = 15_000
const AES_CM_80 = 1

export async function makeCertificate({
  CipherContext,
  SignatureAlgorithm,
  HashAlgorithm,
  NamedCurveAlgorithm,
}: Werift): Promise<OwnCertificate> {
  const { certPem, keyPem } = await CipherContext.createSelfSignedCertificateWithKey(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  )
  return { certPem, keyPem, fingerprint: { algorithm: 'sha-256', value: new X509Certificate(certPem).fingerprint256 } }
}

interface Handshake {
  readonly msg_type: number
  readonly fragment: Buffer
  serialize(): Buffer
}

/**
 * One DTLS handshake (RFC 5764), by werift, from which the keys of the audio come. werift leaves open whether the other side has the key of the
 * certificate that it shows; that is checked here, by the signature that proves it, and by the fingerprint in the description (RFC 5763 5).
 */
export class DtlsSession {
  readonly #dtls: DtlsClient | DtlsServer
  readonly #transport: { onData: (data: Buffer) => void }
  readonly #expected: readonly Fingerprint[]
  readonly #giveUp: NodeJS.Timeout
  readonly #repeater: FlightRepeater
  #proven: X509Certificate | undefined
  /** What the server has signed, where it came before its certificate was read: the messages of a flight are handled side by side. */
  #signed: Handshake | undefined
  #over = false

  /**
   * @param send to wherever the party is
   * @param onKeys once, when the party has proved who it is
   * @param onFailed once, with why there will be no audio
   */
  constructor(
    werift: Werift,
    role: 'client' | 'server',
    { certPem, keyPem }: OwnCertificate,
    expected: readonly Fingerprint[],
    send: (data: Buffer) => void,
    onKeys: (keys: SrtpKeys) => void,
    onFailed: (why: string) => void,
  ) {
    this.#expected = expected
    const fail = (why: string): void => {
      if (this.#over) return
      this.#end()
      onFailed(why)
    }
    this.#transport = { onData: () => undefined }
    const repeater = (this.#repeater = new FlightRepeater(send))
    const transport = Object.assign(this.#transport, {
      address: {},
      closed: false,
      send: (data: Buffer) => {
        repeater.send(data)
        return Promise.resolve()
      },
      close: () => Promise.resolve(),
    })
    const options = {
      cert: certPem,
      key: keyPem,
      signatureHash: { signature: werift.SignatureAlgorithm.ecdsa_3, hash: werift.HashAlgorithm.sha256_4 },
      transport: transport as never,
      srtpProfiles: [AES_CM_80] as never,
      extendedMasterSecret: true,
      certificateRequest: true,
    }
    const dtls = role === 'client' ? new werift.DtlsClient(options) : new werift.DtlsServer(options)
    this.#dtls = dtls
    const handle = dtls.onHandleHandshakes
    let wasAsked = false
    dtls.onHandleHandshakes = async (messages) => {
      for (const message of messages) {
        // Asked for the cookie once more: ours was lost. The package takes a second request for an error.
        if (message.msg_type === HELLO_VERIFY_REQUEST && wasAsked) {
          repeater.again()
          continue
        }
        wasAsked ||= message.msg_type === HELLO_VERIFY_REQUEST
        if (!this.#over && message.msg_type === (role === 'client' ? SERVER_KEY_EXCHANGE : CERTIFICATE_VERIFY)) this.#prove(role, message)
        await handle([message])
      }
    }
    dtls.onConnect.once(() => {
      const why = this.#stranger()
      if (why !== undefined) return fail(why)
      const profile = dtls.srtp.srtpProfile
      if (profile !== AES_CM_80) return fail('the party does not speak AES_CM_128_HMAC_SHA1_80')
      const keys = dtls.extractSessionKeys(werift.keyLength(profile), werift.saltLength(profile)) as Omit<SrtpKeys, 'profile'>
      clearTimeout(this.#giveUp)
      repeater.close()
      onKeys({ profile, ...keys })
    })
    dtls.onError.once((error: unknown) => fail(error instanceof Error ? error.message : String(error)))
    this.#giveUp = setTimeout(() => fail(`no DTLS handshake within ${PATIENCE_MS / 1_000} s`), PATIENCE_MS)
    this.#giveUp.unref()
    if (role === 'client')
      (dtls as DtlsClient).connect().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)))
  }

  /** What has come of the handshake. */
  take(data: Buffer): void {
    // It is kept longer than the caller keeps the bytes. A handshake begun again over the same path would be another one's.
    if (this.#over) return
    this.#repeater.heard()
    this.#transport.onData(Buffer.from(data))
  }

  close(): void {
    this.#end()
  }

  #end(): void {
    this.#over = true
    clearTimeout(this.#giveUp)
    this.#repeater.close()
  }

  /** @returns why it is not the party; undefined where it is */
  #stranger(): string | undefined {
    const { remoteCertificate } = this.#dtls
    if (remoteCertificate === undefined) return 'the party shows no certificate'
    const [strongest] = this.#expected
    if (strongest === undefined) return 'the description names no fingerprint'
    const value = createHash(strongest.algorithm.replace('-', ''))
      .update(remoteCertificate)
      .digest('hex')
      .toUpperCase()
      .replace(/(..)(?=.)/g, '$1:')
    if (!this.#expected.some((each) => each.algorithm === strongest.algorithm && each.value === value))
      return 'the certificate is not the one whose fingerprint the description names'
    if (this.#signed !== undefined && this.#proven === undefined) this.#prove('client', this.#signed)
    return this.#proven !== undefined && this.#proven.raw.equals(remoteCertificate)
      ? undefined
      : 'the party has not proved that the certificate is its own'
  }

  /** The signature over what no other party can have signed now (RFC 5246 7.4.8, RFC 8422 5.4). */
  #prove(role: 'client' | 'server', message: Handshake): void {
    const { cipher, dtls, remoteCertificate } = this.#dtls
    if (remoteCertificate === undefined) {
      if (role === 'client') this.#signed ??= message
      return
    }
    const { fragment } = message
    try {
      const certificate = new X509Certificate(remoteCertificate)
      const [signed, at] =
        role === 'client'
          ? serverParameters(cipher, fragment)
          : [Buffer.concat(dtls.sortedHandshakeCache.map((each) => each.serialize())), 0]
      const signature = fragment.subarray(at + 4, at + 4 + fragment.readUInt16BE(at + 2))
      if (isSignedBy(certificate.publicKey, fragment.readUInt16BE(at), signed, signature)) this.#proven = certificate
    } catch {
      // What cannot be read proves nothing.
    }
  }
}

/** Random bytes of both sides and the server's half of the key exchange: what a server signs; and where in its message the signature stands. */
function serverParameters(cipher: DtlsClient['cipher'], fragment: Buffer): [signed: Buffer, at: number] {
  // Type of the curve, the curve, length of the point, the point.
  const length = 4 + fragment.readUInt8(3)
  return [Buffer.concat([cipher.localRandom.serialize(), cipher.remoteRandom.serialize(), fragment.subarray(0, length)]), length]
}

/** @param scheme RFC 8446 4.2.3, where the two bytes of RFC 5246 (hash, signature) are one number */
function isSignedBy(key: KeyObject, scheme: number, signed: Buffer, signature: Buffer): boolean {
  const hash = ({ 4: 'sha256', 5: 'sha384', 6: 'sha512' } as Readonly<Record<number, string>>)[scheme >> 8]
  const kind = key.asymmetricKeyType
  if (hash === undefined || (kind !== 'ec' && kind !== 'rsa')) return false
  return (scheme & 0xff) === (kind === 'ec' ? 3 : 1) && verify(hash, signed, key, signature)
}
