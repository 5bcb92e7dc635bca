import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../common/errors.js'
import type { Audio } from '../switch/port.js'
import { musicFile, nameFile, nameFileName, rememberingLook, sentenceFile, type PromptFolders } from './prompt-files.js'
import type { SentenceId } from './sentences.js'
import type { Speech, SpeechPart } from './speech.js'
import { toTelephoneWav } from './telephone-wav.js'
import type { Voice } from './voice.js'

/** The longest that a caller waits for a name not spoken before. */
const nameTimeoutMs = 1_500

/** Names spoken at the same time when many are prepared: one core stays free for calls. */
const warmConcurrency = 1

export interface SpokenOptions {
  readonly folders: PromptFolders
  /** Undefined: no text-to-speech on this machine; names without a WAV are replaced by their generic sentence. */
  readonly voice: Voice | undefined
  /** The voice of the repository's rendered names. */
  readonly renderedVoice: string
  /** Mode of the files of spoken names; another user may have to read them. Default: their own user only. */
  readonly nameMode?: number
  /** ms; default: the system's. */
  readonly monotonic?: () => number
  readonly onProblem: (problem: string) => void
}

/** Speech from WAV files: the sentences' own, and names that are spoken once and kept. */
export function createSpeech(options: SpokenOptions): Speech {
  const { folders, voice, nameMode = 0o600, onProblem } = options
  /** Names being spoken now, so that two callers at once do not have the same name spoken twice. */
  const speaking = new Map<string, Promise<string | undefined>>()
  const voiceName = voice?.name ?? options.renderedVoice
  const look = rememberingLook(options.monotonic ?? (() => performance.now()))

  async function speakToFile(text: string, engine: Voice): Promise<string | undefined> {
    try {
      const wav = toTelephoneWav(await engine.speak(text, nameTimeoutMs))
      await mkdir(folders.cache, { recursive: true })
      const file = join(folders.cache, nameFileName(text, engine.name))
      const unfinished = `${file}.${process.pid}.tmp`
      try {
        await writeFile(unfinished, wav)
        await chmod(unfinished, nameMode)
        await rename(unfinished, file)
      } catch (error) {
        await rm(unfinished, { force: true })
        throw error
      }
      return file
    } catch (error) {
      onProblem(`"${text}" could not be spoken: ${messageOf(error)}`)
      return undefined
    }
  }

  async function name(text: string): Promise<string | undefined> {
    const kept = nameFile(folders, text, voiceName, look)
    if (kept !== undefined || voice === undefined) return kept
    let running = speaking.get(text)
    if (running === undefined) {
      running = speakToFile(text, voice).finally(() => speaking.delete(text))
      speaking.set(text, running)
    }
    return running
  }

  function sentence(id: SentenceId): Audio {
    const path = sentenceFile(folders, id, look)
    if (path !== undefined) return { kind: 'file', path }
    onProblem(`the sentence "${id}" has no WAV file in ${folders.prompts}; a tone is played in its place`)
    return { kind: 'tone', tone: 'beep' }
  }

  async function speak(part: SpeechPart): Promise<readonly Audio[]> {
    switch (part.kind) {
      case 'sentence':
        return [sentence(part.id)]
      case 'music': {
        const path = musicFile(folders, look)
        if (path !== undefined) return [{ kind: 'file', path }]
        onProblem(`there is no music in ${folders.prompts}; patients hear a ringing tone`)
        return [{ kind: 'tone', tone: 'ringback' }]
      }
      case 'pause':
        return [{ kind: 'silence', ms: part.ms }]
      case 'digits':
        return Array.from(part.digits.replace(/\D/g, ''), (digit) => sentence(`digit-${digit}` as SentenceId))
      case 'name': {
        const path = await name(part.text)
        return path === undefined ? [sentence(part.instead)] : [{ kind: 'file', path }]
      }
    }
  }

  return {
    async say(parts) {
      return (await Promise.all(parts.map(speak))).flat()
    },
    async warm(names) {
      const queue = [...new Set(names)]
      const worker = async () => {
        for (let text = queue.shift(); text !== undefined; text = queue.shift()) await name(text)
      }
      await Promise.all(Array.from({ length: warmConcurrency }, worker))
    },
  }
}
