import type Mrf from 'drachtio-fsmrf'
import { withDeadline } from './deadline.js'

const runMs = 3_000
const apiMs = 2_000

/** Events for which drachtio-fsmrf asks on every channel, and which are never read. */
const NOT_READ = [
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_ANSWER',
  'DETECTED_TONE',
  'PLAYBACK_START',
  'PLAYBACK_STOP',
  'CUSTOM conference::maintenance',
]
/**
 * Applications whose two events are not waited for: those that end at once, and those with which FreeSWITCH itself keeps the channel. Each event carries all
 * variables of the channel, 7 kB.
 */
const NOT_HEARD_OF = ['start_dtmf', 'stop_dtmf', 'socket', 'park'] as const

/** The channel went away under an execution. */
export class ChannelGone extends Error {
  override readonly name = 'ChannelGone'
}

/** A channel's event-socket connection to us: our commands, and its answers. */
export class ChannelSocket {
  readonly id: string
  readonly #endpoint: Mrf.Endpoint
  readonly #executions = new Map<string, { readonly started: () => void; readonly gone: (error: ChannelGone) => void }>()
  readonly #asked = new Set<(error: ChannelGone) => void>()
  #gone = false

  constructor(endpoint: Mrf.Endpoint, connection: Mrf.Connection) {
    this.id = endpoint.uuid
    this.#endpoint = endpoint
    // One write with the first command to the channel.
    connection.unsubscribe(NOT_READ)
    for (const application of NOT_HEARD_OF) connection.filter('Application', `-${application}`)
    connection.on(`esl::event::CHANNEL_EXECUTE::${this.id}`, (event: Mrf.SocketEvent) =>
      this.#executions.get(event.getHeader('Application-UUID') ?? '')?.started(),
    )
  }

  get gone(): boolean {
    return this.#gone
  }

  /**
   * Runs a dialplan application.
   * @param started called when FreeSWITCH begins with it
   * @returns the event of its completion; rejects with `ChannelGone` when the channel goes first (the event never comes then)
   */
  execute(application: string, argument: string, started: () => void = () => undefined): Promise<Mrf.SocketEvent> {
    const connection = this.#endpoint.conn
    if (connection === null || this.#gone) return Promise.reject(new ChannelGone(`${application} on a channel that is gone`))
    return new Promise((resolve, reject) => {
      const over = (settle: () => void): void => {
        this.#executions.delete(id)
        settle()
      }
      const id: string = connection.execute(application, argument, this.id, {
        completed: (event) => over(() => resolve(event)),
        failed: ({ message }) => over(() => reject(new ChannelGone(message))),
      })
      this.#executions.set(id, { started, gone: reject })
    })
  }

  /** As `execute`, for applications that end at once: rejects when no completion comes. */
  run(application: string, argument: string): Promise<Mrf.SocketEvent> {
    return withDeadline(
      `FreeSWITCH: ${application}`,
      runMs,
      (resolve, reject) => void this.execute(application, argument).then(resolve, reject),
    )
  }

  /** Runs an application whose events are not waited for (`NOT_HEARD_OF`): it begins after whatever was sent before it. */
  begin(application: (typeof NOT_HEARD_OF)[number]): void {
    if (!this.#gone) this.#endpoint.conn?.execute(application, '', this.id)
  }

  /**
   * A command of mod_commands about this channel (`uuid_break`, `uuid_bridge`), over its own connection, so that it does not depend
   * on the other one.
   * @returns the body of the answer, trimmed
   */
  api(command: string, rest = ''): Promise<string> {
    const line = `${command} ${this.id}${rest === '' ? '' : ` ${rest}`}`
    return this.asked(`FreeSWITCH: ${command}`, apiMs, (resolve, reject) => {
      const connection = this.#endpoint.conn
      if (connection) connection.api(line, (event) => resolve(event.getBody().trim()))
      else reject(new ChannelGone(`${command} on a channel that is gone`))
    })
  }

  /** As `withDeadline`; rejects with `ChannelGone` when the channel goes first: no answer comes then. */
  protected asked<T>(what: string, ms: number, ask: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    if (this.#gone) return Promise.reject(new ChannelGone(`${what}, on a channel that is gone`))
    let gone: (error: ChannelGone) => void = () => undefined
    return withDeadline<T>(what, ms, (resolve, reject) => {
      gone = reject
      this.#asked.add(gone)
      ask(resolve, reject)
    }).finally(() => this.#asked.delete(gone))
  }

  /** As `api`, for commands that are obeyed or refused: rejects with FreeSWITCH's answer unless that is `+OK`. */
  async order(command: string, rest = ''): Promise<void> {
    const answer = await this.api(command, rest)
    if (!answer.startsWith('+OK')) throw new Error(`FreeSWITCH: ${command}: ${answer}`)
  }

  /** No more commands are sent to it, and everything that waits for an answer rejects. */
  protected abandon(): void {
    this.#gone = true
    const executions = [...this.#executions.values()]
    this.#executions.clear()
    for (const execution of executions) execution.gone(new ChannelGone('the channel is gone'))
    for (const gone of this.#asked) gone(new ChannelGone('the channel is gone'))
    this.#asked.clear()
  }
}
