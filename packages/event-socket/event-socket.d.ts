import type { EventEmitter } from 'node:events'
import type { Server as NetServer, Socket } from 'node:net'

/** One frame of the protocol. */
export interface Frame {
  /** Content-Type. */
  readonly type: string
  /** The header lines, bytes as Latin-1, without the empty line. */
  readonly head: string
  /** UTF-8; of a `text/event-plain`: bytes as Latin-1. Empty where there is none. */
  readonly body: string
}

/** What comes is not the protocol, or too long. */
export class FrameError extends Error {}

export class FrameReader {
  /**
   * @param take called for every frame that is complete now, in order
   * @throws FrameError after `take` has had what came before the fault; from then on always
   */
  push(chunk: Buffer, take: (frame: Frame) => void): void
}

/** An event, or an answer to a command. */
export class SocketEvent {
  constructor(head: string, body: string)
  static fromPlain(text: string): SocketEvent
  /** Decoded when asked for; null when absent. Names are compared exactly. */
  getHeader(name: string): string | null
  addHeader(name: string, value: string): string
  getBody(): string
  /** Event-Name; empty for an answer. */
  getType(): string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly body: string
  firstHeader(): string | null
  nextHeader(): string | null
  toJSON(): object
}

/**
 * Called once for each command, whatever happens: where the connection is lost first, with an event whose Reply-Text and body begin with `-ERR`, after
 * `esl::end`.
 */
export type Answered = (event: SocketEvent, headers: Record<string, string>, body: string) => unknown

/**
 * Who is told of an execution. A function is called when it has completed, and never when it does not: drachtio-fsmrf takes every call of it for a
 * success. `failed` is called when FreeSWITCH refuses, or the connection is lost.
 */
export type Execution = ((event: SocketEvent) => unknown) | { completed(event: SocketEvent): unknown; failed(error: Error): unknown }

/**
 * Emits `esl::connect`, `esl::ready`, `esl::end` (once), `error` (an Error; ignored without a listener), `esl::event::NAME::UUID` and
 * `esl::event::NAME::*` for each event (UUID: Job-UUID, else Unique-ID, else Core-UUID), `esl::event::auth::success`, `esl::event::auth::fail`,
 * `esl::event::disconnect::notice`, `esl::event::raw::TYPE` for frames of another Content-Type.
 */
export class Connection extends EventEmitter {
  /** Inbound: dials FreeSWITCH. */
  constructor(host: string, port: number, password: string, ready?: () => void)
  constructor(host: string, port: number, password: string, localAddress: string, ready?: () => void)
  /** Outbound: FreeSWITCH has dialled us. */
  constructor(socket: Socket, ready?: () => void)
  /** Null once the connection is over. */
  readonly socket: Socket | null
  readonly authed: boolean
  readonly closing: boolean
  connected(): boolean
  getInfo(): SocketEvent | null
  /** @throws TypeError where a line break stands in a command, as all that follow */
  api(command: string, answered?: Answered): void
  api(command: string, args: string | readonly unknown[], answered?: Answered): void
  sendRecv(command: string, answered?: Answered): void
  subscribe(names: string | readonly string[], answered?: Answered): void
  unsubscribe(names: string | readonly string[], answered?: Answered): void
  filter(header: string, value: string, answered?: Answered): void
  /** @returns Application-UUID */
  execute(application: string, execution?: Execution): string
  execute(application: string, argument: string, execution?: Execution): string
  execute(application: string, argument: string, uuid: string, execution?: Execution): string
  disconnect(): void
}

/** Emits `connection::open`, `connection::ready` and `connection::close`, each with the connection and its id. */
export class Server extends EventEmitter {
  constructor(options: { readonly server: NetServer }, ready?: () => void)
  getCountOfConnections(): number
  close(closed?: (error?: Error) => void): void
}
