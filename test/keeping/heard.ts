import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { MPEGDecoder } from 'mpg123-decoder'
import type { RecordingRecord } from '../../src/facts/recording-record.js'
import type { Recordings } from '../../src/recordings/recordings.js'

/** An MP3's decoded length, and each channel's strength of a tone (full scale 1). */
export interface Heard {
  readonly seconds: number
  level(channel: 'left' | 'right', hertz: number): number
}

export function heard(path: string): Promise<Heard> {
  return heardIn(readFileSync(path))
}

/** The MP3 of a recording, sealed or not. */
export async function mp3Of(
  recordings: Recordings,
  { recordingId, path = '', bytes = 0 }: Pick<RecordingRecord, 'recordingId' | 'path' | 'bytes'>,
): Promise<Buffer> {
  const opened = await recordings.open({ recordingId, path, bytes })
  if (opened.kind !== 'open') throw new Error(opened.why)
  const sound = await opened.stream(0, opened.size - 1)
  if ('kind' in sound) throw new Error(sound.why)
  return buffer(sound)
}

export async function heardOf(recordings: Recordings, recording: RecordingRecord | undefined): Promise<Heard> {
  if (!recording) throw new Error('there is no recording')
  return heardIn(await mp3Of(recordings, recording))
}

async function heardIn(mp3: Buffer): Promise<Heard> {
  const decoder = new MPEGDecoder({ enableGapless: false })
  await decoder.ready
  const { channelData, samplesDecoded, sampleRate } = decoder.decode(mp3)
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
