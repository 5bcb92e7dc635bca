import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Chance } from './chance.js'
import { nearWords, otherWords, word, wordPhones, wordSounds } from './phrases.js'
import { readMuLaw, readSound, trimmed, type Sound } from './sound.js'
import { each, type Manner, type Speaker } from './speak.js'
import { borrowed, type Voice } from './voices.js'

/** What was said: the word, something near to it, or something else. */
export type Kind = 'word' | 'near' | 'other'

export interface Utterance {
  readonly sound: Sound
  readonly kind: Kind
  readonly text: string
  readonly voice: string
  readonly british: boolean
  /** Made of recordings of a person, not of formulas. */
  readonly natural: boolean
}

/** How many utterances of each kind a voice gives. */
export interface Amounts {
  readonly word: number
  readonly near: number
  readonly other: number
}

interface Asked {
  readonly voice: Voice
  readonly text: string
  readonly kind: Kind
  readonly manner: Manner
}

/** @param amounts of each voice of a kind; `natural` of those of all other kinds */
export async function spoken(
  speaker: Speaker,
  voices: readonly Voice[],
  seed: string,
  amounts: { readonly natural: Amounts } & Readonly<Partial<Record<Voice['kind'], Amounts>>>,
): Promise<Utterance[]> {
  const asked: Asked[] = []
  for (const voice of voices) {
    const chance = new Chance(`${seed}/${voice.kind}/${voice.name}`)
    const amount = amounts[voice.kind] ?? amounts.natural
    const words = voice.group === 'test' && voice.kind !== 'espeak' ? word : [...word, ...otherSounds(voice)]
    for (const [kind, texts] of [
      ['word', words],
      ['near', nearWords],
      ['other', otherWords],
    ] as const) {
      for (let time = 0; time < amount[kind]; time++)
        asked.push({ voice, kind, text: chance.one(texts), manner: anyManner(chance, voice.kind !== 'espeak') })
    }
  }
  const { done, failed } = await each(asked, 4, async ({ voice, kind, text, manner }) => ({
    sound: await speaker.say(voice, text, manner),
    kind,
    text,
    voice: voice.name,
    british: voice.british,
    natural: voice.kind !== 'espeak',
  }))
  if (failed.length > 0) throw new Error(`${failed.length} of ${asked.length} utterances could not be spoken: ${failed[0] ?? ''}`)
  return done.filter(({ sound }) => sound.length > 0)
}

/** The word in the voice's letters for sounds, where it has any. */
function otherSounds({ kind, name }: Voice): readonly string[] {
  if (kind === 'espeak' || kind === 'mbrola') return wordSounds
  return kind === 'flite' || name === 'ked_diphone' ? wordPhones : []
}

/** Of recorded voices there are few: each is made into more throats. */
function anyManner(chance: Chance, natural: boolean): Manner {
  const [least, most] = natural ? [0.82, 1.2] : [0.88, 1.14]
  return { rate: chance.between(0.75, 1.45), pitch: chance.between(0.65, 1.35), speed: chance.between(least, most) }
}

/** What the voices for other languages say. */
export async function spokenAbroad(speaker: Speaker, seed: string): Promise<Utterance[]> {
  const result: Utterance[] = []
  for (const { kind: voiceKind = 'festival', name, one, others } of borrowed) {
    const chance = new Chance(`${seed}/${name}`)
    const voice: Voice = { kind: voiceKind, name, group: 'train', british: false }
    const asked = [
      ...one.flatMap((text) => [0.8, 1, 1.25].map((rate) => ({ text, rate, kind: 'word' as const }))),
      ...others.map((text) => ({ text, rate: chance.between(0.85, 1.2), kind: 'other' as const })),
    ]
    for (const { text, rate, kind } of asked) {
      for (let time = 0; time < (kind === 'word' ? 4 : 2); time++) {
        const sound = await speaker.say(voice, text, { rate, pitch: 1, speed: chance.between(0.84, 1.2) })
        result.push({ sound, kind, text, voice: name, british: false, natural: true })
      }
    }
  }
  return result
}

const sounds = '/usr/share/asterisk/sounds'
/** Folders of the packages asterisk-core-sounds-*-wav and asterisk-prompt-*. None of them says "one" in English. */
const peopleAbroad = /^(fr|es|it|ru)/
/** Longer recordings are sentences: they are no single words. */
const longestMs = 1_400

/** Short recordings of people who speak other languages: what is not the word, out of real throats. */
export async function recordedAbroad(): Promise<Utterance[]> {
  const result: Utterance[] = []
  for (const folder of (await readdir(sounds)).filter((name) => peopleAbroad.test(name)).sort()) {
    for (const path of await wavFiles(join(sounds, folder))) {
      const sound = await readSound(path).then(trimmed, () => undefined)
      if (sound && sound.length > 8 * 100 && sound.length <= 8 * longestMs)
        result.push({ sound, kind: 'other', text: path.slice(sounds.length + 1), voice: folder, british: false, natural: true })
    }
  }
  return result
}

/** Recordings of two people who say numbers and other words in English, "one" among them: each at these speeds, for more throats. */
const speeds = [0.82, 0.88, 0.94, 1, 1.06, 1.12, 1.2] as const

/** The packages saytime and scid-data. */
export async function recordedNumbers(): Promise<Utterance[]> {
  const result: Utterance[] = []
  for (const { voice, folder, ending, read } of [
    { voice: 'saytime', folder: '/usr/share/saytime', ending: '.au', read: readMuLaw },
    { voice: 'scid', folder: '/usr/share/scid/sounds', ending: '.wav', read: readSound },
  ]) {
    for (const name of (await readdir(folder)).filter((file) => file.endsWith(ending)).sort()) {
      const kind = name === `1${ending}` ? ('word' as const) : ('other' as const)
      for (const speed of kind === 'word' ? speeds : ([0.88, 1, 1.12] as const)) {
        const sound = trimmed(await read(join(folder, name), speed))
        if (sound.length > 8 * 100 && sound.length <= 8 * longestMs)
          result.push({ sound, kind, text: name, voice, british: false, natural: true })
      }
    }
  }
  return result
}

/** Short recordings of the woman who speaks Asterisk's English: for the figures alone. She speaks the Spanish as well, which `recordedAbroad` has. */
export async function recordedEnglish(): Promise<Utterance[]> {
  const folder = 'en_US_f_Allison'
  const result: Utterance[] = []
  for (const path of await wavFiles(join(sounds, folder))) {
    const sound = await readSound(path).then(trimmed, () => undefined)
    const text = path.slice(sounds.length + folder.length + 2)
    if (sound && sound.length > 8 * 100 && sound.length <= 8 * longestMs)
      result.push({ sound, kind: text === 'digits/1.wav' ? 'word' : 'other', text, voice: folder, british: false, natural: true })
  }
  return result
}

async function wavFiles(folder: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('find', ['-L', folder, '-name', '*.wav'], { maxBuffer: 16 * 1024 * 1024 })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}
