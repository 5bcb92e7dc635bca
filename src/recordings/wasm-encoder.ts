import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { WasmMediaEncoder } from 'wasm-media-encoders'
import { bitsPerSecond, type Lame, type Mp3Encoder } from './mp3-encoder.js'

type Instance = WasmMediaEncoder<'audio/mpeg'>

/** Instances that wait for their next recording: a megabyte each. */
const maxSpare = 8
/** Sample frames given to LAME at a time. It keeps a buffer of this size for each recording. */
const framesPerCall = 1_152

/**
 * LAME as WebAssembly (LGPL, package wasm-media-encoders): for machines without libmp3lame, and where the library fails. It takes three times the CPU, and
 * its faults are exceptions. Each recording has an instance with memory of its own; compiled once, and kept for the next recording.
 */
export class WasmLame implements Lame {
  readonly kind = 'wasm'
  readonly name = 'LAME as WebAssembly'
  readonly #spare: Instance[] = []

  private constructor(
    private readonly makeInstance: () => Promise<Instance>,
    first: Instance,
  ) {
    this.#spare.push(first)
  }

  static async load(): Promise<WasmLame> {
    const { createEncoder } = await import('wasm-media-encoders')
    let program: Parameters<typeof createEncoder>[1] = await readFile(
      createRequire(import.meta.url).resolve('wasm-media-encoders/wasm/mp3'),
    )
    const first = await createEncoder('audio/mpeg', program, (compiled) => (program = compiled))
    return new WasmLame(() => createEncoder('audio/mpeg', program), first)
  }

  async start(rate: number): Promise<Mp3Encoder> {
    const instance = this.#spare.pop() ?? (await this.makeInstance())
    // Begins again: nothing is left of the recording before.
    instance.configure({ sampleRate: rate, channels: 2, bitrate: (bitsPerSecond / 1_000) as 32, outputSampleRate: rate as 8_000 })
    return new WasmEncoder(instance, () => {
      if (this.#spare.length < maxSpare) this.#spare.push(instance)
    })
  }
}

class WasmEncoder implements Mp3Encoder {
  readonly #left = new Float32Array(framesPerCall)
  readonly #right = new Float32Array(framesPerCall)
  #state: 'encoding' | 'finished' | 'failed' | 'closed' = 'encoding'

  constructor(
    private readonly instance: Instance,
    private readonly giveBack: () => void,
  ) {}

  encode(stereo: Int16Array): Uint8Array {
    const made: Uint8Array[] = []
    for (let at = 0; at < stereo.length; at += framesPerCall * 2) {
      const frames = Math.min(framesPerCall, (stereo.length - at) >> 1)
      for (let frame = 0; frame < frames; frame++) {
        this.#left[frame] = (stereo[at + 2 * frame] ?? 0) / 32_768
        this.#right[frame] = (stereo[at + 2 * frame + 1] ?? 0) / 32_768
      }
      // The instance reuses its output buffer: copy what it returns.
      made.push(this.#trying(() => this.instance.encode([this.#left.subarray(0, frames), this.#right.subarray(0, frames)]).slice()))
    }
    return Buffer.concat(made)
  }

  finish(): Uint8Array {
    const rest = this.#trying(() => this.instance.finalize().slice())
    this.#state = 'finished'
    return rest
  }

  close(): void {
    // An instance that failed is not used again.
    if (this.#state === 'encoding' || this.#state === 'finished') this.giveBack()
    this.#state = 'closed'
  }

  #trying(work: () => Uint8Array): Uint8Array {
    if (this.#state !== 'encoding') throw new Error(`this encoder is ${this.#state}`)
    try {
      return work()
    } catch (error) {
      this.#state = 'failed'
      throw error
    }
  }
}
