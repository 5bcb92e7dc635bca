import { IsolationGate, isolation, type Utterance as GateUtterance } from '../../src/words/isolation-gate.js'
import { frameMs, MelFrames, type Frame } from '../../src/words/mel-frames.js'
import { netInput } from '../../src/words/net.js'
import type { Chance } from './chance.js'
import { joined, silence, type Sound } from './sound.js'
import { anyLine, overLine, type Line } from './telephone-line.js'
import type { Utterance } from './utterances.js'

/** An utterance as the net gets it from a telephone. */
export interface Example {
  readonly input: Float32Array
  readonly isWord: boolean
  readonly of: Utterance
}

/** @returns undefined where the gate lets nothing through, or so little that the net would learn from noise what the word is */
export function throughGate(sound: Int16Array): Float32Array | undefined {
  const frames: Frame[] = []
  const gate = new IsolationGate()
  let found: GateUtterance | undefined
  new MelFrames().push(sound, (frame) => {
    frames.push(frame)
    const noticed = gate.push(frame)
    if (noticed.kind !== 'spoken' || !noticed.isolated) return
    const { from, to } = noticed.utterance
    if ((to - from) * frameMs < isolation.shortestMs) return
    if (!found || to - from > found.to - found.from) found = noticed.utterance
  })
  return found && netInput((index) => frames[index], found)
}

/** What arrives when somebody says it in between two silences. @param beforeMs the first of them */
export function onTheLine(
  utterance: Sound,
  line: Line,
  chance: Chance,
  background: readonly Sound[],
  beforeMs = chance.between(2_100, 2_700),
): Int16Array {
  return overLine(joined([silence(beforeMs), utterance, silence(700)]), line, chance, background)
}

/** Each utterance over so many lines. */
export function examplesOf(
  utterances: readonly Utterance[],
  times: (of: Utterance) => number,
  chance: Chance,
  snr: (chance: Chance) => { readonly least: number; readonly most: number },
): { readonly examples: Example[]; readonly missed: number } {
  const background = utterances.filter(({ kind }) => kind === 'other').map(({ sound }) => sound)
  const examples: Example[] = []
  let missed = 0
  for (const of of utterances) {
    for (let time = 0; time < times(of); time++) {
      const input = throughGate(onTheLine(of.sound, anyLine(chance, snr(chance)), chance, background))
      if (input) examples.push({ input, isWord: of.kind === 'word', of })
      else if (of.kind === 'word') missed++
    }
  }
  return { examples, missed }
}
