import { readFileSync } from 'node:fs'
import { MPEGDecoder } from 'mpg123-decoder'

/** What is in an MP3: its decoded length, and how strongly each channel carries a tone (full scale 1). */
export async function heard(path: string): Promise<{ readonly seconds: number; level(channel: 'left' | 'right', hertz: number): number }> {
  const decoder = new MPEGDecoder({ enableGapless: false })
  await decoder.ready
  const { channelData, samplesDecoded, sampleRate } = decoder.decode(readFileSync(path))
  const left = Float32Array.from(channelData[0] ?? [])
  const right = Float32Array.from(channelData[1] ?? [])
  decoder.free()
  return {
    seconds: samplesDecoded / sampleRate,
    level(channel, hertz) {
      const samples = channel === 'left' ? left : right
      let [re, im] = [0, 0]
      samples.forEach((sample, index) => {
        const angle = (2 * Math.PI * hertz * index) / sampleRate
        re += sample * Math.cos(angle)
        im += sample * Math.sin(angle)
      })
      return (2 * Math.hypot(re, im)) / samples.length
    },
  }
}
