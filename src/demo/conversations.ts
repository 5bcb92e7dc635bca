/**
 * The demo's conversations: short telephone talks between invented people, spoken by `npm run voices` into `voices/`. The advice in them
 * is for listening, not for following.
 */

/** Flite's voices. */
export type VoiceName = 'slt' | 'rms' | 'awb'

/** `first`: the caller, or the clinician in a call that the engine places; `other`: the called party. */
export type Side = 'first' | 'other'

export interface Turn {
  readonly by: Side
  readonly text: string
}

export interface Conversation {
  readonly voices: Readonly<Record<Side, VoiceName>>
  readonly turns: readonly Turn[]
}

/** Alternate turns; the called party begins. */
function talk(first: VoiceName, other: VoiceName, ...texts: readonly string[]): Conversation {
  return { voices: { first, other }, turns: texts.map((text, index) => ({ by: index % 2 === 0 ? 'other' : 'first', text })) }
}

export const conversations = {
  chestPain: talk(
    'rms',
    'slt',
    'Cardiology, Ada Okafor.',
    'Hello, Doctor Marsh at Elm Row. I have a man of sixty two with me. Two weeks of tightness in the chest on the hills, none at rest. His E C G is normal.',
    'Any pain today, and what does he take?',
    'None since Sunday. Amlodipine, nothing else. One forty over eighty.',
    'Then he does not need to come in. Start aspirin and a beta blocker, give him a spray, and I will put him into the rapid access clinic this week.',
    'So no admission. That is a great help, thank you.',
  ),
  swollenCalf: talk(
    'slt',
    'rms',
    'D V T clinic, Tom speaking.',
    'Hello, Harbour Lane Practice. A lady of forty eight, her left calf is three centimetres bigger since yesterday. She came back from Sydney on Friday.',
    'Wells score?',
    'Two. And her D dimer is raised.',
    'Send her over at two, we will scan her today. No need for the emergency department.',
    'Lovely, she can be there at two.',
  ),
  slowPulse: talk(
    'slt',
    'awb',
    'Ravi Prasad, cardiology registrar.',
    'Saltmarsh Ambulance, Jess. We are with a lady of eighty one, pulse thirty eight, second degree block on the E C G. She is talking to us, ninety over sixty.',
    'Did she faint?',
    'Once, this morning, in the kitchen.',
    'Bring her straight to coronary care, not to the front door. I will be waiting. Pads on, please.',
    'Fifteen minutes. Thank you.',
  ),
  palpitations: talk(
    'slt',
    'rms',
    'Kenji Nakamura, for the National Consultant Network.',
    'Oh, good. Doctor Fraser at Orrin Bridge, nobody local is free. A man of fifty, fast atrial fibrillation since last night. He is comfortable.',
    'Is he on an anticoagulant? How is his pressure?',
    'No, and one thirty over seventy five.',
    'Then slow the rate with bisoprolol, start apixaban, and ask your own team for a clinic in four weeks. I will write that down for them.',
    'Perfect. He will be glad to stay at home.',
  ),
  feverishChild: talk(
    'awb',
    'slt',
    'Paediatrics, Elena Bianchi.',
    'Mill Street Medical Centre. A girl of two, thirty nine three for a day, and now a rash that fades when I press on it.',
    'Is she drinking? How does she look to you?',
    'She drinks, she is cross, and she plays with my torch.',
    'Good. Then keep her with you, tell the parents what to look for, and I will see her tomorrow morning.',
    'I will. Thank you.',
  ),
  soreThroat: talk(
    'awb',
    'rms',
    'Tunde Adeyemi, E N T.',
    'Mill Street. A student of twenty, five days of sore throat, now he can hardly open his mouth. The left tonsil is pushed over.',
    'That is a quinsy. Can he swallow?',
    'Barely.',
    'Send him to the ward now, we will drain it this afternoon.',
  ),
  pregnancy: talk(
    'rms',
    'slt',
    'Acute medicine, Carys Hughes.',
    'Elm Row again. A swollen leg, but she is thirty weeks pregnant.',
    'Then we scan her today, whatever the score. Same day clinic, at eleven.',
    'Eleven. Thank you.',
  ),
  secondScan: talk(
    'slt',
    'rms',
    'D V T clinic, Tom.',
    'Harbour Lane. The gentleman you scanned last week, his leg is no better.',
    'Then he has a second scan. Tomorrow at nine, and he stays on his tablets.',
    'I will tell him. Bye.',
  ),
  bloodThinner: talk(
    'rms',
    'slt',
    'Okafor, helping out for D V T.',
    'Saltmarsh Ambulance, Dan. On warfarin, I N R of nine, no bleeding.',
    'Stop the warfarin for two days, and her own doctor checks it tomorrow. She can stay where she is.',
    'No transport, then. Cheers.',
  ),
  nurseAdvice: talk(
    'slt',
    'rms',
    'Chemotherapy helpline, Kofi speaking. How are you today?',
    'Hello. I had my third treatment on Monday, and I have a temperature. Thirty eight point four.',
    'Thank you for ringing straight away. Any shivering?',
    'A bit, last night.',
    'Then I want you on the ward within the hour. Bring your red card, I will tell them that you are coming.',
    'My daughter can drive me. Thank you so much.',
  ),
  calledBack: talk(
    'rms',
    'slt',
    'Hello?',
    'Hello, this is Kofi from the chemotherapy helpline. You asked us to ring you back.',
    'Oh, thank you. It is the sickness. I have kept nothing down since yesterday.',
    'There is a second tablet that we can add. I will have it ready at your pharmacy by noon, and I will ring again tomorrow.',
    'That is so kind. Goodbye.',
  ),
  practice: talk(
    'slt',
    'rms',
    'Elm Row Surgery, the inside line.',
    "Ada Okafor, cardiology at Saint Bride's. Could you tell Doctor Marsh that his patient has the clinic on Thursday at ten?",
    'Thursday at ten. I will tell him now.',
    'Thank you.',
  ),
  /** For a visitor who really rings a telephone of the demo: the one who answers talks, and waits for a word in between. */
  visitor: talk(
    'rms',
    'slt',
    'Hello, you have reached me on the advice line. How can I help?',
    '',
    'I see. Please go on.',
    '',
    'Thank you. That sounds right to me. I will leave the outcome to you. Goodbye.',
  ),
} as const satisfies Readonly<Record<string, Conversation>>

export type ConversationId = keyof typeof conversations

/** Said by machines. */
export const announcements = {
  voicemail: {
    voice: 'slt',
    text: 'Hello. This is the voicemail of Maja Lindqvist. I cannot take your call. Please leave a message after the tone.',
  },
} as const satisfies Readonly<Record<string, { readonly voice: VoiceName; readonly text: string }>>

/** Every spoken text, with its file name. */
export function spokenTexts(): readonly { readonly file: string; readonly voice: VoiceName; readonly text: string }[] {
  const talks = Object.entries<Conversation>(conversations).flatMap(([id, { voices, turns }]) =>
    turns.map(({ by, text }, index) => ({ file: turnFile(id, index), voice: voices[by], text })),
  )
  const machines = Object.entries(announcements).map(([id, { voice, text }]) => ({ file: `${id}.wav`, voice, text }))
  return [...talks, ...machines].filter(({ text }) => text !== '')
}

export function turnFile(conversation: string, turn: number): string {
  return `${conversation}-${turn + 1}.wav`
}
