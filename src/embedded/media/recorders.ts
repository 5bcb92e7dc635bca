import type { RecordingHandle, RecordingOptions } from './media-channel.js'
import { Recorder } from './recorder.js'

/** The recordings that run on a channel. Side 0: what the party says, 1: what it is sent. */
export class Recorders {
  readonly #running = new Set<Recorder>()

  get count(): number {
    return this.#running.size
  }

  /** @param now the engine's clock in samples. @throws Error (rejects) when the file cannot be made */
  async start(
    path: string,
    options: RecordingOptions & { readonly onError: (error: Error) => void },
    now: () => number,
  ): Promise<RecordingHandle> {
    const recorder: Recorder = await Recorder.open(path, options, now, () => this.#running.delete(recorder))
    this.#running.add(recorder)
    return recorder
  }

  octets(side: 0 | 1, position: number, table: Int16Array, octets: Uint8Array, from: number, count: number): void {
    for (const recorder of this.#running) recorder.octets(side, position, table, octets, from, count)
  }

  samples(side: 0 | 1, position: number, samples: Int16Array, count: number): void {
    for (const recorder of this.#running) recorder.samples(side, position, samples, count)
  }

  silence(side: 0 | 1, position: number, count: number): void {
    for (const recorder of this.#running) recorder.silence(side, position, count)
  }

  advance(position: number): void {
    for (const recorder of this.#running) recorder.advance(position)
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running].map((recorder) => recorder.stop()))
  }
}
