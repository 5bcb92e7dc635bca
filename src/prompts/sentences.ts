/**
 * Every fixed sentence that a caller or a specialist may hear, by its id, with its words. One text, one WAV file: `<id>.wav`.
 * `npm run prompts` renders those whose words have changed; a human recording in `prompts/recorded/<id>.wav` takes precedence.
 *
 * Sentences with a name inside are cut there: "For" {Cardiology} "press" {2}.
 */
export const sentences = {
  // The beginning of a call
  welcome: 'Welcome to the clinical advice line.',
  'calls-are-recorded': 'Calls are recorded.',

  // The menu
  'menu-for': 'For',
  'menu-press': 'press',
  'menu-repeat': 'To hear this again, press hash.',
  'menu-all-closed': 'All the lines that you can use are closed at the moment. Key the code of a line to hear when it opens.',
  'menu-nothing-heard': 'Sorry, I did not hear a choice.',
  'menu-not-understood': 'Sorry, that is not one of the choices.',
  'menu-no-choice': 'I am sorry, I could not make out your choice. Please ring again when you are ready. Goodbye.',
  'no-lines':
    'I am sorry, there is no advice line for this number. Please ring the hospital switchboard. For a PIN or a practice, press star.',

  // The line has been chosen
  'ringing-line': 'Thank you. We are ringing',
  'line-closed': 'is closed at the moment.',
  'line-opens': 'It opens',
  'line-not-this-week': 'It does not open in the coming week.',
  'nobody-on-rota': 'I am sorry, nobody is on the rota for this line at the moment.',

  // When a line opens: "It opens" "tomorrow" "at" "nine" "thirty" "in the morning"
  'time-at': 'at',
  'day-today': 'today',
  'day-tomorrow': 'tomorrow',
  'day-mon': 'on Monday',
  'day-tue': 'on Tuesday',
  'day-wed': 'on Wednesday',
  'day-thu': 'on Thursday',
  'day-fri': 'on Friday',
  'day-sat': 'on Saturday',
  'day-sun': 'on Sunday',
  'time-oclock': "o'clock",
  'time-oh': 'oh',
  'time-morning': 'in the morning',
  'time-afternoon': 'in the afternoon',
  'time-evening': 'in the evening',
  'time-midday': 'midday',
  'time-midnight': 'midnight',

  // Told to the caller when nobody accepted, or something failed
  'nobody-available': 'I am sorry, nobody was able to take your call.',
  'try-again-later': 'Please try again later.',
  'still-trying': 'Please stay on the line. We are still trying to reach somebody for you.',
  'hunting-on': 'I am sorry, that connection failed. We are ringing the next specialist.',
  'connection-lost': 'I am sorry, the connection was lost. If you still need each other, please ring again.',
  'media-fault': 'I am sorry, there was a technical fault. Please stay on the line.',
  'talk-goes-on': 'I am sorry, there was a technical fault. You are being connected again.',
  'technical-fault': 'I am sorry, we have a technical problem. Please ring again in a few minutes, or ring the hospital switchboard.',
  goodbye: 'Goodbye.',

  // The specialist answers: "Advice line call from" {practice} "about" {line} "Press or say one ..."
  'whisper-call-from': 'Advice line call from',
  'whisper-about': 'about',
  'whisper-press-or-say-one': 'Press or say one to speak to the clinician.',
  'whisper-press-one': 'Press one to speak to the clinician.',
  'whisper-say-again': 'Thank you. Say one again, or press one.',
  'whisper-did-you-say': 'Did you say one? Then please press one.',
  'whisper-wrong-key': 'Sorry, that key was not recognised.',
  'caller-hung-up': 'The caller has hung up. Thank you for answering. Goodbye.',
  'not-needed': 'This call is not needed any more. Thank you for answering. Goodbye.',
  'not-connected': 'I am sorry, we could not connect the caller. Thank you for answering. Goodbye.',
  'hold-returning': 'Please hold. The other side has lost its connection and is coming back.',

  // Patients' follow-up lines
  'patient-welcome': 'Hello. You have reached',
  'patient-please-wait': 'Please hold the line. We are looking for somebody in your clinic team.',
  'whisper-patient': 'A patient is calling about',
  'whisper-press-or-say-one-patient': 'Press or say one to speak to the patient.',
  'whisper-press-one-patient': 'Press one to speak to the patient.',
  'call-back-offer': 'To be called back on the number that you are calling from, press one.',
  'call-back-other-number': 'To be called back on another number, press two.',
  'call-back-offer-number': 'To be called back, press one.',
  'call-back-key-number': 'Please key the number on which we can reach you, then press hash.',
  'call-back-no-number': 'Sorry, that is not a telephone number which we can ring.',
  'call-back-kept': 'Thank you. Your request is saved, and your clinic team will call you back.',
  'call-back-kept-own':
    'Thank you. Your request is saved, and your clinic team will call you back on the number that you are calling from.',
  'call-back-not-kept': 'I am sorry, your request may not have been saved. Please ring again later.',

  // PINs, codes and practices
  'code-welcome': 'This number is for calls that were arranged.',
  'code-ask-pin': 'Please key your PIN or your code.',
  'code-ask': 'Please key your four digit code.',
  'code-or-practice': 'To be put through to a practice, press star.',
  'code-wrong': 'Sorry, that code is not good here, or not any more.',
  'code-please-wait': 'One moment please.',
  'code-locked': 'I am sorry, there were too many wrong codes. Please try again later, or ask for help.',
  'code-right': 'Thank you.',
  'bypass-key-code': 'Please key the code of the practice.',
  'bypass-no-such-code': 'Sorry, no practice has that code.',
  'bypass-no-number': 'I am sorry, this practice has given no number for this.',
  'practice-not-reached': 'I am sorry, the practice does not answer.',

  // Arranged calls: "This is a call to a patient which you arranged" ... "Press one to call the patient."
  'whisper-call-back': 'A patient is waiting to be called back',
  'whisper-patient-connect': 'This is the call to a patient that you arranged.',
  'whisper-call-back-code': 'A specialist is calling you back',
  'whisper-press-or-say-one-ring': 'Press or say one to call the patient.',
  'whisper-press-one-ring': 'Press one to call the patient.',
  'whisper-own-call': 'This is the call that you asked for',
  'whisper-press-one-line': 'Press one to be connected.',
  'ringing-patient': 'We are ringing the patient.',
  'ringing-clinician': 'We are ringing the clinician who asked for advice.',
  'patient-engaged': 'The patient is engaged at the moment.',
  'patient-no-answer': 'The patient does not answer.',
  'patient-not-reached': 'I am sorry, the patient could not be reached.',
  'clinician-not-reached': 'I am sorry, the clinician who asked for advice could not be reached.',

  // After the talk
  'outcome-ask': 'What is the outcome of this call?',
  'outcome-wrong-key': 'Sorry, that is not one of the outcomes.',
  'outcome-kept': 'Thank you. Your outcome is saved. Goodbye.',
  'outcome-not-kept': 'I am sorry, the outcome could not be saved. It can be left later. Goodbye.',
  'outcome-later': 'Thank you. The outcome can be left later. Goodbye.',

  // Instead of a name that cannot be spoken
  'generic-practice': 'a practice',
  'generic-line': 'an advice line',
  'generic-patient-line': 'your clinic',
  'generic-outcome': 'the next outcome',

  // Numbers
  'digit-0': 'zero',
  'digit-1': 'one',
  'digit-2': 'two',
  'digit-3': 'three',
  'digit-4': 'four',
  'digit-5': 'five',
  'digit-6': 'six',
  'digit-7': 'seven',
  'digit-8': 'eight',
  'digit-9': 'nine',
  'number-10': 'ten',
  'number-11': 'eleven',
  'number-12': 'twelve',
  'number-13': 'thirteen',
  'number-14': 'fourteen',
  'number-15': 'fifteen',
  'number-16': 'sixteen',
  'number-17': 'seventeen',
  'number-18': 'eighteen',
  'number-19': 'nineteen',
  'number-20': 'twenty',
  'number-30': 'thirty',
  'number-40': 'forty',
  'number-50': 'fifty',
} as const satisfies Record<string, string>

export type SentenceId = keyof typeof sentences
