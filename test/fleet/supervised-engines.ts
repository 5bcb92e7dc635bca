import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Engine, type EngineOptions } from '../e2e/engine.js'

/** A machine that has other things to do may end the run of an engine that starts: it is started again. */
const triesAtMost = 3

/** Engines as systemd has them with `Restart=always`: one that ends, for whatever reason, is started again in its folder. */
export class SupervisedEngines {
  readonly #engines = new Map<string, Engine>()
  readonly #folders = new Map<string, string>()
  readonly #starts = new Map<string, Promise<unknown>>()
  readonly #expected = new Set<Engine>()
  #over = false
  /** Those that ended though nobody had harmed them: the machine kept them waiting for longer than a lease. */
  readonly ended: string[] = []

  constructor(private readonly optionsOf: (name: string) => EngineOptions) {}

  async start(name: string): Promise<void> {
    const starting = this.#start(name)
    this.#starts.set(name, starting)
    await starting
  }

  /** The last one of that name. */
  engine(name: string): Engine {
    const engine = this.#engines.get(name)
    if (engine === undefined) throw new Error(`${name} was never started`)
    return engine
  }

  /** It ends by what the test does to it. */
  expectEnd(name: string): void {
    this.#expected.add(this.engine(name))
  }

  /** Resolves when each of them runs. Rejects when one cannot be started. */
  async running(): Promise<void> {
    for (;;) {
      await Promise.all(this.#starts.values())
      if ([...this.#engines.values()].every(runs)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** @param keptLogs a folder in which their logs are kept, under this name */
  async dispose(keptLogs: string | undefined, under: string): Promise<void> {
    this.#over = true
    await Promise.allSettled(this.#starts.values())
    for (const [name, engine] of this.#engines) {
      engine.wake()
      if (keptLogs !== undefined) writeFileSync(join(keptLogs, `${under}-${name}.log`), engine.log)
      await engine.dispose()
    }
    for (const folder of this.#folders.values()) rmSync(folder, { recursive: true, force: true })
  }

  async #start(name: string): Promise<void> {
    const folder = this.#folders.get(name) ?? mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
    this.#folders.set(name, folder)
    for (let tries = 1; ; tries++) {
      try {
        const engine = await Engine.start({ ...this.optionsOf(name), folder })
        this.#engines.set(name, engine)
        const again = () => {
          if (!this.#expected.delete(engine)) this.ended.push(`${name} (${engine.child.exitCode ?? engine.child.signalCode ?? ''})`)
          if (this.#over) return
          const starting = this.#start(name)
          this.#starts.set(name, starting)
          starting.catch(() => undefined)
        }
        if (runs(engine)) engine.child.once('exit', again)
        else again()
        return
      } catch (error) {
        if (this.#over || tries === triesAtMost) throw error
        this.ended.push(`${name} (at its start)`)
      }
    }
  }
}

function runs({ child }: Engine): boolean {
  return child.exitCode === null && child.signalCode === null
}
