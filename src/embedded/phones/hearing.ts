import { isLoud, shareOf, type Ear, type Frequencies } from './ear.js'
import { expectWithin } from './expectation.js'
import { FRAME_MS } from './metronome.js'

/** UK ringing tone, as the caller hears it. */
export const UK_RINGBACK: readonly number[] = [400, 450]

export interface ToneOptions {
  readonly withinMs?: number
  /** How long the tone must last to count; default 100. */
  readonly forMs?: number
  /** Share of the energy that it must hold; default 0.6. */
  readonly share?: number
}

/** Questions about what a phone hears. All waits end: with `Disappointed`, which says what was heard instead. */
export interface Hearing {
  /** Waits for a tone (several: sounding together). @returns when it began, monotonic ms */
  tone(frequencies: Frequencies, options?: ToneOptions): Promise<number>
  /** Waits for the UK ringing tone. */
  ringback(options?: ToneOptions): Promise<number>
  /** Listens for `forMs` and fails if the tone is heard. */
  no(frequencies: Frequencies, forMs: number): Promise<void>
  /** Waits for silence (no sound, or no packets) that lasts `forMs`. */
  silence(options?: { readonly forMs?: number; readonly withinMs?: number }): Promise<void>
  /** Waits for speech: any sound for 200 ms. @returns when it began */
  speech(options?: { readonly withinMs?: number }): Promise<number>
  /** Waits until a spoken prompt has been heard through to a pause of `pauseMs` (default 700) behind it. */
  prompt(options?: { readonly pauseMs?: number; readonly withinMs?: number }): Promise<void>
}

/** @param ear that of the present call; undefined while there is none */
export function hearingOf(name: string, ear: () => Ear | undefined): Hearing {
  const present = (purpose: string): Ear => {
    const found = ear()
    if (found === undefined) throw new Error(`${name} cannot ${purpose}: there is no call`)
    return found
  }
  const describe = (frequencies: Frequencies) => (typeof frequencies === 'number' ? `${frequencies} Hz` : `${frequencies.join('+')} Hz`)

  return {
    tone: async (frequencies, options = {}) =>
      waitForTone(name, present(`hear ${describe(frequencies)}`), frequencies, describe(frequencies), options),
    ringback: async (options = {}) =>
      waitForTone(name, present('hear ringing'), UK_RINGBACK, 'the ringing tone', { withinMs: 6000, ...options }),
    no: async (frequencies, forMs) => {
      const listening = present(`hear no ${describe(frequencies)}`)
      const heard = waitForTone(name, listening, frequencies, describe(frequencies), { withinMs: forMs, forMs: 60 })
      const at = await heard.then(
        (began) => began,
        () => undefined,
      )
      if (at !== undefined) throw new Error(`${name} hears ${describe(frequencies)}, which it should not`)
    },
    silence: async ({ forMs = 300, withinMs = 10_000 } = {}) => waitForSilence(name, present('hear silence'), forMs, withinMs),
    speech: async ({ withinMs = 10_000 } = {}) => waitForSpeech(name, present('hear speech'), withinMs),
    prompt: async ({ pauseMs = 700, withinMs = 30_000 } = {}) => {
      const listening = present('hear a prompt')
      await waitForSpeech(name, listening, withinMs)
      await waitForSilence(name, listening, pauseMs, withinMs)
    },
  }
}

function waitForTone(
  name: string,
  ear: Ear,
  frequencies: Frequencies,
  words: string,
  { withinMs = 5000, forMs = 100, share = 0.6 }: ToneOptions,
): Promise<number> {
  return expectWithin<number>(
    withinMs,
    (settle) => {
      let began = 0
      let heardMs = 0
      return ear.listen((frame, at) => {
        if (shareOf(frame, frequencies) < share) {
          heardMs = 0
          return
        }
        if (heardMs === 0) began = at
        heardMs += FRAME_MS
        if (heardMs >= forMs) settle(began)
      })
    },
    () => `${name} should hear ${words}, but hears ${ear.describe()}`,
  )
}

function waitForSpeech(name: string, ear: Ear, withinMs: number): Promise<number> {
  return expectWithin<number>(
    withinMs,
    (settle) => {
      let began = 0
      let loudMs = 0
      return ear.listen((frame, at) => {
        if (!isLoud(frame)) {
          // Consonants are quiet: a short gap takes back little.
          loudMs = Math.max(0, loudMs - FRAME_MS / 2)
          return
        }
        if (loudMs === 0) began = at
        loudMs += FRAME_MS
        if (loudMs >= 200) settle(began)
      })
    },
    () => `${name} should hear a voice, but hears ${ear.describe()}`,
  )
}

/** Silence may come as quiet packets or as no packets at all, so the clock decides, not the frames. */
function waitForSilence(name: string, ear: Ear, forMs: number, withinMs: number): Promise<void> {
  const began = performance.now()
  return expectWithin<undefined>(
    withinMs,
    (settle) => {
      const timer = setInterval(() => {
        if (performance.now() - Math.max(began, ear.lastLoudAt ?? 0) >= forMs) settle(undefined)
      }, FRAME_MS)
      return () => clearInterval(timer)
    },
    () => `${name} should hear silence, but hears ${ear.describe()}`,
  )
}
