/** As much of the package as is used: libopus as WebAssembly. */
declare module 'opus-decoder' {
  export class OpusDecoder {
    constructor(options: { readonly sampleRate: 8000; readonly channels: 1 })
    /** Settles when frames can be decoded. */
    readonly ready: Promise<void>
    /** An empty frame stands for a loss of 120 ms. One that is no Opus packet causes a complaint on stderr, and decodes to nothing. */
    decodeFrame(frame: Uint8Array): { readonly channelData: readonly Float32Array[]; readonly samplesDecoded: number }
    free(): void
  }
}
