import type { CallEvent } from '../facts/events.js'

/** What the simulated phones are told, as JSON in the environment. */
export interface DemoSettings {
  /** Where the engine takes calls. */
  readonly sip: { readonly address: string; readonly port: number }
  /** Where its API is, with a slash at the end. */
  readonly api: string
  /** By which it is let in there. */
  readonly apiToken: string
  readonly directoryFile: string
  /** Where the telephone network is played, and everybody in it: patients and practices. Absent: there is a real one. */
  readonly network?: { readonly address: string; readonly port: number }
}

/** What the engine tells the phones: the facts of its calls, so that they know who rings them. */
export interface ToDemo {
  readonly fact: CallEvent
}

/** What the phones tell the engine's program. `story`: for the terminal; `log`: for the log. */
export type FromDemo =
  { readonly kind: 'ready' } | { readonly kind: 'story'; readonly text: string } | { readonly kind: 'log'; readonly text: string }

/** For whoever sees an alarm on the page while the demo runs: what the story has to do with it. */
export function demoAlarmNote(alarm: string): string | undefined {
  if (alarm.startsWith('number.failing:'))
    return 'This belongs to the demo: the telephone is mended in the next round, a few minutes from now'
  return undefined
}
