import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Voice } from './voices.js'
import { readSound, trimmed, type Sound } from './sound.js'

const run = promisify(execFile)

/** How somebody speaks: rate and pitch are those of the synthesiser, `speed` makes throat and pitch higher together. */
export interface Manner {
  /** 1: as the voice speaks by itself; 1.2: faster. */
  readonly rate: number
  /** 0.5 low to 1.5 high. */
  readonly pitch: number
  readonly speed: number
}

/** Speaks by Debian's synthesisers. What was spoken once is kept in a folder by what it was made of. */
export class Speaker {
  constructor(readonly folder: string) {}

  async say(voice: Voice, text: string, manner: Manner): Promise<Sound> {
    const { kind, name } = voice
    const rate = manner.rate.toFixed(2)
    const pitch = manner.pitch.toFixed(2)
    const path = join(
      this.folder,
      kind,
      `${createHash('sha256').update([name, text, rate, pitch].join('|')).digest('hex').slice(0, 24)}.wav`,
    )
    if (!(await isThere(path))) {
      await mkdir(join(this.folder, kind), { recursive: true })
      // Some synthesisers write to nothing that is not called so.
      const made = `${path.slice(0, -'.wav'.length)}.${process.pid}.wav`
      await speak(voice, text, Number(rate), Number(pitch), made)
      await rename(made, path)
    }
    return trimmed(await readSound(path, manner.speed))
  }
}

async function speak({ kind, name }: Voice, text: string, rate: number, pitch: number, to: string): Promise<void> {
  switch (kind) {
    case 'espeak':
      await espeak(name, text, rate, pitch, to)
      return
    case 'mbrola':
      await espeak(`mb-${name}`, text, rate, pitch, to)
      return
    case 'flite':
      await run('flite', [
        '-voice',
        name,
        '--setf',
        `duration_stretch=${(1 / rate).toFixed(2)}`,
        '--setf',
        `int_f0_target_mean=${Math.round((name === 'slt' ? 170 : 105) * pitch)}`,
        ...(isPhones(text) ? ['-p', phones(text)] : ['-t', text]),
        '-o',
        to,
      ])
      return
    case 'rhvoice': {
      const said = `${to}.txt`
      await writeFile(said, text)
      await run('RHVoice-test', [
        '-p',
        name,
        '-r',
        String(Math.round(100 * rate)),
        '-t',
        String(Math.round(100 * pitch)),
        '-i',
        said,
        '-o',
        to,
      ]).finally(() => rm(said, { force: true }))
      return
    }
    case 'pico':
      await run('pico2wave', [
        '-l',
        name,
        '-w',
        to,
        `<speed level="${Math.round(100 * rate)}"><pitch level="${Math.round(100 * pitch)}">${text}</pitch></speed>`,
      ])
      return
    case 'festival': {
      // One process a sentence, as rarely as it is asked for.
      const script = `${to}.scm`
      const utterance = isPhones(text) ? `(Utterance Phones (${phones(text)}))` : `(Utterance Text ${JSON.stringify(text)})`
      await writeFile(
        script,
        `(voice_${name})\n(Parameter.set 'Duration_Stretch ${(1 / rate).toFixed(2)})\n(utt.save.wave (utt.synth ${utterance}) ${JSON.stringify(to)} 'riff)\n`,
      )
      await run('festival', ['-b', script]).finally(() => rm(script, { force: true }))
    }
  }
}

async function espeak(voice: string, text: string, rate: number, pitch: number, to: string): Promise<void> {
  const height = String(Math.round(Math.max(0, Math.min(99, 50 * pitch))))
  await run('espeak-ng', ['-v', voice, '-s', String(Math.round(165 * rate)), '-p', height, '-w', to, text])
}

/** Written in the voice's own letters for sounds, between brackets as espeak-ng has them. */
function isPhones(text: string): boolean {
  return text.startsWith('[[')
}

function phones(text: string): string {
  return `pau ${text.slice(2, -2)} pau`
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Works through a list, so many at a time; what fails is left out, and counted. */
export async function each<T, R extends object>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<{ readonly done: R[]; readonly failed: readonly string[] }> {
  const results: (R | undefined)[] = []
  const failed: string[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < items.length) {
        const index = next++
        try {
          results[index] = await work(items[index] as T, index)
        } catch (error) {
          failed.push(error instanceof Error ? error.message : String(error))
        }
      }
    }),
  )
  return { done: results.filter((result) => result !== undefined), failed }
}
