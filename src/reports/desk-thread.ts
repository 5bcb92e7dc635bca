import { MPEGDecoder } from 'mpg123-decoder'
import { parentPort } from 'node:worker_threads'
import { messageOf } from '../common/errors.js'
import type { DeskReply, DeskRequest } from './desk-messages.js'
import { recordPdf } from './record-pdf.js'
import { PeakMeter } from './waveform.js'

/** The thread for work that would hold up calls: waveforms of recordings, PDFs. */

interface Sound {
  readonly decoder: Promise<MPEGDecoder>
  readonly meter: PeakMeter
  /** The sounds received so far: pieces come in order. */
  last: Promise<void>
}

const sounds = new Map<number, Sound>()

parentPort?.on('message', (request: DeskRequest) => {
  void perform(request).then(
    (reply) => reply && parentPort?.postMessage(reply),
    (error: unknown) =>
      parentPort?.postMessage({
        id: request.id,
        kind: 'failed',
        why: messageOf(error),
      } satisfies DeskReply),
  )
})

async function perform(request: DeskRequest): Promise<DeskReply | undefined> {
  const { id } = request
  switch (request.kind) {
    case 'pdf':
      return { id, kind: 'pdf', bytes: await recordPdf(request.document) }
    case 'sound': {
      const sound = sounds.get(id) ?? begun(id)
      sound.last = sound.last.then(async () => {
        const { channelData, sampleRate } = (await sound.decoder).decode(request.bytes)
        const [left, right = left] = channelData
        if (left && right) sound.meter.add(left, right, sampleRate)
      })
      await sound.last
      return undefined
    }
    case 'soundEnds': {
      const sound = sounds.get(id) ?? begun(id)
      try {
        await sound.last
        return { id, kind: 'waveform', waveform: sound.meter.waveform() }
      } finally {
        await over(id)
      }
    }
    case 'soundLost':
      await over(id)
      return undefined
  }
}

function begun(id: number): Sound {
  const decoder = new MPEGDecoder({ enableGapless: false })
  const sound: Sound = { decoder: decoder.ready.then(() => decoder), meter: new PeakMeter(), last: Promise.resolve() }
  sounds.set(id, sound)
  return sound
}

async function over(id: number): Promise<void> {
  const sound = sounds.get(id)
  sounds.delete(id)
  const decoder = await sound?.decoder
  decoder?.free()
}
