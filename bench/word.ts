import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Chance } from '../training/word/chance.js'
import { onTheLine } from '../training/word/examples.js'
import { joined, readSound, silence, toSamples, trimmed, type Sound } from '../training/word/sound.js'
import { Speaker } from '../training/word/speak.js'
import { anyLine } from '../training/word/telephone-line.js'
import { recordedEnglish, spoken, type Utterance } from '../training/word/utterances.js'
import { voicesOf } from '../training/word/voices.js'
import { readNet } from '../src/words/net.js'
import { oneNet } from '../src/words/one-net.js'
import { WordEar, type WordNet } from '../src/words/word-ear.js'
import { figure, type Figure } from './figure.js'
import type { PartResult } from './part.js'
import { answeredLeg, whisperMs } from './word/answered-leg.js'
import { Greetings } from './word/greetings.js'

const seed = 'bench/1'
/** Line noise before a word: a part of the whisper, which is at least twice as long. */
const beforeWordMs = 3_000
/** How long a leg is listened to: longer than the default time to accept. */
const legSeconds = 25

/** The recogniser of the spoken "one", on unseen material: voices that the training never heard, recordings of people. See docs/words.md. */
export async function word(
  { greetings, hours, people }: { readonly greetings: number; readonly hours: number; readonly people: string | undefined },
  tell: (line: string) => void,
): Promise<PartResult> {
  const bench = new WordBench(new Speaker('.cache/word'), tell)
  return {
    figures: [
      ...(await bench.voices()),
      ...(await bench.people(people)),
      ...(await bench.greetings(greetings)),
      ...(await bench.conversation(hours)),
      ...(await bench.costs()),
    ],
  }
}

/** Each figure has its own seed: they can be taken in any order. */
export class WordBench {
  readonly #net: WordNet = { weights: readNet(oneNet), threshold: oneNet.threshold }
  readonly #said: Promise<readonly Utterance[]>
  readonly #speaker: Speaker
  readonly #tell: (line: string) => void

  constructor(speaker: Speaker, tell: (line: string) => void) {
    this.#speaker = speaker
    this.#tell = tell
    this.#said = spoken(speaker, voicesOf('test'), seed, {
      espeak: { word: 4, near: 6, other: 4 },
      natural: { word: 120, near: 240, other: 240 },
    })
  }

  async voices(): Promise<readonly Figure[]> {
    const said = await this.#said
    const figures: Figure[] = []
    for (const [snr, least] of [
      [40, undefined],
      [20, 0.9],
      [10, 0.8],
    ] as const) {
      const british = said.filter((one) => one.kind === 'word' && one.british)
      for (const [name, some] of [
        ['British voices', british],
        ['the recorded British voice', british.filter((one) => one.natural)],
      ] as const) {
        figures.push(share(`"one" heard, ${name}, ${snr} dB`, await this.#heard(some, snr), some.length, least))
      }
    }
    for (const kind of ['near', 'other'] as const) {
      const some = said.filter((one) => one.kind === kind)
      figures.push(share(`${kind === 'near' ? 'near' : 'other'} words taken for it, 20 dB`, await this.#heard(some, 20), some.length))
    }
    return figures
  }

  /** @param folder of recordings named like the Free Spoken Digit Dataset, if there is one */
  async people(folder: string | undefined): Promise<readonly Figure[]> {
    const recorded = [...(await recordedEnglish()), ...(folder === undefined ? [] : await peopleIn(folder))]
    const figures: Figure[] = []
    for (const voice of [...new Set(recorded.map((one) => one.voice))].sort()) {
      const words = recorded.filter((one) => one.voice === voice && one.kind === 'word')
      const others = recorded.filter((one) => one.voice === voice && one.kind !== 'word')
      figures.push(
        share(`"one" heard, recordings of ${voice}, 20 dB`, await this.#heard(words, 20), words.length),
        share(`other words taken for it, recordings of ${voice}`, await this.#heard(others, 20), others.length),
      )
    }
    this.#tell('recordings of people: done')
    return figures
  }

  /** Each thousand has its own seed. @param from the first thousand */
  async greetings(count: number, from = 0): Promise<readonly Figure[]> {
    const counts = { accepted: 0, offered: 0, keyOnly: 0 }
    let chance = new Chance(0)
    let box = new Greetings(this.#speaker, chance)
    for (let nth = 1; nth <= count; nth++) {
      if (nth % 1_000 === 1) {
        chance = new Chance(`${seed}/greetings/${from + Math.floor(nth / 1_000)}`)
        box = box.with(chance)
      }
      const firstMs = chance.between(whisperMs.shortest, whisperMs.longest)
      const answer = answeredLeg(onAPlainLine(await box.next(legSeconds), chance), this.#net, firstMs)
      if (answer.accepted) counts.accepted++
      if (answer.words > 0) counts.offered++
      if (answer.keyOnly) counts.keyOnly++
      if (nth % 1_000 === 0)
        this.#tell(
          `${nth} greetings: ${counts.accepted} accepted, ${counts.offered} were asked to say it again, ${counts.keyOnly} were noticed`,
        )
    }
    return [
      figure({
        name: 'voicemail greetings that accept',
        unit: `of ${count}`,
        of: 'count',
        value: counts.accepted,
        target: 0,
        note: `${box.voices.length} voices; seed ${seed}`,
      }),
      figure({ name: 'greetings that are asked to say it again', unit: `of ${count}`, of: 'count', value: counts.offered }),
      figure({ name: 'greetings that were noticed as such', unit: '%', of: 'share', value: (100 * counts.keyOnly) / Math.max(1, count) }),
    ]
  }

  /** Two people talking, with other line sounds: ringing tones, recordings of a woman's sentences. */
  async conversation(hours: number): Promise<readonly Figure[]> {
    const chance = new Chance(`${seed}/talk`)
    const phrases = (
      await spoken(this.#speaker, voicesOf('test'), `${seed}/talk`, {
        espeak: { word: 1, near: 4, other: 10 },
        natural: { word: 20, near: 150, other: 300 },
      })
    ).map(({ sound }) => sound)
    const sentences = (await recordedEnglish()).map(({ sound }) => sound)
    const counts = { accepted: 0, offered: 0 }
    for (let leg = 0; leg < (hours * 3_600) / legSeconds; leg++) {
      const kind = chance.one(['talk', 'talk', 'talk', 'recordings', 'ringing'] as const)
      const parts: Sound[] = [silence(chance.between(0, 4_000))]
      for (let length = 0; length < legSeconds * 8_000;) {
        const part = kind === 'ringing' ? ringing() : chance.one(kind === 'talk' ? phrases : sentences)
        const pause = silence(chance.happens(0.5) ? chance.between(30, 300) : chance.between(300, 3_000))
        parts.push(part, pause)
        length += part.length + pause.length
      }
      const answer = answeredLeg(
        onAPlainLine(joined(parts).subarray(0, legSeconds * 8_000), chance),
        this.#net,
        chance.between(whisperMs.shortest, whisperMs.longest),
      )
      if (answer.accepted) counts.accepted++
      if (answer.words > 0) counts.offered++
    }
    this.#tell(`${hours} h of conversation and ringing tones: ${counts.accepted} accepted`)
    return [
      figure({
        name: 'conversation and ringing tones that accept',
        unit: `in ${hours} h`,
        of: 'count',
        value: counts.accepted,
        target: 0,
        note: `as legs of ${legSeconds} s`,
      }),
      figure({ name: 'the same, asked to say it again', unit: `in ${hours} h`, of: 'count', value: counts.offered }),
    ]
  }

  async costs(): Promise<readonly Figure[]> {
    const said = await this.#said
    return [decision(said, this.#net, await this.#background()), cpu(said, this.#net, await this.#background())]
  }

  async #background(): Promise<readonly Sound[]> {
    return (await this.#said).filter(({ kind }) => kind === 'other').map(({ sound }) => sound)
  }

  /** How many of them are recognised as the word, said once while it is listened for. */
  async #heard(utterances: readonly Utterance[], snr: number): Promise<number> {
    const chance = new Chance(`${seed}/heard/${snr}`)
    const background = await this.#background()
    return utterances.filter(({ sound }) =>
      told(onTheLine(sound, anyLine(chance, { least: snr, most: snr }), chance, background, beforeWordMs), this.#net),
    ).length
  }
}

function share(name: string, count: number, all: number, atLeast?: number): Figure {
  return figure({
    name,
    unit: '%',
    of: `of ${all}`,
    value: (100 * count) / Math.max(1, all),
    ...(atLeast === undefined ? {} : { target: 100 * atLeast, atLeast: true }),
  })
}

function told(samples: Int16Array, net: WordNet): boolean {
  let word = false
  const ear = new WordEar(net, (one) => {
    if (one.kind === 'word') word = true
  })
  const askedAt = (beforeWordMs - 400) * 8
  ear.push(samples.subarray(0, askedAt))
  ear.open()
  ear.push(samples.subarray(askedAt))
  return word
}

/** People's recordings in a folder, named like the Free Spoken Digit Dataset: `1_name_0.wav`. */
async function peopleIn(folder: string): Promise<Utterance[]> {
  const names = (await readdir(folder)).filter((name) => /^\d_\w+_\d+\.wav$/.test(name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const [digit, voice = ''] = name.split('_')
      return {
        sound: trimmed(await readSound(join(folder, name))),
        kind: digit === '1' ? ('word' as const) : ('other' as const),
        text: name,
        voice,
        british: false,
        natural: true,
      }
    }),
  )
}

/** A quiet line: only the speech matters here. In pieces of 40 ms, made on demand: most legs are decided soon. */
function onAPlainLine(sound: Sound, chance: Chance): Iterable<Int16Array> {
  const gain = chance.between(0.15, 0.9) / (sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1)
  const noise = gain * chance.one([0.0005, 0.003, 0.01])
  const hiss = new Chance(chance.whole(0, 2 ** 31))
  return pieces(sound.length, (from, to) =>
    toSamples(sound.subarray(from, to).map((value) => value * gain + noise * (2 * hiss.next() - 1))),
  )
}

function* pieces(length: number, piece: (from: number, to: number) => Int16Array): Iterable<Int16Array> {
  for (let at = 0; at < length; at += 320) yield piece(at, at + 320)
}

function ringing(): Sound {
  return new Float32Array(24_000).map((_, index) => {
    const ms = index / 8
    return ms < 400 || (ms >= 600 && ms < 1_000)
      ? 0.2 * Math.sin((2 * Math.PI * 400 * index) / 8_000) + 0.2 * Math.sin((2 * Math.PI * 450 * index) / 8_000)
      : 0
  })
}

/** From the end of the word to the decision, by the sound alone; a recording lags 0.1 s behind it (docs/words.md). */
function decision(said: readonly Utterance[], net: WordNet, background: readonly Sound[]): Figure {
  const chance = new Chance(`${seed}/decision`)
  const times: number[] = []
  for (const { sound } of said.filter(({ kind }) => kind === 'word').slice(0, 200)) {
    const samples = onTheLine(sound, { ...anyLine(chance, { least: 20, most: 20 }), roomMs: 0 }, chance, background)
    let at = 0
    const ear = new WordEar(net, (one) => {
      // The word ends 700 ms before the end of the sound.
      if (one.kind === 'word') times.push((at - (samples.length - 700 * 8)) / 8)
    })
    ear.open()
    for (; at < samples.length; at += 80) ear.push(samples.subarray(at, at + 80))
  }
  times.sort((a, b) => a - b)
  return figure({
    name: 'word ends -> decision, by the sound',
    unit: 'ms',
    of: 'p95',
    value: times[Math.floor(times.length * 0.95)] ?? Number.NaN,
    target: 600,
  })
}

function cpu(said: readonly Utterance[], net: WordNet, background: readonly Sound[]): Figure {
  const chance = new Chance(`${seed}/cpu`)
  const samples = onTheLine(joined(said.slice(0, 12).flatMap(({ sound }) => [sound, silence(700)])), anyLine(chance), chance, background)
  const before = process.cpuUsage()
  let seconds = 0
  while (seconds < 240) {
    const ear = new WordEar(net, () => undefined)
    ear.open()
    for (let at = 0; at < samples.length && ear.keyOnly === undefined; at += 160, seconds += 0.02) ear.push(samples.subarray(at, at + 160))
  }
  const { user, system } = process.cpuUsage(before)
  return figure({ name: 'listening to one leg', unit: '%', of: 'of a core', value: (user + system) / 1e4 / seconds, target: 5 })
}
