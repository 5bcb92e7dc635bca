import type { AgreedSecurity } from '../../protocols/sdp/secured-answer.js'
import type { SdesKey } from '../../protocols/sdp/security.js'
import type { MediaSocket, SocketPeer } from '../media-socket.js'
import type { PortPair } from '../port-pairs.js'
import { DtlsSession, type OwnCertificate } from './dtls-session.js'
import { IceSession } from './ice-session.js'
import { SrtpCrypt, type SrtpKeys } from './srtp-crypt.js'
import type { Werift } from './werift.js'

type DtlsAgreement = Extract<AgreedSecurity, { kind: 'dtls' }>

/** What a channel needs of the engine to encrypt. */
export interface SecurityHouse {
  readonly werift: Werift
  readonly certificate: OwnCertificate
}

/** Master keys of a suite, without the salt behind them. */
const KEY_BYTES = 16
const PROFILES = { AES_CM_128_HMAC_SHA1_80: 1, AEAD_AES_128_GCM: 7 } as const

/**
 * The ports of a channel whose packets are encrypted. To the channel it is a pair like any other: what comes out of it has been proved genuine and is
 * plain, what goes in leaves encrypted, or not at all. STUN and DTLS, which share the port (RFC 7983), stay within.
 */
export class SecuredPorts implements PortPair {
  readonly port: number
  readonly rtp: MediaSocket
  readonly rtcp: MediaSocket
  readonly #inner: PortPair
  readonly #house: SecurityHouse
  readonly #onFailed: (why: string, isEnd: boolean) => void
  /** Whence everything is said to come where ICE has found the way: to the channel the party is where it was described. */
  #described: SocketPeer = { address: '', port: 0 }
  #describedRtcp: SocketPeer = this.#described
  #agreed: AgreedSecurity | undefined
  #crypt: SrtpCrypt | undefined
  #ice: IceSession | undefined
  #dtls: DtlsSession | undefined
  #closed = false

  /** @param onFailed with why there is no audio. `isEnd`: and there never will be */
  constructor(inner: PortPair, house: SecurityHouse, onFailed: (why: string, isEnd: boolean) => void) {
    this.#inner = inner
    this.#house = house
    this.#onFailed = onFailed
    this.port = inner.port
    this.rtp = this.#socket(inner.rtp, (packet, port, address) => this.#send(inner.rtp, this.#crypt?.protect(packet), port, address))
    this.rtcp = this.#socket(inner.rtcp, (packet, port, address) =>
      this.#send(this.#agreed?.rtcpMux ? inner.rtp : inner.rtcp, this.#crypt?.protectReport(packet), port, address),
    )
    inner.rtp.onPacket = this.#onPacket
    inner.rtcp.onPacket = (data, from, now) => {
      if (this.#agreed?.kind === 'sdes' && !this.#agreed.rtcpMux) this.#onReport(data, from, now)
    }
  }

  /** @param at where the party is described to be, and its reports */
  apply(agreed: AgreedSecurity, at: { readonly rtp: SocketPeer; readonly rtcpPort: number }): void {
    const before = this.#agreed
    this.#agreed = agreed
    this.#described = at.rtp
    this.#describedRtcp = { address: at.rtp.address, port: at.rtcpPort }
    if (agreed.kind === 'sdes') {
      const same =
        before?.kind === 'sdes' &&
        before.local.key === agreed.local.key &&
        before.remote.key === agreed.remote.key &&
        before.local.suite === agreed.local.suite
      // Keys that stay keep their counters: what has come once is still known.
      if (!same) this.#crypt = new SrtpCrypt(this.#house.werift, sdesKeys(agreed.local, agreed.remote))
      return
    }
    const was = before?.kind === 'dtls' ? before : undefined
    if (agreed.ice && (was?.ice === undefined || was.ice.local.usernameFragment !== agreed.ice.local.usernameFragment))
      this.#findPath(agreed.ice)
    const samePeer = was !== undefined && fingerprintsOf(was) === fingerprintsOf(agreed)
    if (samePeer) return
    this.#dtls?.close()
    this.#dtls = undefined
    this.#crypt = undefined
    if (agreed.ice === undefined || this.#ice?.path !== undefined || agreed.role === 'server') this.#shakeHands(agreed)
  }

  close(): void {
    this.#closed = true
    this.#ice?.close()
    this.#dtls?.close()
    this.#crypt = undefined
  }

  #findPath({ local, remote }: NonNullable<DtlsAgreement['ice']>): void {
    this.#ice?.close()
    const onPath = (): void => {
      if (this.#dtls === undefined && this.#agreed?.kind === 'dtls') this.#shakeHands(this.#agreed)
    }
    // A party that was there may come back by another path: then it says so itself.
    this.#ice = new IceSession(this.#house.werift, this.#inner.rtp, local, remote, onPath, (why) =>
      this.#failed(why, this.#crypt === undefined),
    )
  }

  #shakeHands({ role, fingerprints }: DtlsAgreement): void {
    const { werift, certificate } = this.#house
    this.#dtls = new DtlsSession(
      werift,
      role,
      certificate,
      fingerprints,
      (data) => {
        const to = this.#ice === undefined ? this.#described : this.#ice.path
        if (to && to.port > 0 && !this.#closed) this.#inner.rtp.send(data, to.port, to.address)
      },
      (keys) => {
        this.#crypt = new SrtpCrypt(werift, keys)
      },
      (why) => this.#failed(why, true),
    )
  }

  #failed(why: string, isEnd: boolean): void {
    if (!this.#closed) this.#onFailed(why, isEnd)
  }

  #socket(inner: MediaSocket, send: MediaSocket['send']): MediaSocket {
    return {
      port: inner.port,
      onPacket: () => undefined,
      get onError() {
        return inner.onError
      },
      set onError(told) {
        inner.onError = told
      },
      send,
      close: () => inner.close(),
    }
  }

  #send(socket: MediaSocket, packet: Buffer | undefined, port: number, address: string): void {
    if (packet === undefined) return
    if (this.#ice === undefined) {
      socket.send(packet, port, address)
      return
    }
    const { path } = this.#ice
    if (path) this.#inner.rtp.send(packet, path.port, path.address)
  }

  /** RFC 7983 section 7: by its first byte, and of RTP and RTCP by the second (RFC 5761 section 4). */
  readonly #onPacket = (data: Buffer, from: SocketPeer, now: number): void => {
    const first = data[0] ?? 255
    if (first >= 128 && first <= 191) {
      const second = data[1] ?? 0
      if (second >= 192 && second <= 223) this.#onReport(data, from, now)
      else this.#onVoice(data, from, now)
    } else if (first <= 3) this.#ice?.take(data, from)
    else if (first >= 20 && first <= 63 && (this.#ice === undefined || this.#ice.isFromParty(from))) this.#dtls?.take(data)
  }

  #onVoice(data: Buffer, from: SocketPeer, now: number): void {
    if (this.#crypt === undefined || this.#ice?.isFromParty(from) === false) return
    const packet = this.#crypt.unprotect(data)
    if (packet) this.rtp.onPacket(packet, this.#ice === undefined ? from : this.#described, now)
  }

  #onReport(data: Buffer, from: SocketPeer, now: number): void {
    if (this.#crypt === undefined || this.#ice?.isFromParty(from) === false) return
    const packet = this.#crypt.unprotectReport(data)
    if (packet) this.rtcp.onPacket(packet, this.#ice === undefined ? from : this.#describedRtcp, now)
  }
}

function sdesKeys(local: SdesKey, remote: SdesKey): SrtpKeys {
  const parts = ({ key }: SdesKey): readonly [key: Buffer, salt: Buffer] => {
    const bytes = Buffer.from(key, 'base64')
    return [bytes.subarray(0, KEY_BYTES), bytes.subarray(KEY_BYTES)]
  }
  const [[localKey, localSalt], [remoteKey, remoteSalt]] = [parts(local), parts(remote)]
  return { profile: PROFILES[local.suite], localKey, localSalt, remoteKey, remoteSalt }
}

function fingerprintsOf({ fingerprints }: DtlsAgreement): string {
  return fingerprints.map(({ algorithm, value }) => `${algorithm} ${value}`).join()
}
