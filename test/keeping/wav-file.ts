import { writeFileSync } from 'node:fs'

export const rate = 8_000

/** A stereo WAV with one tone on each channel, as the switch spools it. */
export function stereoTones(
  path: string,
  options: { readonly seconds: number; readonly left?: number; readonly right?: number; readonly claimedBytes?: number },
): void {
  const frames = Math.round(options.seconds * rate)
  const data = Buffer.alloc(frames * 4)
  for (let frame = 0; frame < frames; frame++) {
    data.writeInt16LE(tone(options.left ?? 440, frame), frame * 4)
    data.writeInt16LE(tone(options.right ?? 1_000, frame), frame * 4 + 2)
  }
  writeFileSync(path, Buffer.concat([header(options.claimedBytes ?? data.length), data]))
}

/** @param bytes of samples by the header */
export function header(bytes: number): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE((36 + bytes) >>> 0, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(2, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 4, 28)
  head.writeUInt16LE(4, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(bytes, 40)
  return head
}

function tone(hertz: number, frame: number): number {
  return hertz === 0 ? 0 : Math.round(8_000 * Math.sin((2 * Math.PI * hertz * frame) / rate))
}
