/** A WAV file (RIFF, 16 bit PCM) of one or more channels of the same length. */
export function wavFile(channels: readonly Int16Array[], rate = 8_000): Buffer {
  const frames = channels[0]?.length ?? 0
  const data = Buffer.alloc(frames * channels.length * 2)
  for (const [channel, samples] of channels.entries())
    for (let n = 0; n < frames; n++) data.writeInt16LE(samples[n] ?? 0, (n * channels.length + channel) * 2)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(channels.length, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * channels.length * 2, 28)
  head.writeUInt16LE(channels.length * 2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}

/** Reads a WAV file up to what is there, whatever its header claims: a phone that was killed never corrected it. */
export function readWav(file: Buffer): { readonly rate: number; readonly channels: readonly Int16Array[] } {
  const count = file.readUInt16LE(22)
  const start = file.indexOf('data', 36) + 8
  const frames = Math.floor((file.length - start) / (2 * count))
  return {
    rate: file.readUInt32LE(24),
    channels: Array.from({ length: count }, (_, channel) =>
      Int16Array.from({ length: frames }, (_, n) => file.readInt16LE(start + (n * count + channel) * 2)),
    ),
  }
}
