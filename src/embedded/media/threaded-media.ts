import { closeSync, writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { MediaEngineOptions } from './media-engine.js'
import type { MediaReport, MediaThreadData, SocketsChoice } from './media-messages.js'
import type { Media } from './media.js'
import { RemoteMedia } from './remote-media.js'

/** How often the thread is asked for a sign of life, ms. */
const ASK_MS = 1000
/** Questions without any report since: it hangs. Counted rather than timed: a machine that stood still starts over. */
const UNANSWERED = 10

/** What is added to the thread's event counter. */
const ONE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])

/**
 * Runs a media engine in a thread of its own, so that no packet waits for the signalling.
 * @param program the built `media-thread`
 * @param choice how the thread sends and receives
 * @param died called once, with one line, when the thread has ended by itself or hangs: no call can be heard any more
 */
export function startThreadedMedia(
  program: URL,
  options: Omit<MediaEngineOptions, 'sockets'>,
  choice: SocketsChoice,
  died: (why: string) => void,
): Media {
  const { onFault, ...data } = options
  const worker = new Worker(program, { workerData: { ...data, choice } satisfies MediaThreadData, name: 'media' })
  let interrupt: number | undefined
  const media = new RemoteMedia((commands) => {
    worker.postMessage(commands)
    if (interrupt !== undefined) writeSync(interrupt, ONE)
  }, onFault)
  let ending = false
  let unanswered = 0

  const lost = (why: string): void => {
    clearInterval(asking)
    media.lost(why)
    if (ending) return
    ending = true
    void worker.terminate()
    died(why)
  }
  const asking = setInterval(() => {
    if (++unanswered > UNANSWERED) lost(`the media thread has not answered for ${(UNANSWERED * ASK_MS) / 1000} s`)
    else media.askWhetherAlive()
  }, ASK_MS).unref()

  worker.on('message', (reports: readonly MediaReport[]) => {
    unanswered = 0
    for (const report of reports) {
      if (report.kind === 'ready') interrupt = report.interrupt
      media.heard(report)
    }
  })
  worker.on('error', (error) => lost(`the media thread has died: ${error instanceof Error ? error.message : String(error)}`))
  worker.on('exit', (code) => {
    if (interrupt !== undefined) closeSync(interrupt)
    interrupt = undefined
    lost(`the media thread has ended with code ${code}`)
  })

  return {
    ready: media.ready,
    createChannel: (about) => media.createChannel(about),
    bridge: (a, b) => media.bridge(a, b),
    unbridge: (a, b) => media.unbridge(a, b),
    prepareSecurity: () => media.prepareSecurity(),
    get decodesOpus() {
      return media.decodesOpus
    },
    expectSecurity: () => media.expectSecurity(),
    losePackets: (share) => media.losePackets(share),
    async close() {
      await media.close()
      ending = true
      clearInterval(asking)
      await worker.terminate()
    },
  }
}
