import type { LibraryHandle } from 'koffi'
import { messageOf } from '../common/errors.js'
import { bitsPerSecond, type Lame, type Mp3Encoder } from './mp3-encoder.js'

/** LAME's scale from 0 (slow) to 9: half the work of its default 3, and with 4 kHz of speech no audible difference. */
const quality = 7

/** Sample frames given to LAME at a time. It keeps a buffer of this size for each recording. */
const framesPerCall = 1_152
/** The size that LAME requires (lame.h: 1.25 times the samples, and 7,200), and more than it keeps back until the end. */
const outputBytes = 16_384

/** Where to look for the library: its name for the system's own search, then places that this search leaves out. */
export const libraryNames: readonly string[] =
  process.platform === 'darwin'
    ? ['libmp3lame.0.dylib', '/opt/homebrew/lib/libmp3lame.0.dylib', '/usr/local/lib/libmp3lame.0.dylib']
    : process.platform === 'win32'
      ? ['libmp3lame-0.dll', 'libmp3lame.dll']
      : ['libmp3lame.so.0']

type Functions = ReturnType<typeof functionsOf>
/** LAME's `lame_global_flags *`. */
type Handle = object | bigint

/**
 * Loads libmp3lame (LGPL; lame.h of LAME 3.98 and later) and lets it encode a moment of sound.
 * @param names file names or paths, tried in this order
 * @returns the library, or why there is none that works. A library that crashes ends the process
 */
export async function loadLameLibrary(
  names: readonly string[] = libraryNames,
): Promise<{ readonly kind: 'loaded'; readonly lame: Lame } | { readonly kind: 'none'; readonly why: string }> {
  const reasons: string[] = []
  let load: (name: string) => LibraryHandle
  try {
    ;({ load } = await import('koffi'))
  } catch (error) {
    // It has no binary for every machine.
    return { kind: 'none', why: `koffi: ${messageOf(error)}` }
  }
  for (const name of names) {
    try {
      const lame = new LameLibrary(name, functionsOf(load(name)))
      await tryOut(lame)
      return { kind: 'loaded', lame }
    } catch (error) {
      reasons.push(`${name}: ${messageOf(error)}`)
    }
  }
  return { kind: 'none', why: reasons.join('; ') }
}

function functionsOf(library: LibraryHandle) {
  return {
    version: library.func('const char *get_lame_version(void)') as () => string,
    init: library.func('void *lame_init(void)') as () => Handle | null,
    setInputRate: library.func('int lame_set_in_samplerate(void *, int)') as (handle: Handle, hertz: number) => number,
    setOutputRate: library.func('int lame_set_out_samplerate(void *, int)') as (handle: Handle, hertz: number) => number,
    setChannels: library.func('int lame_set_num_channels(void *, int)') as (handle: Handle, channels: number) => number,
    setBitRate: library.func('int lame_set_brate(void *, int)') as (handle: Handle, kilobits: number) => number,
    setQuality: library.func('int lame_set_quality(void *, int)') as (handle: Handle, quality: number) => number,
    setInfoFrame: library.func('int lame_set_bWriteVbrTag(void *, int)') as (handle: Handle, on: number) => number,
    initParams: library.func('int lame_init_params(void *)') as (handle: Handle) => number,
    encode: library.func('int lame_encode_buffer_interleaved(void *, const int16_t *, int, uint8_t *, int)') as (
      handle: Handle,
      samples: Int16Array,
      frames: number,
      output: Uint8Array,
      size: number,
    ) => number,
    flush: library.func('int lame_encode_flush(void *, uint8_t *, int)') as (handle: Handle, output: Uint8Array, size: number) => number,
    close: library.func('int lame_close(void *)') as (handle: Handle) => number,
  }
}

/** A second of a tone has to become MP3 frames: the sync word at the start, and about the bytes of a second. */
async function tryOut(lame: Lame): Promise<void> {
  const encoder = await lame.start(8_000)
  try {
    const sound = Uint8Array.from(encoder.encode(Int16Array.from({ length: 16_000 }, (_, index) => 8_000 * Math.sin(index / 4))))
    const bytes = sound.length + encoder.finish().length
    const second = bitsPerSecond / 8
    if (sound[0] !== 0xff || ((sound[1] ?? 0) & 0xe0) !== 0xe0 || bytes < second || bytes > 2 * second)
      throw new Error('what it makes is no MP3')
  } finally {
    encoder.close()
  }
}

class LameLibrary implements Lame {
  readonly kind = 'native'
  readonly name: string

  constructor(
    library: string,
    private readonly functions: Functions,
  ) {
    this.name = `libmp3lame ${functions.version()} (${library})`
  }

  start(rate: number): Promise<Mp3Encoder> {
    return Promise.resolve().then(() => new NativeEncoder(this.functions, rate))
  }
}

class NativeEncoder implements Mp3Encoder {
  readonly #handle: Handle
  readonly #output = new Uint8Array(outputBytes)
  #closed = false

  /** @throws Error when LAME refuses */
  constructor(
    private readonly functions: Functions,
    rate: number,
  ) {
    const handle = functions.init()
    if (handle === null) throw new Error('LAME has no memory')
    this.#handle = handle
    const { setInputRate, setOutputRate, setChannels, setBitRate, setQuality, setInfoFrame, initParams } = functions
    for (const result of [
      setInputRate(handle, rate),
      setOutputRate(handle, rate),
      setChannels(handle, 2),
      setBitRate(handle, bitsPerSecond / 1_000),
      setQuality(handle, quality),
      setInfoFrame(handle, 0),
      initParams(handle),
    ]) {
      if (result >= 0) continue
      this.close()
      throw new Error(`LAME refuses ${rate} Hz at ${bitsPerSecond} bit/s (${result})`)
    }
  }

  encode(stereo: Int16Array): Uint8Array {
    this.#mustBeOpen()
    const made: Uint8Array[] = []
    for (let at = 0; at < stereo.length; at += framesPerCall * 2) {
      const samples = stereo.subarray(at, at + framesPerCall * 2)
      made.push(
        this.#output.slice(0, this.#counted(this.functions.encode(this.#handle, samples, samples.length >> 1, this.#output, outputBytes))),
      )
    }
    return Buffer.concat(made)
  }

  finish(): Uint8Array {
    this.#mustBeOpen()
    return this.#output.subarray(0, this.#counted(this.functions.flush(this.#handle, this.#output, outputBytes)))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.functions.close(this.#handle)
  }

  /** A handle that was given up must never reach LAME again. */
  #mustBeOpen(): void {
    if (this.#closed) throw new Error('this encoder is closed')
  }

  #counted(result: number): number {
    if (result < 0) throw new Error(`LAME cannot encode (${result})`)
    return result
  }
}
