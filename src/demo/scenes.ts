import {
  acceptsAtSecondPrompt,
  answersFast,
  answersThenHangsUp,
  declines,
  isBusy,
  neverAnswers,
  pressesWrongKeyFirst,
  refusesWith,
  voicemail,
  type Temperament,
} from '../embedded/phones/temperament.js'
import type { ConversationId } from './conversations.js'
import { announcement } from './voice-files.js'

const second = 1_000

/** One call of the demo: the caller, the number, the called people's behaviour, and the result. */
export interface Scene {
  /** When it begins, s after the beginning of the round. */
  readonly at: number
  /** For the terminal. */
  readonly story: string
  readonly caller: { readonly name: string; readonly number: string }
  /** An organisation whose Dial-In number is rung for a line, a patients' line, or a practice reached from outside. */
  readonly rings:
    { readonly organisation: string; readonly line: string } | { readonly patientsLine: string } | { readonly practice: string }
  /** By the user part of their address; anybody not named here behaves as usual. */
  readonly people: Readonly<Record<string, Temperament>>
  readonly talk: ConversationId
  /** Default: the called party, so that the caller is asked for the outcome. */
  readonly hangsUp?: 'first' | 'other'
  /** Id of the outcome keyed; absent: none is left. */
  readonly outcome?: string
  /** Hangs up if nobody has accepted this long after the choice of the line, s. */
  readonly patience?: number
  /** If nobody was free: asks for a call-back and gets it, this many s later, from this clinician. */
  readonly callBack?: { readonly after: number; readonly clinician: string; readonly talk: ConversationId; readonly outcome: string }
}

const accepts = (afterSeconds: number) => answersFast({ afterMs: afterSeconds * second, thinkMs: 5.5 * second })
const notNow = (afterSeconds: number) => declines({ afterMs: afterSeconds * second })
const machine = (afterSeconds: number) => voicemail({ afterMs: afterSeconds * second, greeting: announcement('voicemail') })
/** A different manner each time they are rung; the last one from then on. */
function inTurn(...manners: readonly [Temperament, ...Temperament[]]): Temperament {
  let rung = 0
  return {
    name: manners.map(({ name }) => name).join(', then '),
    behave: (phone) => (manners[rung++] ?? manners.at(-1) ?? manners[0]).behave(phone),
  }
}
const rings = (organisation: string, line: string) => ({ organisation, line })

const elmRow = { name: 'Elm Row Surgery', number: '01632960301' }
const harbourLane = { name: 'Harbour Lane Practice', number: '01632960302' }
const millStreet = { name: 'Mill Street Medical Centre', number: '01632960303' }
const orrinBridge = { name: 'Orrin Bridge Surgery', number: '01632960304' }
const crew = (number: string) => ({ name: 'Saltmarsh Ambulance crew', number })
/** Mobile numbers that Ofcom keeps free for drama. */
const patient = (round: number, offset: number) => `07700900${String((127 + 37 * round + offset) % 1_000).padStart(3, '0')}`

/** How long a round lasts, s. */
export const roundSeconds = 240

/** Rounds in which the DVT clinic room's telephone is out of order: the second of every three. */
const outOfOrder = (round: number) => round % 3 === 1
/** It works again, and has to be rung for that to be noticed. */
const mended = (round: number) => round % 3 === 2

/** The calls of one round; several run at a time. @param round from 0 */
export function scenes(round: number): readonly Scene[] {
  const clinicRoom = outOfOrder(round) ? refusesWith(404) : accepts(11)
  return [
    {
      at: 1,
      story: "Dr Lindqvist's voicemail picks up, and never presses 1; Dr Okafor accepts",
      caller: elmRow,
      rings: rings('elm-row', 'cardiology'),
      people: { lindqvist: machine(6), okafor: accepts(11), prasad: isBusy(), ccu: notNow(4), nakamura: accepts(12) },
      talk: 'chestPain',
      outcome: 'referral-avoided',
    },
    {
      at: 12,
      story: outOfOrder(round)
        ? "the clinic room's telephone is out of order"
        : mended(round)
          ? 'the clinic room answers again'
          : 'Dr Hughes is on another line; the clinic room accepts',
      caller: harbourLane,
      rings: rings('harbour-lane', 'acute-medicine-dvt'),
      people: { hughes: inTurn(isBusy(), accepts(8)), dvt: clinicRoom, okafor: mended(round) ? notNow(6) : accepts(13) },
      talk: 'swollenCalf',
      hangsUp: 'first',
      outcome: 'seen-today',
    },
    {
      at: 26,
      story: 'the first nurse does not hear it, the second takes the call',
      caller: { name: 'A patient', number: patient(round, 1) },
      rings: { patientsLine: 'chemotherapy-helpline' },
      people: { brennan: neverAnswers(), osei: accepts(8), oncology: accepts(9) },
      talk: 'nurseAdvice',
      hangsUp: 'first',
      outcome: 'face-to-face-follow-up',
    },
    {
      at: 42,
      story: 'a specialist who is on the telephone is not rung; the registrar accepts',
      caller: crew('07700900481'),
      rings: rings('saltmarsh-ambulance', 'cardiology'),
      people: {
        lindqvist: neverAnswers(),
        okafor: notNow(6),
        prasad: acceptsAtSecondPrompt({ afterMs: 9 * second }),
        ccu: accepts(12),
        nakamura: accepts(11),
      },
      talk: 'slowPulse',
      outcome: 'admission-made',
    },
    {
      at: 58,
      story: "a specialist reaches a practice past its queue, by the practice's code",
      caller: { name: 'Dr Okafor', number: '01632960271' },
      rings: { practice: 'elm-row' },
      people: {},
      talk: 'practice',
      hangsUp: 'first',
    },
    {
      at: 66,
      story: 'nobody local is free; the National Consultant Network takes the call',
      caller: orrinBridge,
      rings: rings('orrin-bridge', 'cardiology'),
      people: {
        lindqvist: notNow(8),
        okafor: notNow(9),
        prasad: answersThenHangsUp({ afterMs: 9 * second, staysMs: 3 * second }),
        ccu: notNow(5),
        nakamura: accepts(13),
      },
      talk: 'palpitations',
      outcome: 'referral-avoided',
    },
    {
      at: 84,
      story: 'Dr Macleod does not hear it; Dr Bianchi presses a wrong key first, is asked again and accepts',
      caller: millStreet,
      rings: rings('mill-street', 'paediatrics-urgent'),
      people: { macleod: neverAnswers(), bianchi: pressesWrongKeyFirst({ afterMs: 8 * second, wrongKey: '4' }), cau: accepts(11) },
      talk: 'feverishChild',
      outcome: 'seen-same-day',
    },
    {
      at: 100,
      story: 'three callers at once for one line: the first of them',
      caller: elmRow,
      rings: rings('elm-row', 'acute-medicine-dvt'),
      people: { hughes: accepts(13), dvt: clinicRoom, okafor: accepts(13) },
      talk: 'pregnancy',
      outcome: 'seen-today',
    },
    {
      at: 103,
      story: 'the second: Dr Hughes is being rung already, so another is',
      caller: harbourLane,
      rings: rings('harbour-lane', 'acute-medicine-dvt'),
      people: { hughes: accepts(13), dvt: clinicRoom, okafor: accepts(13) },
      talk: 'secondScan',
      hangsUp: 'first',
      outcome: 'clinic-booked',
    },
    {
      at: 107,
      story: 'the third waits until a specialist is free',
      caller: crew('07700900482'),
      rings: rings('saltmarsh-ambulance', 'acute-medicine-dvt'),
      people: { hughes: accepts(8), dvt: clinicRoom, okafor: notNow(8) },
      talk: 'bloodThinner',
      outcome: 'managed-in-practice',
    },
    {
      at: 122,
      story: 'nobody is free for a patient, who asks to be called back',
      caller: { name: 'A patient', number: patient(round, 2) },
      rings: { patientsLine: 'chemotherapy-helpline' },
      people: { brennan: isBusy(), osei: notNow(9), oncology: neverAnswers() },
      talk: 'nurseAdvice',
      callBack: { after: 35, clinician: 'nurse-osei', talk: 'calledBack', outcome: 'telephone-follow-up' },
    },
    {
      at: 156,
      story: 'a caller who cannot wait',
      caller: crew('07700900483'),
      rings: rings('saltmarsh-ambulance', 'cardiology'),
      people: { lindqvist: neverAnswers(), okafor: neverAnswers(), prasad: neverAnswers(), ccu: neverAnswers(), nakamura: neverAnswers() },
      talk: 'slowPulse',
      patience: 24,
    },
    {
      at: 174,
      story: 'Dr Adeyemi accepts from theatre',
      caller: millStreet,
      rings: rings('mill-street', 'ent-adult'),
      people: { adeyemi: accepts(13), ent: notNow(5), hughes: notNow(4) },
      talk: 'soreThroat',
      outcome: 'seen-same-day',
    },
    {
      at: 204,
      story: 'Dr Lindqvist answers herself',
      caller: orrinBridge,
      rings: rings('orrin-bridge', 'cardiology'),
      people: { lindqvist: accepts(12), okafor: notNow(6), prasad: isBusy(), ccu: notNow(7), nakamura: accepts(12) },
      talk: 'chestPain',
      outcome: 'diagnostics-recommended',
    },
  ]
}

/** Shown on the terminal if a round has a story beyond its calls. */
export function storyOf(round: number): string | undefined {
  if (outOfOrder(round))
    return "Story      the DVT clinic room's telephone is out of order in this round: after three failures an alarm goes up, and it is rung last; the alarm ends when a call is accepted there again"
  if (mended(round)) return "Story      the DVT clinic room's telephone has been mended: the first call that reaches it ends the alarm"
  return undefined
}

/** How people rung outside any scene behave: by a visitor with their own telephone. */
export const habits: Readonly<Record<string, Temperament>> = {
  lindqvist: machine(6),
  okafor: acceptsAtSecondPrompt({ afterMs: 3 * second }),
  prasad: isBusy(),
  macleod: neverAnswers(),
  bianchi: pressesWrongKeyFirst({ afterMs: 3 * second }),
  hughes: answersThenHangsUp({ afterMs: 4 * second }),
  adeyemi: declines({ afterMs: 4 * second }),
}
export const ordinary: Temperament = accepts(4)
