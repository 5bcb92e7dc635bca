import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { makeMp3 } from './encoding-job.js'
import type { EncodingRequest } from './encoding-requests.js'
import { NativeEncoder } from './native-encoder.js'
import { WasmEncoder } from './wasm-encoder.js'

/**
 * The program of an encoding thread. On Linux the priority is this thread's own, and a `lame` started from here inherits it: whoever
 * carries voice goes first.
 */
try {
  if (process.platform === 'linux') setPriority(0, 10)
} catch {
  // Not allowed here: it works at the usual priority.
}

parentPort?.on('message', ({ job, encoder }: EncodingRequest) => {
  void makeMp3(job, encoder.kind === 'native' ? new NativeEncoder(encoder.binary) : new WasmEncoder()).then((result) => parentPort?.postMessage(result))
})
