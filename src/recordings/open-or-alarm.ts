import { pathBelow } from './finishing.js'
import type { RecordingsSettings } from './recordings-settings.js'
import { openRecording, type KnownRecording, type OpenRecording, type Unreadable } from './stored-recording.js'

/** Opens the MP3 of a recording; raises the alarm where it cannot be read, also later on, from a stream of it. Never rejects. */
export async function openOrAlarm(
  recording: KnownRecording & { readonly path: string },
  { recordingsFolder, keys, alarms }: Pick<RecordingsSettings, 'recordingsFolder' | 'keys' | 'alarms'>,
): Promise<OpenRecording | Unreadable> {
  const unreadable = (found: Unreadable): Unreadable => {
    if (found.kind === 'missing') alarms.raise('recordings.lost', `an MP3 is not where the store says: ${found.why}`)
    else if (found.kind === 'damaged') alarms.raise('recordings.damaged', found.why)
    else alarms.raise('recordings.locked', found.why)
    return found
  }
  const path = pathBelow(recordingsFolder, recording.path)
  if (path === undefined) return unreadable({ kind: 'missing', why: `${recording.path} leads out of the recordings folder` })
  const opened = await openRecording(path, recording, (id) => keys?.find(id) ?? Promise.resolve(undefined), unreadable)
  if (opened.kind !== 'open') return unreadable(opened)
  return {
    ...opened,
    stream: async (first, last) => {
      const read = await opened.stream(first, last)
      return 'kind' in read ? unreadable(read) : read
    },
  }
}
