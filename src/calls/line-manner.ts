import type { Line, LineKind, SpokenWord } from '../directory/model.js'
import type { Party } from '../facts/events.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Leg } from '../switch/port.js'
import { offerCallBack } from './call-back-request.js'
import type { CallContext, CallEnd } from './call-context.js'
import { tellNobody } from './nobody.js'
import { name, sayAndRelease, sentence } from './saying.js'
import type { WhisperWords } from './whisper.js'

/**
 * What depends on who rings a line: clinicians who ask for advice, or patients on a follow-up pathway.
 * The hunt, acceptance, the talk and the recording are the same for all.
 */
export interface LineManner {
  /** Said first to a caller on the line's own number. */
  readonly greeting: (line: Line) => readonly SpeechPart[]
  /** Said when the hunt begins. */
  readonly ringing: (line: Line) => readonly SpeechPart[]
  /** Heard by the caller while specialists are rung. */
  readonly waiting: readonly SpeechPart[] | 'ringingTone'
  /** What a specialist who answers hears. */
  readonly whisper: (about: WhisperAbout, spokenWord: SpokenWord) => WhisperWords
  /** Who is asked for the outcome, in this order, of those who are still there. */
  readonly asks: readonly Party[]
  /** Nobody accepted: tells the caller, and ends the call. */
  readonly nobody: (call: CallContext, caller: Leg, line: Line) => Promise<CallEnd>
  /** Nobody is on the rota. */
  readonly noRota: (call: CallContext, caller: Leg, line: Line, greeting: readonly SpeechPart[]) => Promise<CallEnd>
}

export interface WhisperAbout {
  /** As spoken; undefined if it is unknown who asks. */
  readonly organisation: string | undefined
  /** As spoken. */
  readonly line: string
}

/** What every clinician who rings hears first. */
export const greeting: readonly SpeechPart[] = [sentence('welcome'), sentence('calls-are-recorded')]

/** "Advice line call from {organisation} about {line}. Press one to speak to the clinician." */
const advice: LineManner = {
  greeting: () => greeting,
  ringing: (line) => [sentence('ringing-line'), name(line.spokenName, 'generic-line'), ...blurb(line)],
  waiting: 'ringingTone',
  whisper: (about, spokenWord) => {
    const who = about.organisation === undefined ? sentence('generic-practice') : name(about.organisation, 'generic-practice')
    return whisperWords(
      [sentence('whisper-call-from'), who, sentence('whisper-about'), name(about.line, 'generic-line')],
      'clinician',
      spokenWord,
    )
  },
  asks: ['caller', 'specialist'],
  nobody: async (call, caller, line) => {
    await tellNobody(call, caller, line)
    return { ending: 'unanswered' }
  },
  noRota: async (call, caller, _line, first) => {
    await sayAndRelease(call, caller, [...first, sentence('nobody-on-rota'), sentence('try-again-later'), sentence('goodbye')])
    return { ending: 'noRota' }
  },
}

/**
 * A patient rings. The clinician who answers hears that it is a patient, and for which line; only they are asked for an outcome. If nobody is
 * free the patient may ask for a call-back. They wait with music: unlike clinicians, patients take long ringing for an unanswered call.
 */
const patients: LineManner = {
  greeting: (line) => [sentence('patient-welcome'), name(line.spokenName, 'generic-patient-line'), sentence('calls-are-recorded')],
  ringing: (line) => [sentence('patient-please-wait'), ...blurb(line)],
  waiting: [{ kind: 'music' }],
  whisper: ({ line }, spokenWord) => whisperWords([sentence('whisper-patient'), name(line, 'generic-patient-line')], 'patient', spokenWord),
  asks: ['specialist'],
  nobody: (call, caller, line) => offerCallBack(call, caller, line, [sentence('nobody-available')], { ending: 'unanswered' }),
  noRota: (call, caller, line, first) => offerCallBack(call, caller, line, [...first, sentence('nobody-available')], { ending: 'noRota' }),
}

const manners: Readonly<Record<LineKind, LineManner>> = { advice, pifuAnswer: patients, pifuCallBack: patients }

/** How calls on this kind of line are carried. */
export function mannerOf(kind: LineKind): LineManner {
  return manners[kind]
}

const asked = {
  clinician: ['whisper-press-one', 'whisper-press-or-say-one'],
  patient: ['whisper-press-one-patient', 'whisper-press-or-say-one-patient'],
  ring: ['whisper-press-one-ring', 'whisper-press-or-say-one-ring'],
} as const

/** @param to what the specialist gets by accepting */
export function whisperWords(about: readonly SpeechPart[], to: keyof typeof asked, spokenWord: SpokenWord): WhisperWords {
  const [press, say] = asked[to]
  return { press: [...about, sentence(press)], say: [...about, sentence(say)], spokenWord }
}

function blurb(line: Line): readonly SpeechPart[] {
  return line.blurb.trim() === '' ? [] : [name(line.blurb.trim(), 'try-again-later')]
}
