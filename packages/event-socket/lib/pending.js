'use strict'

const { SocketEvent } = require('./socket-event.js')

/** More than this many commands without an answer: FreeSWITCH has stopped to answer. */
const MAX_UNANSWERED = 10_000

/** @typedef {(event: SocketEvent, headers: Record<string, string>, body: string) => unknown} Answered */
/** @typedef {Answered | { completed(event: SocketEvent): unknown, failed(error: Error): unknown }} Execution */

/** Content-Type of the answer to a command: `api` has one of its own. */
/** @typedef {'api/response' | 'command/reply'} AnswerType */

/** Who waits for what on one connection. Commands are answered in the order in which they were sent; executions complete in any. */
class Pending {
  /** @type {{ answered: Answered | undefined, type: AnswerType }[]} */
  #answers = []
  /** @type {Map<string, Execution>} */
  #executions = new Map()

  /**
   * A command is being sent.
   * @param {Answered | undefined} answered
   * @param {AnswerType} type of its answer
   * @returns {string | undefined} why it cannot be waited for
   */
  answers(answered, type) {
    if (this.#answers.length >= MAX_UNANSWERED) return 'FreeSWITCH does not answer'
    this.#answers.push({ answered, type })
    return undefined
  }

  /**
   * Who has been answered now, and who will not be: an answer of another type than the oldest command wants belongs to the first that wants it, and the
   * ones before were lost. An answer for which no command waits is dropped.
   * @param {AnswerType} type
   * @returns {{ answered: Answered | undefined, unanswered: readonly Answered[] }}
   */
  answered(type) {
    const at = Math.max(
      0,
      this.#answers.findIndex((each) => each.type === type),
    )
    const taken = this.#answers.splice(0, at + 1)
    return { answered: taken.pop()?.answered, unanswered: taken.flatMap((each) => each.answered ?? []) }
  }

  /**
   * @param {string} id Application-UUID
   * @param {Execution} execution
   */
  executes(id, execution) {
    this.#executions.set(id, execution)
  }

  /**
   * @param {string} id Application-UUID
   * @returns {Answered | undefined} the callback to tell that it has completed
   */
  completed(id) {
    const execution = this.#executions.get(id)
    this.#executions.delete(id)
    return typeof execution === 'object' ? (event) => execution.completed(event) : execution
  }

  /**
   * It will not complete.
   * @param {string} id Application-UUID
   * @param {Error} error
   */
  failed(id, error) {
    const execution = this.#executions.get(id)
    this.#executions.delete(id)
    if (typeof execution === 'object') execution.failed(error)
  }

  /**
   * What is said in place of an answer that does not come.
   * @param {string} why
   * @returns {[SocketEvent, Record<string, string>, string]}
   */
  lost(why) {
    const said = `-ERR ${why}`
    return [new SocketEvent(`Content-Type: command/reply\nReply-Text: ${said}`, said), {}, said]
  }

  /**
   * Nothing more will come: everybody is told.
   * @param {string} why
   * @param {(answered: Answered, ...about: [SocketEvent, Record<string, string>, string]) => void} tell
   */
  settle(why, tell) {
    const answers = this.#answers
    this.#answers = []
    for (const { answered } of answers) if (answered) tell(answered, ...this.lost(why))
    for (const id of [...this.#executions.keys()]) tell(() => this.failed(id, new Error(`event socket: ${why}`)), ...this.lost(why))
  }
}

module.exports = { Pending, MAX_UNANSWERED }
