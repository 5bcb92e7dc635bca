import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ahead, pinned } from './engine.js'
import type { BrowserCallers, CallTimes, Command, Habit, Heard, Reply } from './phones/commands.js'

const answerWithinMs = 180_000

/** The phones, in their own process. */
export class Phones {
  #next = 0
  readonly #waiting = new Map<number, { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void }>()

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message: { readonly id: number; readonly reply?: Reply; readonly error?: string }) => {
      const waiting = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      if (message.reply) waiting?.resolve(message.reply)
      else waiting?.reject(new Error(message.error))
    })
    child.once('exit', () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error('the phones have died'))
      this.#waiting.clear()
    })
  }

  /** @param ownCore leaves the first core to the engine */
  static start(ownCore: boolean): Phones {
    const command = [process.execPath, fileURLToPath(new URL('./phones/main.js', import.meta.url))]
    const [program = '', ...args] = ahead(ownCore ? pinned(1, command) : command)
    return new Phones(spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
  }

  /** @returns SIP port of the specialists' phones */
  async bind(): Promise<number> {
    const reply = await this.#ask({ kind: 'bind' })
    if (reply.kind !== 'bound') throw new Error(`unexpected: ${reply.kind}`)
    return reply.specialistsPort
  }

  async open(
    lanes: readonly { readonly number: string; readonly habits: readonly Habit[] }[],
    engine: { readonly address: string; readonly port: number },
    browsers?: BrowserCallers,
  ): Promise<void> {
    await this.#ask({ kind: 'open', lanes, engine, ...(browsers === undefined ? {} : { browsers }) })
  }

  async call(lane: number, talkMs: number, abandon = false): Promise<CallTimes> {
    const reply = await this.#ask({ kind: 'call', lane, talkMs, abandon })
    if (reply.kind !== 'times') throw new Error(`unexpected: ${reply.kind}`)
    return reply.times
  }

  /** @returns the result of each, when the last is up or has failed */
  async hold(lanes: readonly number[], perSecond: number): Promise<readonly CallTimes[]> {
    const reply = await this.#ask({ kind: 'hold', lanes, perSecond })
    if (reply.kind !== 'holding') throw new Error(`unexpected: ${reply.kind}`)
    return reply.times
  }

  /** @throws Error if one of them is not set up */
  async holdAll(lanes: readonly number[], perSecond: number): Promise<void> {
    const failed = (await this.hold(lanes, perSecond)).filter((times) => times.failed !== undefined)
    if (failed.length > 0)
      throw new Error(
        `${failed.length} of ${lanes.length} calls did not come up: ${[...new Set(failed.map((times) => times.failed))].join('; ')}`,
      )
  }

  /** Resolves when the calls are over for both sides. @returns wall-clock ms at which the first of them hung up; all did so at once */
  async hangUp(lane?: number): Promise<number> {
    const reply = await this.#ask({ kind: 'hangUp', ...(lane === undefined ? {} : { lane }) })
    if (reply.kind !== 'hungUp') throw new Error(`unexpected: ${reply.kind}`)
    return reply.at
  }

  async listen(): Promise<void> {
    await this.#ask({ kind: 'listen' })
  }

  async heard(): Promise<Heard> {
    const reply = await this.#ask({ kind: 'heard' })
    if (reply.kind !== 'heard') throw new Error(`unexpected: ${reply.kind}`)
    return reply.heard
  }

  async stop(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()))
    await this.#ask({ kind: 'close' }).catch(() => undefined)
    const hurry = setTimeout(() => this.child.kill('SIGKILL'), 3_000)
    await gone
    clearTimeout(hurry)
  }

  #ask(command: Command): Promise<Reply> {
    const id = ++this.#next
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new Error(`the phones did not answer to "${command.kind}" within ${answerWithinMs / 1_000} s`))
      }, answerWithinMs)
      this.#waiting.set(id, {
        resolve: (reply) => {
          clearTimeout(timer)
          resolve(reply)
        },
        reject: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      })
      this.child.send({ id, command })
    })
  }
}
