import type { Candidate as WeriftCandidate, Connection, StunProtocol } from 'werift'
import type { IceDescription } from '../../protocols/sdp/security.js'
import type { MediaSocket, SocketPeer } from '../media-socket.js'
import type { Werift } from './werift.js'

/** Our end: what stands in our description. */
export interface LocalIce {
  readonly usernameFragment: string
  readonly password: string
  readonly candidates: IceDescription['candidates']
}

/** A party that has not been found by then, though it may come later, is said to be missing. */
const PATIENCE_MS = 30_000

/**
 * One ICE session (RFC 8445) on a socket of the channel: werift makes and answers the checks, and checks that the party still consents to receive
 * (RFC 7675). We answer the offer, so the other side decides which path is taken, unless it is lite.
 */
export class IceSession {
  readonly #werift: Werift
  readonly #connection: Connection
  readonly #protocol: StunProtocol
  readonly #password: Buffer
  readonly #giveUp: NodeJS.Timeout
  #closed = false

  /** @param onPath there is a path now. @param onFailed there is none, or none any more */
  constructor(
    werift: Werift,
    socket: MediaSocket,
    local: LocalIce,
    remote: IceDescription,
    onPath: () => void,
    onFailed: (why: string) => void,
  ) {
    this.#werift = werift
    this.#password = Buffer.from(local.password, 'utf8')
    const connection = new werift.Connection(remote.lite, { useIpv4: false, useIpv6: false })
    this.#connection = connection
    connection.localUsername = local.usernameFragment
    connection.localPassword = local.password
    connection.userHistory = { [local.usernameFragment]: local.password }
    connection.setRemoteParams({ iceLite: remote.lite, usernameFragment: remote.usernameFragment, password: remote.password })
    this.#protocol = ownSocket(werift, socket)
    this.#protocol.localCandidate = candidate(werift, local.candidates[0], local.usernameFragment)
    // What the package would do after it had opened a socket of its own. Ours is the media thread's, and shared with the audio.
    const inside = connection as unknown as { protocols: StunProtocol[]; ensureProtocol(protocol: StunProtocol): void }
    inside.ensureProtocol(this.#protocol)
    inside.protocols.push(this.#protocol)
    connection.localCandidatesEnd = true
    this.#giveUp = setTimeout(() => {
      if (connection.nominated === undefined) onFailed(`no path to the party within ${PATIENCE_MS / 1_000} s`)
    }, PATIENCE_MS)
    this.#giveUp.unref()
    connection.stateChanged.subscribe((state) => {
      if (state === 'failed' && !this.#closed) onFailed('the party answers no checks any more')
    })
    for (const each of remote.candidates) if (each.component === 1) void connection.addRemoteCandidate(candidate(werift, each))
    // It ends when a path is found, not before: the party may show itself by its own checks alone.
    connection.connect().then(
      () => {
        if (!this.#closed) onPath()
      },
      (error: unknown) => {
        if (!this.#closed) onFailed(error instanceof Error ? error.message : String(error))
      },
    )
  }

  /** Where the party is; undefined before it has been found, and when it wants nothing any more. */
  get path(): SocketPeer | undefined {
    const { nominated, state } = this.#connection
    if (nominated === undefined || state === 'failed' || state === 'closed') return undefined
    const { host: address, port } = nominated.remoteCandidate
    return { address, port }
  }

  /** Whether something may have come from the party: from the path that was chosen, or one that has been checked and may be chosen. */
  isFromParty(from: SocketPeer): boolean {
    const { state } = this.#connection
    if (state === 'failed' || state === 'closed') return false
    return this.#connection.candidatePairs.some(
      (pair) =>
        (pair.nominated || (pair.state as number) === SUCCEEDED) &&
        pair.remoteCandidate.port === from.port &&
        pair.remoteCandidate.host === from.address,
    )
  }

  /** A STUN message (RFC 8489). One whose sender does not know our password is dropped: the package would answer it. */
  take(data: Buffer, from: SocketPeer): void {
    // It is kept longer than the caller keeps the bytes.
    const bytes = Buffer.from(data)
    const { parseMessage, classes } = this.#werift
    const message = parseMessage(bytes)
    if (message === undefined) return
    if (message.messageClass === classes.REQUEST && parseMessage(bytes, this.#password) === undefined) return
    this.#protocol.transport.onData(bytes, [from.address, from.port])
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#giveUp)
    void this.#connection.close().catch(() => undefined)
  }
}

/** `CandidatePairState.SUCCEEDED`: an enumeration of the package, which is loaded later than this module. */
const SUCCEEDED = 3

/** The package's STUN over a socket that is not its own. */
function ownSocket({ StunProtocol }: Werift, socket: MediaSocket): StunProtocol {
  const protocol = new StunProtocol()
  const receive = (protocol as unknown as { datagramReceived(data: Buffer, from: readonly [string, number]): void }).datagramReceived.bind(
    protocol,
  )
  protocol.transport = {
    type: 'udp',
    socketType: 'udp4',
    closed: false,
    onData: receive,
    send: (data: Buffer, to?: readonly [string, number]) => {
      if (to) socket.send(data, to[1], to[0])
      return Promise.resolve()
    },
    // The channel's, which closes it.
    close: () => Promise.resolve(),
  } as unknown as StunProtocol['transport']
  return protocol
}

function candidate(
  { Candidate }: Werift,
  described: IceDescription['candidates'][number] | undefined,
  usernameFragment?: string,
): WeriftCandidate {
  const { foundation, component, priority, address, port, type } = described ?? {
    foundation: '1',
    component: 1,
    priority: 1,
    address: '0.0.0.0',
    port: 9,
    type: 'host' as const,
  }
  return new Candidate(
    foundation,
    component,
    'udp',
    priority,
    address,
    port,
    type,
    undefined,
    undefined,
    undefined,
    usernameFragment === undefined ? undefined : 0,
    usernameFragment,
  )
}
