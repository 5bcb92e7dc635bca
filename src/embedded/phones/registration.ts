import type { Credentials } from '../protocols/sip/authenticator.js'
import type { RegisterResult, UserAgent } from '../protocols/sip/user-agent.js'

/** A registrar that has gone is waited for no longer than this. */
const GRACE_MS = 1000

/** A phone's registration with one registrar, kept fresh until it ends. */
export class Registration {
  readonly #userAgent: UserAgent
  readonly #auth: Credentials | undefined
  #unregister: (() => Promise<void>) | undefined

  constructor(userAgent: UserAgent, auth: Credentials | undefined) {
    this.#userAgent = userAgent
    this.#auth = auth
  }

  /** @param request with the registrar as `sip:host:port` */
  async begin(request: {
    readonly registrar: string
    readonly expiresSeconds?: number
    readonly addressOfRecord?: string
  }): Promise<RegisterResult> {
    const result = await this.#userAgent.register({ ...request, ...(this.#auth === undefined ? {} : { auth: this.#auth }) })
    if (result.kind === 'registered') this.#unregister = result.unregister
    return result
  }

  /** Unregisters. May be called when there is no registrar. */
  async end(): Promise<void> {
    const unregister = this.#unregister
    if (unregister === undefined) return
    this.#unregister = undefined
    let timer: NodeJS.Timeout | undefined
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GRACE_MS)
    })
    await Promise.race([unregister(), grace])
    clearTimeout(timer)
  }
}
