import type { CallEvent } from '../facts/events.js'

/** The simulated phones' settings, as JSON in the environment. */
export interface DemoSettings {
  /** The engine's address for calls. */
  readonly sip: { readonly address: string; readonly port: number }
  /** Its API's base URL, with a trailing slash. */
  readonly api: string
  /** The token for it. */
  readonly apiToken: string
  readonly directoryFile: string
  /** Where the telephone network is simulated with everybody in it: patients and practices. Absent: there is a real one. */
  readonly network?: { readonly address: string; readonly port: number }
}

/** Messages to the phones: the facts of the engine's calls, so that they know who rings them. */
export interface ToDemo {
  readonly fact: CallEvent
}

/** Messages from the phones to the engine's program. `story`: for the terminal; `log`: for the log. */
export type FromDemo =
  { readonly kind: 'ready' } | { readonly kind: 'story'; readonly text: string } | { readonly kind: 'log'; readonly text: string }

/** Explains an alarm on the page during the demo: its part in the story. */
export function demoAlarmNote(alarm: string): string | undefined {
  if (alarm.startsWith('number.failing:'))
    return 'This belongs to the demo: the telephone is mended in the next round, a few minutes from now'
  return undefined
}
