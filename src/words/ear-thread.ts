import { parentPort } from 'node:worker_threads'
import { messageOf } from '../common/errors.js'
import type { EarReply, EarRequest } from './ear-messages.js'
import { GrowingWav } from './growing-wav.js'
import { readNet } from './net.js'
import { oneNet } from './one-net.js'
import { WordEar } from './word-ear.js'

/** The program of the thread that listens for words: no voice is ever decoded on the engine's own thread. */

/** How often a recording is read. */
const lookEveryMs = 20
/** Packets come every 20 ms, and silence is written down as well: a recording that does not grow for this long has broken off. */
const silentMs = 4_000

interface Followed {
  readonly wav: GrowingWav
  readonly ear: WordEar
  grewAt: number
}

const net = { weights: readNet(oneNet), threshold: oneNet.threshold }
const followed = new Map<number, Followed>()
let timer: NodeJS.Timeout | undefined

function tell(reply: EarReply): void {
  parentPort?.postMessage(reply)
}

parentPort?.on('message', (request: EarRequest) => {
  if (request.kind === 'follow') {
    const { ear, path } = request
    followed.set(ear, { wav: new GrowingWav(path), ear: new WordEar(net, (told) => tell({ ear, ...told })), grewAt: performance.now() })
    timer ??= setInterval(look, lookEveryMs)
    return
  }
  const one = followed.get(request.ear)
  if (!one) return
  if (request.kind === 'open') one.ear.open()
  else if (request.kind === 'shut') one.ear.shut()
  else over(request.ear, one)
})

function look(): void {
  const now = performance.now()
  for (const [ear, one] of followed) {
    try {
      const samples = one.wav.read()
      if (samples.length > 0) {
        one.grewAt = now
        one.ear.push(samples)
      } else if (now - one.grewAt > silentMs) throw new Error('its recording does not grow')
      if (one.ear.keyOnly !== undefined) over(ear, one)
    } catch (error) {
      over(ear, one)
      tell({ ear, kind: 'lost', why: messageOf(error) })
    }
  }
}

function over(ear: number, one: Followed): void {
  one.wav.close()
  followed.delete(ear)
  if (followed.size > 0) return
  clearInterval(timer)
  timer = undefined
}
