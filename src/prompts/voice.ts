import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A text-to-speech engine that needs no network. */
export interface Voice {
  /** Part of the file name of kept speech: a different voice, a different file. */
  readonly name: string
  /**
   * Speaks a text.
   * @returns a WAV file's bytes, at whatever rate the engine has
   * @throws Error when the engine fails or takes longer than `timeoutMs`
   */
  speak(text: string, timeoutMs: number): Promise<Buffer>
}

/** Flite's US-English male voice "rms": of the free voices the one that a recogniser understands best at telephone bandwidth. */
const fliteVoice = 'rms'

/** @returns flite as a voice, or undefined without `flite` on the PATH */
export function findFlite(path = process.env.PATH ?? ''): Voice | undefined {
  const program = path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'flite'))
    .find((file) => existsSync(file))
  if (program === undefined) return undefined
  return {
    name: `flite-${fliteVoice}`,
    async speak(text, timeoutMs) {
      const folder = await mkdtemp(join(tmpdir(), 'ringround-voice-'))
      try {
        const file = join(folder, 'speech.wav')
        // No shell in between, and the text is never taken for an option: it follows `-t`.
        await run(program, ['-voice', fliteVoice, '-t', speakable(text), '-o', file], { timeout: timeoutMs })
        return await readFile(file)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

/** Removes what an engine would stumble over: control characters, markup, brackets; "&" is spoken. */
function speakable(text: string): string {
  return text
    .replace(/&/g, ' and ')
    .replace(/[\p{Cc}<>{}[\]|\\^~`"]/gu, ' ')
    .replace(/ [-\u2013\u2014] /g, ', ')
    .replace(/\s+/g, ' ')
    .trim()
}
