/** Tags of a finished recording. Never anything about a patient. */
export interface RecordingTags {
  /** The line's name. */
  readonly title: string
  /** When the recording began, wall-clock ms. */
  readonly startedAt: number
  readonly callId: string
}

const headerBytes = 10

/**
 * An ID3v2.4 tag (id3.org, "ID3 tag version 2.4.0 - Main Structure" section 3, "Native Frames" section 4.2): title, recording time in UTC,
 * call id, and the program that made it. Text in UTF-8.
 * @param least bytes: a shorter tag is filled up with padding (section 3.3)
 */
export function id3Tag(tags: RecordingTags, least = 0): Buffer {
  const time = new Date(tags.startedAt).toISOString().slice(0, 19)
  const frames = Buffer.concat([
    textFrame('TIT2', tags.title),
    textFrame('TDRC', time),
    textFrame('TSSE', 'Ringround'),
    // A text frame of our own: description, zero, value (section 4.2.6).
    textFrame('TXXX', `Call id\0${tags.callId}`),
  ])
  const padding = Buffer.alloc(Math.max(0, least - headerBytes - frames.length))
  return Buffer.concat([Buffer.from('ID3\x04\x00\x00', 'latin1'), synchsafe(frames.length + padding.length), frames, padding])
}

function textFrame(id: string, text: string): Buffer {
  const utf8 = 3
  const body = Buffer.concat([Buffer.from([utf8]), Buffer.from(text, 'utf8')])
  return Buffer.concat([Buffer.from(id, 'latin1'), synchsafe(body.length), Buffer.from([0, 0]), body])
}

/** Four bytes of seven bits each, so that a tag never looks like a frame of sound. */
function synchsafe(value: number): Buffer {
  return Buffer.from([(value >> 21) & 0x7f, (value >> 14) & 0x7f, (value >> 7) & 0x7f, value & 0x7f])
}
