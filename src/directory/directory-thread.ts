import { parentPort, workerData } from 'node:worker_threads'
import type { ParseRequest } from './load-directory.js'
import { parseDirectory } from './parse-directory.js'

// The thread that parses a large directory file (see load-directory.ts, its only starter, which passes the request).
const { text, file } = workerData as ParseRequest
parentPort?.postMessage(parseDirectory(text, file))
