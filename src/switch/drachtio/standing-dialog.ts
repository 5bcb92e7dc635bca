import { EventEmitter } from 'node:events'
import type Srf from 'drachtio-srf'
import { asError } from '../../common/errors.js'
import { DeadlinePassed, withDeadline } from './deadline.js'

const probeMs = 2_000

/** What is needed to continue a dialog that another application began. */
export interface DialogIdentity {
  /** drachtio-server's id of it. */
  readonly id: string
  /** Our Contact in it; empty: the one that drachtio-server has put there. */
  readonly contact: string
}

/** Members of drachtio-srf that it does not declare. */
interface Agent {
  request(options: object, callback: (error: (Error & { readonly code?: string }) | null, request?: Srf.Request) => void): void
}
interface Registry {
  addDialog(dialog: StandingDialog): void
  removeDialog(dialog: StandingDialog): void
}

/**
 * A dialog in drachtio-server that a dead application began: behaves as drachtio-srf's own, as far as the adapter uses that. Requests of the
 * party come here where drachtio-server passes them on (the embedded switch does, to the application that last sent a request within the dialog; 0.9.10 answers them with 481).
 */
export class StandingDialog extends EventEmitter {
  readonly id: string
  readonly dialogType = 'INVITE'
  readonly local: { uri: string; sdp: string | undefined; contact: string | undefined }
  /** Its socket is the one on which requests leave. */
  readonly req: { socket: Srf.Request['socket'] }
  connected = true
  readonly #srf: Srf

  /** @param sdp our last description within it */
  constructor(srf: Srf, socket: Srf.Request['socket'], { id, contact }: DialogIdentity, sdp?: string) {
    super()
    this.id = id
    // Where it was not written down, drachtio-server knows its own.
    this.local = { uri: '', sdp, contact: contact === '' ? undefined : contact }
    this.req = { socket }
    this.#srf = srf
    ;(srf as unknown as Registry).addDialog(this)
  }

  /** As drachtio-srf's own, for the adapter. */
  asDialog(): Srf.Dialog {
    return this as unknown as Srf.Dialog
  }

  /**
   * Whether drachtio-server still has the dialog: by a request that it refuses to send, because its body has no type. Nothing goes to the party.
   * @returns undefined when drachtio-server does not say
   */
  async exists(): Promise<boolean | undefined> {
    if (!this.connected) return false
    try {
      return await withDeadline<boolean>('drachtio: a question about a dialog', probeMs, (resolve, reject) =>
        this.#send({ method: 'INFO', body: '?' }, (error, request) => {
          if (request !== undefined) resolve(true)
          else if (error?.code === 'ENODIALOG') resolve(false)
          else if (/content-type/i.test(error?.message ?? '')) resolve(true)
          else reject(error ?? new Error('no answer'))
        }),
      )
    } catch (error) {
      if (error instanceof DeadlinePassed || error instanceof Error) return undefined
      throw error
    }
  }

  handle(request: Srf.Request, response: Srf.Response): void {
    if (request.method === 'BYE') {
      this.#over()
      response.send(200)
      this.emit('destroy', request, /text="(.*)"/.exec(request.get('Reason') ?? '')?.[1])
      this.removeAllListeners()
    } else if (request.method === 'ACK') this.emit('ack', request)
    else response.send(501)
  }

  request({ noAck, ...options }: Parameters<Srf.Dialog['request']>[0], callback: Parameters<Srf.Dialog['request']>[1]): void {
    this.#send(options, (error, request) => {
      if (request === undefined) return callback(error ?? new Error('drachtio did not send it'))
      request.on('response', (response: Srf.Response, acknowledge: (options?: Srf.AckOptions) => void) => {
        const accepted = response.status >= 200 && response.status < 300
        if (options.method === 'INVITE' && noAck === true && accepted) return callback(null, response, acknowledge)
        if (options.method === 'INVITE' && response.status >= 200) acknowledge()
        callback(null, response)
      })
    })
  }

  destroy(options: { headers?: Readonly<Record<string, string>> }, callback: (error: unknown) => void): void {
    this.#send({ method: 'BYE', ...options }, (error, request) => {
      const settle = (why: unknown): void => {
        this.#over()
        callback(why)
        this.removeAllListeners()
      }
      if (request === undefined) settle(error)
      else request.on('response', () => settle(null))
    })
  }

  /** Lets go of it without sending anything. */
  forget(): void {
    this.#over()
    this.removeAllListeners()
  }

  #over(): void {
    this.connected = false
    ;(this.#srf as unknown as Registry).removeDialog(this)
  }

  #send(
    options: { readonly method: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
    callback: Parameters<Agent['request']>[1],
  ): void {
    const agent = this.#srf.app.client as unknown as Agent | undefined
    try {
      if (agent === undefined) throw new Error('no connection to drachtio')
      agent.request({ headers: {}, ...options, stackDialogId: this.id, _socket: this.req.socket }, callback)
    } catch (error) {
      callback(asError(error))
    }
  }
}
