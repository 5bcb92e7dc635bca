/**
 * Every fixed sentence that a caller or a specialist may hear, by its id, with its words. One text, one WAV file: `<id>.wav`.
 * `npm run prompts` renders those whose words have changed; a human recording in `prompts/recorded/<id>.wav` goes before it.
 */
export const sentences = {
  welcome: 'Welcome to the clinical advice line.',
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
  'generic-practice': 'a practice',
  'generic-line': 'an advice line',
} as const satisfies Record<string, string>

export type SentenceId = keyof typeof sentences
