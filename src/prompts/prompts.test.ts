import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeWav, encodeWav } from '../embedded/protocols/rtp/wav.js'
import type { Audio } from '../switch/port.js'
import { contentHash, missingSentences, nameFileName, type PromptFolders } from './prompt-files.js'
import { sentences, type SentenceId } from './sentences.js'
import type { SpeechPart } from './speech.js'
import { createSpeech } from './spoken.js'
import { toTelephoneWav } from './telephone-wav.js'
import type { Voice } from './voice.js'

const rendered = fileURLToPath(new URL('../../prompts', import.meta.url))
const renderedVoice = 'flite-rms'

function tone(seconds: number, rate: number, silentSeconds = 0): Buffer {
  const silence = new Int16Array(silentSeconds * rate)
  const sound = Int16Array.from({ length: seconds * rate }, (_, index) => Math.sin((index / rate) * 2 * Math.PI * 500) * 8_000)
  return encodeWav([Int16Array.of(...silence, ...sound, ...silence)], rate)
}

describe('the prompts of the repository', () => {
  it('exist for every sentence', () => {
    expect(missingSentences({ prompts: rendered, cache: '' })).toEqual([])
  })

  it('match the words in sentences.ts', () => {
    const manifest = JSON.parse(readFileSync(join(rendered, 'rendered', 'manifest.json'), 'utf8')) as Record<string, string>
    for (const [id, text] of Object.entries(sentences))
      expect(manifest[id], `${id}: run npm run prompts`).toBe(contentHash(text, renderedVoice))
  })

  it('are 8 kHz, mono, and speak in their first packet', () => {
    for (const id of Object.keys(sentences)) {
      const { rate, channels } = decodeWav(readFileSync(join(rendered, 'rendered', `${id}.wav`)))
      expect([rate, channels.length], id).toEqual([8_000, 1])
      const loudest = Math.max(...(channels[0]?.subarray(0, 160) ?? []).map(Math.abs))
      expect(loudest, `${id} begins with silence`).toBeGreaterThan(200)
    }
  })
})

describe('telephone audio', () => {
  it.each([8_000, 16_000, 44_100])('is made from a file at %i Hz, without the silence around it', (rate) => {
    const { rate: made, channels, durationMs } = decodeWav(toTelephoneWav(tone(1, rate, 0.5)))
    expect([made, channels.length]).toEqual([8_000, 1])
    expect(durationMs).toBeGreaterThan(1_000)
    expect(durationMs).toBeLessThan(1_200)
  })

  it('speaks at once, without a click', () => {
    const [samples = new Int16Array()] = decodeWav(toTelephoneWav(tone(1, 8_000, 0.5))).channels
    expect(Math.abs(samples[0] ?? 0)).toBeLessThan(1_000)
    expect(samples.findIndex((sample) => Math.abs(sample) > 2_000) / 8, 'ms').toBeLessThan(5)
  })

  it('is never made from silence or a non-WAV file', () => {
    expect(() => toTelephoneWav(encodeWav([new Int16Array(8_000)], 8_000))).toThrow(/silence/)
    expect(() => toTelephoneWav(Buffer.from('no wav'))).toThrow(/RIFF/)
  })
})

describe('speech', () => {
  let folders: PromptFolders
  let problems: string[]
  let root: string
  const practice: SpeechPart = { kind: 'name', text: 'Quay Street Practice', instead: 'generic-practice' }

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ringround-speech-'))
    folders = { prompts: join(root, 'prompts'), cache: join(root, 'cache') }
    mkdirSync(join(folders.prompts, 'rendered', 'names'), { recursive: true })
    mkdirSync(join(folders.prompts, 'recorded', 'names'), { recursive: true })
    for (const id of ['welcome', 'generic-practice', 'digit-4', 'digit-2'] as const)
      copyFileSync(join(rendered, 'rendered', `${id}.wav`), join(folders.prompts, 'rendered', `${id}.wav`))
    problems = []
  })
  afterEach(() => rmSync(root, { recursive: true }))

  let now = 0
  function speechWith(voice: Voice | undefined) {
    return createSpeech({ folders, voice, renderedVoice, monotonic: () => now, onProblem: (problem) => problems.push(problem) })
  }
  const file = (audio: readonly Audio[]) => audio.map((piece) => (piece.kind === 'file' ? piece.path.slice(root.length + 1) : piece.kind))

  it('takes a human recording before the rendered one, sentence by sentence', async () => {
    const speech = speechWith(undefined)
    expect(file(await speech.say([{ kind: 'sentence', id: 'welcome' }]))).toEqual(['prompts/rendered/welcome.wav'])
    copyFileSync(join(folders.prompts, 'rendered', 'welcome.wav'), join(folders.prompts, 'recorded', 'welcome.wav'))
    now += 10_000
    expect(file(await speech.say([{ kind: 'sentence', id: 'welcome' }]))).toEqual(['prompts/recorded/welcome.wav'])
  })

  it('does not ask the disk again for a sentence found a moment ago, and notices within ten seconds that it has gone', async () => {
    const speech = speechWith(undefined)
    const welcome = [{ kind: 'sentence', id: 'welcome' }] as const
    await speech.say(welcome)
    rmSync(join(folders.prompts, 'rendered', 'welcome.wav'))
    now += 9_999
    expect(file(await speech.say(welcome))).toEqual(['prompts/rendered/welcome.wav'])
    now += 1
    expect(file(await speech.say(welcome))).toEqual(['tone'])
  })

  it('reads digits one by one', async () => {
    expect(file(await speechWith(undefined).say([{ kind: 'digits', digits: '4-2' }]))).toEqual([
      'prompts/rendered/digit-4.wav',
      'prompts/rendered/digit-2.wav',
    ])
  })

  it('speaks a new name once for any number of callers, and keeps it', async () => {
    let spoken = 0
    const voice: Voice = {
      name: 'test-voice',
      speak: () => {
        spoken += 1
        return Promise.resolve(tone(0.3, 16_000))
      },
    }
    const speech = speechWith(voice)
    const [first, second] = await Promise.all([speech.say([practice]), speech.say([practice])])
    expect(file(first)).toEqual([`cache/${nameFileName('Quay Street Practice', 'test-voice')}`])
    expect(second).toEqual(first)
    await speechWith(voice).say([practice])
    expect(spoken).toBe(1)
  })

  it('says the generic word when there is no voice, and says so when the voice fails', async () => {
    expect(file(await speechWith(undefined).say([practice]))).toEqual(['prompts/rendered/generic-practice.wav'])
    expect(problems).toEqual([])
    const broken: Voice = { name: 'broken', speak: () => Promise.reject(new Error('no sound card')) }
    expect(file(await speechWith(broken).say([practice]))).toEqual(['prompts/rendered/generic-practice.wav'])
    expect(problems).toEqual([expect.stringContaining('no sound card')])
  })

  it('plays a tone, never nothing, for a sentence whose file is missing', async () => {
    expect(await speechWith(undefined).say([{ kind: 'sentence', id: 'goodbye' satisfies SentenceId }])).toEqual([
      { kind: 'tone', tone: 'beep' },
    ])
    expect(problems).toEqual([expect.stringContaining('goodbye')])
  })

  it('makes a harmless file name from any text of the directory', () => {
    expect(nameFileName('../../etc/passwd\0', 'v')).toMatch(/^etc-passwd-[0-9a-f]{12}\.wav$/)
    expect(nameFileName('日本', 'v')).toMatch(/^name-[0-9a-f]{12}\.wav$/)
    expect(existsSync(folders.cache)).toBe(false)
  })
})
