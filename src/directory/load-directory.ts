import { Worker } from 'node:worker_threads'
import { readTextFile } from '../text/read-text-file.js'
import type { DirectoryError } from './form.js'
import { parseDirectory, type ParsedDirectory } from './parse-directory.js'

/** A file this long takes a tenth of a second to read into a directory; calls must not wait for that. Characters. */
const threadFrom = 500_000

/** What goes to the thread, and what comes back from it. */
export interface ParseRequest {
  readonly text: string
  readonly file: string
}

/** Reads a directory file. A file that cannot be read is an error like any other, in line 1. Large ones are parsed in a thread of their own. */
export async function loadDirectory(file: string): Promise<ParsedDirectory> {
  const read = await readTextFile(file)
  if (!read.ok) return { ok: false, errors: [{ file, ...read.problem }] }
  const { text } = read
  const thread = new URL('./directory-thread.js', import.meta.url)
  // From the TypeScript sources (tests) there is no built program to start; then it is parsed here.
  return text.length < threadFrom || import.meta.url.endsWith('.ts') ? parseDirectory(text, file) : parseInThread(thread, { text, file })
}

/** Parses in a thread that ends afterwards. @param program built `directory-thread`. Rejects when the thread fails (out of memory). */
export function parseInThread(program: URL, request: ParseRequest): Promise<ParsedDirectory> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { workerData: request, name: 'directory' })
    worker.once('message', (parsed: ParsedDirectory) => resolve(parsed))
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the directory's thread ended with code ${code} and no answer`)))
  })
}

/** An error as one line: `config/directory.yaml:12: what is wrong; expected: what would be right`. */
export function showError(error: DirectoryError): string {
  return `${error.file}:${error.line}: ${error.message}; expected: ${error.expected}`
}
