/**
 * Loaded into the engine's processes (`NODE_OPTIONS=--import`) only to examine their memory or CPU time. On SIGUSR2 a
 * process reads a command from the file `command` in the folder `BENCH_PROBE_FOLDER`, and each of its threads writes a file with its answer.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Session, type Profiler } from 'node:inspector'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads'

/** `collect`: garbage. `profile`: begins to; `profiled`: ends it. */
export type ProbeCommand = 'collect' | 'profile' | 'profiled'

/** A thread's answer, in `<pid>-<thread>.json`. */
export interface ProbeAnswer {
  readonly command: ProbeCommand
  readonly argv: readonly string[]
  /** After a collection of all that is garbage, bytes. `rss` is that of the whole process. */
  readonly memory?: { readonly rss: number; readonly heapUsed: number; readonly external: number }
  readonly profile?: Profiler.Profile
}

const folder = process.env.BENCH_PROBE_FOLDER
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true })
  const session = new Session()
  session.connect()
  const answer = (more: ProbeAnswer) => writeFileSync(join(folder, `${process.pid}-${threadId}.json`), JSON.stringify(more))
  const plain = (command: ProbeCommand): ProbeAnswer => ({ command, argv: process.argv })
  const carryOut = (command: ProbeCommand) => {
    switch (command) {
      case 'collect': {
        setFlagsFromString('--expose-gc')
        const collect = runInNewContext('gc') as () => void
        for (let n = 0; n < 3; n++) collect()
        const { rss, heapUsed, external } = process.memoryUsage()
        answer({ ...plain(command), memory: { rss, heapUsed, external } })
        return
      }
      case 'profile':
        session.post('Profiler.enable')
        session.post('Profiler.setSamplingInterval', { interval: 200 })
        session.post('Profiler.start', () => answer(plain(command)))
        return
      case 'profiled':
        session.post('Profiler.stop', (_error, result) => answer({ ...plain(command), profile: result.profile }))
    }
  }
  const threads = new BroadcastChannel('ringround-bench-probe')
  if (isMainThread) {
    process.on('SIGUSR2', () => {
      const command = readFileSync(join(folder, 'command'), 'utf8') as ProbeCommand
      threads.postMessage(command)
      carryOut(command)
    })
  } else {
    threads.onmessage = (event) => carryOut((event as { readonly data: ProbeCommand }).data)
  }
  // Does not keep the process alive.
  threads.unref()
}
