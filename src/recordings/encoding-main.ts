import { setPriority } from 'node:os'
import { endWithParent } from '../processes/end-with-parent.js'
import { EncodingDesk } from './encoding-desk.js'
import { settingsVariable, type EncodingSettings, type FromEncoding, type ToEncoding } from './encoding-messages.js'
import { loadLameLibrary } from './lame-library.js'
import type { Lame } from './mp3-encoder.js'
import { WasmLame } from './wasm-encoder.js'

/** The program of the encoding process. It gives way to the processes that carry voice. */
try {
  setPriority(10)
} catch {
  // Not allowed here: it works at the usual priority.
}
endWithParent(() => process.exit(0), 1_000)

const settings = JSON.parse(process.env[settingsVariable] ?? '') as EncodingSettings
let loadedWasm: Promise<Lame> | undefined
const wasm = () => (loadedWasm ??= WasmLame.load())
const library = settings.lame === 'native' ? await loadLameLibrary(settings.libraries) : undefined
const lame = library?.kind === 'loaded' ? library.lame : await wasm()
const desk = new EncodingDesk({ recordingsFolder: settings.recordingsFolder, lame, wasm, sealed: settings.sealed })

function tell(message: FromEncoding): void {
  // Should the parent have gone, this process ends with it.
  process.send?.(message, () => undefined)
}

process.on('message', (message: ToEncoding) => {
  switch (message.kind) {
    case 'follow':
      desk.follow(message.recordingId, message.spoolPath)
      return
    case 'forget':
      desk.forget(message.recordingId)
      return
    case 'make':
      void desk.make(message.job, message.lame).then((result) => tell({ kind: 'made', number: message.number, result }))
      return
    case 'ping':
      tell({ kind: 'pong' })
  }
})
tell({ kind: 'up', lame: lame.kind, name: lame.name, ...(library?.kind === 'none' ? { withoutLibrary: library.why } : {}) })
