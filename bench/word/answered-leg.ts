import { flowDefaults } from '../../src/calls/flow-settings.js'
import { WordEar, type KeyOnly, type WordNet } from '../../src/words/word-ear.js'

/** The length of the whisper and of the question for the word, spoken by flite (prompts/rendered). */
export const whisperMs = { shortest: 5_500, longest: 9_000, question: 2_600 } as const

/** The flow's reaction to a leg's speech, without a call: where words count, and their effect (src/calls/whisper.ts). */
export interface LegAnswer {
  /** How often the word was heard, and asked for again. */
  readonly words: number
  readonly accepted: boolean
  readonly keyOnly: KeyOnly | undefined
}

/**
 * Plays a leg to the recogniser, by the rules of the whisper, until the result is certain.
 * @param pieces its speech, in pieces of 40 ms
 * @param firstMs length of the first whisper
 */
export function answeredLeg(pieces: Iterable<Int16Array>, net: WordNet, firstMs: number): LegAnswer {
  let now = 0
  let words = 0
  let accepted = false
  /** The end of the question, and then the end of the window. */
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
  let at = 0
  for (const piece of pieces) {
    if (ear.keyOnly !== undefined) break
    now = at / 8
    at += piece.length
    if (question && now >= question.shutAt) {
      question = undefined
      ear.shut()
    }
    if (question ? now >= question.openAt : now >= firstMs && words < 2) ear.open()
    ear.push(piece)
  }
  return { words, accepted, keyOnly: ear.keyOnly }
}
