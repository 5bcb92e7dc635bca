import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { readTextFile } from '../text/read-text-file.js'
import type { DirectoryError } from './form.js'
import { parseDirectory, type ParsedDirectory } from './parse-directory.js'

/** A file this long takes a tenth of a second to parse; calls must not wait for that. Characters. */
const threadFrom = 500_000

/** Messages to and from the thread. */
export interface ParseRequest {
  readonly text: string
  readonly file: string
}

/** A directory file as it was read. */
export interface DirectoryFile {
  readonly file: string
  readonly parsed: ParsedDirectory
  /** Of its text; empty if unreadable. */
  readonly sha256: string
  /** The version it was exported from, if its first line says so (`exportedVersion`). */
  readonly exportOf: number | undefined
}

/** Reads a directory file. An unreadable file is an error like any other, in line 1. Large ones are parsed in a thread of their own. */
export async function loadDirectory(file: string): Promise<ParsedDirectory> {
  return (await readDirectoryFile(file)).parsed
}

export async function readDirectoryFile(file: string): Promise<DirectoryFile> {
  const read = await readTextFile(file)
  if (!read.ok) return { file, parsed: { ok: false, errors: [{ file, ...read.problem }] }, sha256: '', exportOf: undefined }
  const { text } = read
  const thread = new URL('./directory-thread.js', import.meta.url)
  // Run from the TypeScript sources (tests) there is no built thread program; then it is parsed here.
  const parsed =
    text.length < threadFrom || import.meta.url.endsWith('.ts') ? parseDirectory(text, file) : await parseInThread(thread, { text, file })
  return { file, parsed, sha256: hashOf(text), exportOf: exportedVersion(text) }
}

/** The fingerprint of a directory file, without parsing it. Undefined: unreadable. */
export async function directoryFileHash(file: string): Promise<string | undefined> {
  const read = await readTextFile(file)
  return read.ok ? hashOf(read.text) : undefined
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** First line of an export. */
export function exportLine(version: number): string {
  return `# Version ${version} of the directory. When this is applied, what others change meanwhile stays.`
}

/** The version that a text was exported from. */
export function exportedVersion(text: string): number | undefined {
  const found = /^\uFEFF?# Version (\d{1,9}) of the directory\./.exec(text)
  return found === null ? undefined : Number(found[1])
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
