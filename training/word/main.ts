/**
 * `npm run train-word`: makes the material, trains the net, chooses the threshold and writes `src/words/one-net.ts`. The same seeds, voices and Node.js give
 * the same weights. See docs/words.md.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readNet } from '../../src/words/net.js'
import { Chance } from './chance.js'
import { examplesOf } from './examples.js'
import { rates } from './learning.js'
import { Speaker } from './speak.js'
import { source, trained } from './trained.js'
import { trainingVoices, voicesOf } from './voices.js'
import { recordedAbroad, recordedNumbers, spoken, spokenAbroad, type Utterance } from './utterances.js'

const seed = 'one/3'
/**
 * Of what voices set apart for this say, no more than this share may be taken for it: of words near to it ("want", "won't", "run"), and of others. The rules of
 * a leg keep greetings out (docs/words.md), not the threshold.
 */
const most = { near: 0.2, other: 0.004 } as const
const epochs = 16
/** Loudness of a voice above the noise in the training: half of the lines are noisy ones, where most words are lost. */
const noisy = (chance: Chance) => (chance.happens(0.5) ? { least: 4, most: 14 } : { least: 10, most: 40 })
const ordinary = () => ({ least: 10, most: 40 })

const begun = Date.now()
const tell = (line: string): void => console.log(`[${String(Math.round((Date.now() - begun) / 1_000)).padStart(4)} s] ${line}`)

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      work: { type: 'string', default: '.cache/word' },
      epochs: { type: 'string', default: String(epochs) },
      out: { type: 'string', default: fileURLToPath(new URL('../../../src/words/one-net.ts', import.meta.url)) },
    },
  })
  const speaker = new Speaker(values.work)
  const english = await spoken(speaker, trainingVoices, seed, {
    espeak: { word: 4, near: 6, other: 14 },
    natural: { word: 64, near: 90, other: 150 },
    pico: { word: 50, near: 60, other: 100 },
    festival: { word: 40, near: 30, other: 30 },
  })
  tell(`${english.length} utterances in English`)
  const abroad = await spokenAbroad(speaker, seed)
  const people = [...(await recordedAbroad()), ...(await recordedNumbers())]
  tell(`${abroad.length} in other languages, ${people.length} recordings of people`)
  const times = ({ kind, natural, voice, text }: Utterance): number => {
    if (kind === 'word') return voice === 'saytime' || voice === 'scid' ? 40 : natural ? 6 : 3
    if (text.endsWith('.wav')) return 1
    return natural ? 3 : kind === 'near' ? 2 : 1
  }
  const made = examplesOf([...english, ...abroad, ...people], times, new Chance(`${seed}/lines`), noisy)
  tell(
    `${made.examples.length} examples, ${made.examples.filter(({ isWord }) => isWord).length} of the word; the gate let ${made.missed} of the word pass by`,
  )
  const tuning = examplesOf(
    await spoken(speaker, voicesOf('tune'), seed, { espeak: { word: 6, near: 10, other: 12 }, natural: { word: 0, near: 0, other: 0 } }),
    ({ kind }) => (kind === 'word' ? 2 : 1),
    new Chance(`${seed}/tuning`),
    ordinary,
  )
  tell(`${tuning.examples.length} examples to choose the threshold with`)

  const file = trained(made.examples, tuning.examples, { seed, epochs: Number(values.epochs), most, tell })
  tell(`threshold ${file.threshold}: ${JSON.stringify(rates(readNet(file), tuning.examples, file.threshold))}`)
  await writeFile(values.out, source(file))
  tell(`written to ${values.out}`)
}

await main()
