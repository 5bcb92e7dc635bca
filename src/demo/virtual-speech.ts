import { sentences, type SentenceId } from '../prompts/sentences.js'
import type { Speech, SpeechPart } from '../prompts/speech.js'
import type { Audio } from '../switch/port.js'

const msPerLetter = 60

/** Speech without a voice: every text becomes a file whose name is its content, so that a test can hear it. */
export class VirtualSpeech implements Speech {
  say(parts: readonly SpeechPart[]): Promise<readonly Audio[]> {
    return Promise.resolve(parts.flatMap(audioOf))
  }

  warm(): Promise<void> {
    return Promise.resolve()
  }
}

function audioOf(part: SpeechPart): readonly Audio[] {
  switch (part.kind) {
    case 'sentence':
      return [file(part.id)]
    case 'name':
      return [file(part.text)]
    case 'digits':
      return part.digits.split('').map((digit) => file(`digit-${digit}`))
    case 'music':
      return [file('music')]
    case 'pause':
      return [{ kind: 'silence', ms: part.ms }]
  }
}

function file(text: string): Audio {
  return { kind: 'file', path: `/spoken/${text}.wav` }
}

/** The content of a piece of audio: a sentence's id, a name's text, a tone's name. */
export function heardText(audio: Audio): string {
  switch (audio.kind) {
    case 'file':
      return audio.path.slice('/spoken/'.length, -'.wav'.length)
    case 'tone':
      return audio.tone
    case 'silence':
      return 'silence'
  }
}

/** How long it takes to say it, ms. */
export function spokenMs(audio: Audio): number {
  if (audio.kind === 'silence') return audio.ms
  if (audio.kind === 'tone') return audio.tone === 'beep' ? 400 : Infinity
  const text = heardText(audio)
  if (text === 'music') return 30_000
  return msPerLetter * (isSentence(text) ? sentences[text] : text).length
}

function isSentence(text: string): text is SentenceId {
  return text in sentences
}
