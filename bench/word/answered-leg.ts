import { flowDefaults } from '../../src/calls/flow-settings.js'
import { WordEar, type KeyOnly, type WordNet } from '../../src/words/word-ear.js'

/** How long the whisper and the question for the word take, as flite speaks them (prompts/rendered). */
export const whisperMs = { shortest: 5_500, longest: 9_000, question: 2_600 } as const

/** What the flow makes of what a leg says, without a call: where words count, and what becomes of them (src/calls/whisper.ts). */
export interface LegAnswer {
  /** How often the word was heard, and asked for again. */
  readonly words: number
  readonly accepted: boolean
  readonly keyOnly: KeyOnly | undefined
}

/**
 * Plays a leg to the recogniser, by the rules of the whisper.
 * @param firstMs length of the first whisper
 */
export function answeredLeg(samples: Int16Array, net: WordNet, firstMs: number): LegAnswer {
  let now = 0
  let words = 0
  let accepted = false
  /** Until when the question is spoken, and then until when the window is open. */
  let question: { readonly openAt: number; readonly shutAt: number } | undefined
  const ear = new WordEar(net, (told) => {
    if (told.kind !== 'word') return
    if (question) {
      accepted = true
      return
    }
    words++
    question = { openAt: now + whisperMs.question, shutAt: now + whisperMs.question + flowDefaults.wordAgainMs }
  })
  for (let at = 0; at < samples.length && ear.keyOnly === undefined; at += 320) {
    now = at / 8
    if (question && now >= question.shutAt) {
      question = undefined
      ear.shut()
    }
    if (question ? now >= question.openAt : now >= firstMs && words < 2) ear.open()
    ear.push(samples.subarray(at, at + 320))
  }
  return { words, accepted, keyOnly: ear.keyOnly }
}
