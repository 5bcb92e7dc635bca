import { ToneStream } from '../protocols/rtp/tone-stream.js'
import { ClipError, type AudioClip, type ClipLibrary } from './audio-clip.js'
import type { PlayEnd, PlaySource } from './play-source.js'

/** Audio delivered frame by frame. */
export interface FrameSource {
  /** Writes up to `count` samples at `at`. @returns how many: fewer at the end, or when the next ones are not there yet */
  read(into: Int16Array, at: number, count: number): number
  /** No more samples will come. */
  ended(): boolean
}

type PlayError = NonNullable<PlayEnd['error']>

/** Opens a source for playing. @returns the source, or why it cannot be played */
export async function openFrameSource(source: PlaySource, clips: ClipLibrary): Promise<FrameSource | PlayError> {
  switch (source.kind) {
    case 'toneStream':
      try {
        return new ToneSource(new ToneStream(source.tones))
      } catch (error) {
        return { kind: 'badTones', message: (error as Error).message }
      }
    case 'silenceStream':
      return new SilenceSource(source.ms > 0 ? source.ms * 8 : Infinity)
    case 'file':
      try {
        return new ClipSource(await clips.open(source.path), source.loops ?? 1)
      } catch (error) {
        return { kind: error instanceof ClipError ? error.kind : 'unreadable', message: (error as Error).message }
      }
    case 'sequence': {
      const opened = await Promise.all(source.sources.map((part) => openFrameSource(part, clips)))
      const playable = opened.filter((part): part is FrameSource => 'read' in part)
      const failed = opened.find((part): part is PlayError => !('read' in part))
      // As FreeSWITCH does: missing files in a list are skipped, unless none can be played.
      if (playable.length === 0 && failed) return failed
      return new SequenceSource(playable)
    }
  }
}

/** Samples in memory (a key's tones). */
export class SampleSource implements FrameSource {
  readonly #samples: Int16Array
  #position = 0

  constructor(samples: Int16Array) {
    this.#samples = samples
  }

  ended(): boolean {
    return this.#position >= this.#samples.length
  }

  read(into: Int16Array, at: number, count: number): number {
    const take = Math.min(count, this.#samples.length - this.#position)
    into.set(this.#samples.subarray(this.#position, this.#position + take), at)
    this.#position += take
    return take
  }
}

class ToneSource implements FrameSource {
  readonly #tones: ToneStream
  #ended = false

  constructor(tones: ToneStream) {
    this.#tones = tones
  }

  read(into: Int16Array, at: number, count: number): number {
    const done = this.#tones.read(into, at, count)
    if (done < count) this.#ended = true
    return done
  }

  ended(): boolean {
    return this.#ended
  }
}

class SilenceSource implements FrameSource {
  #left: number

  constructor(samples: number) {
    this.#left = samples
  }

  ended(): boolean {
    return this.#left <= 0
  }

  read(into: Int16Array, at: number, count: number): number {
    const take = Math.min(count, this.#left)
    into.fill(0, at, at + take)
    this.#left -= take
    return take
  }
}

class ClipSource implements FrameSource {
  readonly #clip: AudioClip
  #position = 0
  #loopsLeft: number

  constructor(clip: AudioClip, loops: number) {
    this.#clip = clip
    this.#loopsLeft = loops < 0 ? Infinity : Math.max(1, loops)
  }

  ended(): boolean {
    return this.#clip.complete && this.#position >= this.#clip.available && (this.#loopsLeft <= 1 || this.#clip.available === 0)
  }

  read(into: Int16Array, at: number, count: number): number {
    let done = 0
    while (done < count) {
      const take = Math.min(count - done, this.#clip.available - this.#position)
      if (take > 0) {
        into.set(this.#clip.samples.subarray(this.#position, this.#position + take), at + done)
        this.#position += take
        done += take
        continue
      }
      if (!this.#clip.complete || this.ended()) return done
      this.#loopsLeft--
      this.#position = 0
    }
    return done
  }
}

class SequenceSource implements FrameSource {
  readonly #parts: FrameSource[]

  constructor(parts: FrameSource[]) {
    this.#parts = parts
  }

  ended(): boolean {
    return this.#parts.every((part) => part.ended())
  }

  read(into: Int16Array, at: number, count: number): number {
    let done = 0
    for (let part = this.#parts[0]; part && done < count; part = this.#parts[0]) {
      done += part.read(into, at + done, count - done)
      if (!part.ended()) break
      this.#parts.shift()
    }
    return done
  }
}
