/** Every fixed sentence that a caller or a specialist may hear, by its id, with its words. One text, one WAV file: `<id>.wav`. */
export const sentences = {
  welcome: 'Welcome to the clinical advice line.',
} as const satisfies Record<string, string>

export type SentenceId = keyof typeof sentences
