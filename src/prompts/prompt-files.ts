import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sentences, type SentenceId } from './sentences.js'

/**
 * The WAV files of prompts. For a sentence: `recorded/<id>.wav` (a human voice) before `rendered/<id>.wav`. For a name: the
 * same with `names/<name>-<hash>.wav`, then the cache of names spoken on this machine. The hash is of the words and the voice, so that
 * a changed name never finds its old recording; a human recording of a name carries no hash (`recorded/names/<name>.wav`).
 */
export interface PromptFolders {
  /** Holds `recorded/` and `rendered/`. */
  readonly prompts: string
  /** Writable; names spoken on this machine. */
  readonly cache: string
}

/** Finds the first of these files that exists. */
export type LookForFile = (files: readonly string[]) => string | undefined

const onDisk: LookForFile = (files) => files.find((file) => existsSync(file))

/** A found file is assumed to exist for this long, ms. */
const thereForMs = 10_000

/**
 * Does not ask the disk for each sentence of each call. A better file added later (a human recording beside the rendered one) is found
 * within ten seconds.
 * @param monotonic ms
 */
export function rememberingLook(monotonic: () => number): LookForFile {
  const seenAt = new Map<string, number>()
  return (files) => {
    const now = monotonic()
    const remembered = files.find((file) => now - (seenAt.get(file) ?? Number.NEGATIVE_INFINITY) < thereForMs)
    if (remembered !== undefined) return remembered
    for (const file of files) seenAt.delete(file)
    const found = onDisk(files)
    if (found !== undefined) seenAt.set(found, now)
    return found
  }
}

/** @returns the file of a sentence, or undefined when there is none */
export function sentenceFile(folders: PromptFolders, id: SentenceId, look = onDisk): string | undefined {
  return look([join(folders.prompts, 'recorded', `${id}.wav`), join(folders.prompts, 'rendered', `${id}.wav`)])
}

/** @returns the file of the music that patients wait with, or undefined when there is none */
export function musicFile(folders: PromptFolders, look = onDisk): string | undefined {
  return look([join(folders.prompts, 'recorded', musicFileName), join(folders.prompts, 'rendered', musicFileName)])
}

export const musicFileName = 'waiting-music.wav'

/** @returns the file of a name that has been recorded or spoken before, or undefined */
export function nameFile(folders: PromptFolders, text: string, voice: string, look = onDisk): string | undefined {
  return look([
    join(folders.prompts, 'recorded', 'names', `${slug(text)}.wav`),
    join(folders.prompts, 'rendered', 'names', nameFileName(text, voice)),
    join(folders.cache, nameFileName(text, voice)),
  ])
}

/** File name, without folder, of a name as this voice speaks it. */
export function nameFileName(text: string, voice: string): string {
  return `${slug(text)}-${contentHash(text, voice)}.wav`
}

export function contentHash(text: string, voice: string): string {
  return createHash('sha256').update(`${voice}\n${text}`).digest('hex').slice(0, 12)
}

/** Letters, digits and hyphens only, and short: any text of the directory becomes a harmless file name. */
function slug(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 48) || 'name'
  )
}

/** The sentences without a file: no call should be taken before they exist. */
export function missingSentences(folders: PromptFolders): readonly SentenceId[] {
  return (Object.keys(sentences) as SentenceId[]).filter((id) => sentenceFile(folders, id) === undefined)
}
