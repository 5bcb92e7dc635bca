import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type Mrf from 'drachtio-fsmrf'
import { withDeadline } from './deadline.js'
import type { ServerAccess } from './settings.js'

const load = createRequire(import.meta.url)
const connectMs = 3_000
const askMs = 2_000
/** A channel passes through `CS_RESET` within this time, or never leaves it. */
const resetMs = 400

/** Events of a channel, beside those subscribed to on every one. */
const events = ['CHANNEL_EXECUTE', 'CHANNEL_EXECUTE_COMPLETE', 'CHANNEL_HANGUP', 'DTMF'] as const

/** FreeSWITCH's data on a channel that is taken over. */
export interface StandingChannel {
  readonly endpoint: Mrf.Endpoint
  readonly connection: Mrf.Connection
  /** FreeSWITCH's own description of the channel. */
  readonly description: string
  /** The last description of its party that the channel was given. */
  readonly told: string
  /** The channel it is bridged with. */
  readonly peer: string | undefined
}

/**
 * A channel of FreeSWITCH that a dead engine made, over a connection that we dial. It is watched from the first moment, so that nothing that happens to it
 * after this is missed.
 * @returns undefined when there is no such channel any more, or none that could be used
 * @throws Error in words for the record, when FreeSWITCH cannot be asked
 */
export async function openStandingChannel(access: ServerAccess, uuid: string): Promise<StandingChannel | undefined> {
  // An engine that starts with nothing to take over does not need it.
  const { Connection } = load('drachtio-modesl') as {
    readonly Connection: new (host: string, port: number, password: string) => Mrf.Connection
  }
  const connection = new Connection(access.host, access.port, access.secret)
  try {
    await withDeadline<undefined>('FreeSWITCH: a connection for a channel', connectMs, (resolve, reject) => {
      connection.once('esl::ready', () => resolve(undefined))
      connection.once('error', (error: Error) => reject(error))
      connection.once('esl::event::auth::fail', () => reject(new Error('FreeSWITCH refuses the password')))
      connection.once('esl::end', () => reject(new Error('FreeSWITCH closed the connection')))
    })
    connection.on('error', () => undefined)
    const endpoint = new WatchedChannel(connection, uuid)
    const ask = (command: string): Promise<string> =>
      withDeadline<string>(`FreeSWITCH: ${command.split(' ')[0] ?? ''}`, askMs, (resolve) =>
        connection.api(command, (event) => resolve(event.getBody().trim())),
      )
    connection.filter('Unique-ID', uuid)
    connection.subscribe(events)
    const [exists, description, told, peer] = await Promise.all([
      ask(`uuid_exists ${uuid}`),
      ask(`uuid_getvar ${uuid} rtp_local_sdp_str`),
      ask(`uuid_getvar ${uuid} switch_r_sdp`),
      ask(`uuid_getvar ${uuid} signal_bond`),
    ])
    // FreeSWITCH 1.11.1 leaves a channel in this state if its event socket closes at the moment of a bridge: it never does anything again.
    const stuck =
      exists === 'true' &&
      (await isReset(ask, uuid)) &&
      (await new Promise((resolve) => setTimeout(resolve, resetMs)), await isReset(ask, uuid))
    if (stuck) await ask(`uuid_kill ${uuid}`)
    if (exists !== 'true' || stuck) {
      connection.disconnect()
      return undefined
    }
    endpoint.local.sdp = description
    return { endpoint, connection, description, told, peer: /^[\w-]{8,}$/.test(peer) ? peer : undefined }
  } catch (error) {
    connection.disconnect()
    throw error
  }
}

async function isReset(ask: (command: string) => Promise<string>, uuid: string): Promise<boolean> {
  return /^Channel-State: CS_RESET$/m.test(await ask(`uuid_dump ${uuid}`))
}

/** Stands in for drachtio-fsmrf's endpoint, as far as the adapter uses that. */
class WatchedChannel extends EventEmitter implements Mrf.Endpoint {
  readonly uuid: string
  readonly dialog = null
  readonly local = { sdp: '' }
  #connection: Mrf.Connection | null

  constructor(connection: Mrf.Connection, uuid: string) {
    super()
    this.uuid = uuid
    this.#connection = connection
    connection.on(`esl::event::DTMF::${uuid}`, (event: Mrf.SocketEvent) => {
      const timestamp = event.getHeader('DTMF-Timestamp')
      this.emit('dtmf', {
        dtmf: event.getHeader('DTMF-Digit'),
        source: event.getHeader('DTMF-Source'),
        duration: event.getHeader('DTMF-Duration'),
        ...(timestamp === null ? {} : { timestamp }),
      })
    })
    connection.once(`esl::event::CHANNEL_HANGUP::${uuid}`, (event: Mrf.SocketEvent) =>
      this.#over({ reason: event.getHeader('Hangup-Cause') ?? undefined }),
    )
    connection.once('esl::end', () => {
      this.#connection = null
      this.#over(undefined)
    })
  }

  get conn(): Mrf.Connection | null {
    return this.#connection
  }

  #over(why: { readonly reason: string | undefined } | undefined): void {
    this.emit('destroy', why)
    this.removeAllListeners()
    this.#connection?.disconnect()
  }
}
