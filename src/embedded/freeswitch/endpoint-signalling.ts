import type { Faults } from '../faults.js'
import type { Session } from '../protocols/sip/session.js'
import type { ChannelSignalling } from './channel.js'
import type { HangupCause } from './channel-states.js'

/** BYE for a channel, also when it is wanted before the ACK has come. */
export class EndpointSignalling implements ChannelSignalling {
  readonly #faults: Faults
  #session: Session | undefined
  #pending: HangupCause | undefined

  constructor(faults: Faults) {
    this.#faults = faults
  }

  bye(cause: HangupCause): void {
    if (this.#session) this.#send(this.#session, cause)
    else this.#pending = cause
  }

  established(session: Session): void {
    this.#session = session
    if (this.#pending) this.#send(session, this.#pending)
  }

  #send(session: Session, cause: HangupCause): void {
    if (this.#faults.neverBye) return
    void session.bye([['Reason', `Q.850;cause=${cause.code};text="${cause.name}"`]])
  }
}
