import type { EventBus } from './event-bus.js'

/** `sendmsg`: header names in lower case (`call-command`, `execute-app-name`, `execute-app-arg`, `event-uuid`, ...). */
export interface ChannelMessage {
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** What a connection can do with a channel. */
export interface ControlledChannel {
  readonly uuid: string
  /** `sofia/<profile>/<user>@<host>` */
  readonly name: string
  /** The plain headers of CHANNEL_DATA, the `Channel-` copies of the caller profile included: the answer to `connect`. */
  connectData(): string
  variable(name: string): string | undefined
  message(message: ChannelMessage): void
}

/** What stands behind the event sockets: the FreeSWITCH role. */
export interface EventSocketHost {
  readonly password: string
  readonly bus: EventBus
  channel(uuid: string): ControlledChannel | undefined
  /** Runs an api command. @returns the reply, `-ERR ...` included; undefined: there is no such command */
  api(command: string, argument: string): string | undefined
  /** A BACKGROUND_JOB event with the reply in its body. */
  backgroundJob(job: { uuid: string; command: string; argument: string; reply: string }): void
  /** `sendevent`: hands an event of a client's own making to all clients. */
  clientEvent(name: string, message: ChannelMessage, eventUuid: string): void
  /** A diagnostic line for the operator's log. */
  log(line: string): void
}
