import type { KeyForm, Phone } from './phone.js'
import { babble, tone } from './voice.js'

/**
 * How a person behaves when their phone rings: a script in the words of `Phone`, run again for each call. A call that ends in the middle of
 * it (the caller gave up, the other side hung up) ends the script quietly.
 */
export interface Temperament {
  /** For the demo's commentary and for test names: "answers fast". */
  readonly name: string
  readonly behave: (phone: Phone) => Promise<void>
}

interface Acceptance {
  /** How long it rings before it is picked up, ms. */
  readonly afterMs?: number
  /** Default 1. */
  readonly key?: string
  /** From hearing the prompt begin to pressing the key, ms: people do not wait for the end. */
  readonly thinkMs?: number
  readonly form?: KeyForm
  /** Hangs up this long after the key, ms; default: stays until the other side hangs up. */
  readonly talkMs?: number
}

/** Picks up at once and presses the key as soon as the prompt has begun. */
export function answersFast(options: Acceptance = {}): Temperament {
  return {
    name: 'answers fast',
    behave: async (phone) => {
      const { afterMs = 1500, thinkMs = 1000 } = options
      if (!(await picksUp(phone, afterMs))) return
      await phone.hearing.speech({ withinMs: 15_000 })
      await phone.waits(thinkMs)
      await accepts(phone, options)
    },
  }
}

/** Lets it ring for ever. */
export function neverAnswers(): Temperament {
  return { name: 'never answers', behave: () => Promise.resolve() }
}

/** 486 at once. */
export function isBusy(): Temperament {
  return { name: 'is busy', behave: (phone) => phone.declines(486) }
}

/** Looks at the phone and declines. */
export function declines({ afterMs = 1500, status = 603 } = {}): Temperament {
  return {
    name: 'declines',
    behave: async (phone) => {
      await phone.waits(afterMs)
      if (phone.state === 'ringing') await phone.declines(status)
    },
  }
}

/** A voicemail box picks up: greeting, beep, silence; it presses nothing, and hangs up when its tape is full. */
export function voicemail({
  afterMs = 3000,
  greetingMs = 6000,
  beepHz = 1000,
  tapeMs = 120_000,
  greeting = undefined as Int16Array | undefined,
} = {}): Temperament {
  return {
    name: 'voicemail picks up',
    behave: async (phone) => {
      if (!(await picksUp(phone, afterMs))) return
      phone.speaks(0)
      await phone.says(greeting ?? babble(greetingMs))
      await phone.says(tone(beepHz, 4000))
      await waitsWhileTalking(phone, tapeMs)
      await phone.hangsUp()
    },
  }
}

/** Hears the prompt through once, and presses the key when it is repeated. */
export function acceptsAtSecondPrompt(options: Acceptance & { readonly pauseMs?: number } = {}): Temperament {
  return {
    name: 'accepts at the second prompt',
    behave: async (phone) => {
      const { afterMs = 2500, thinkMs = 800, pauseMs = 700 } = options
      if (!(await picksUp(phone, afterMs))) return
      await phone.hearing.prompt({ pauseMs })
      await phone.hearing.speech({ withinMs: 15_000 })
      await phone.waits(thinkMs)
      await accepts(phone, options)
    },
  }
}

/** Presses a wrong key first, then, asked again, the right one. */
export function pressesWrongKeyFirst(options: Acceptance & { readonly wrongKey?: string; readonly betweenMs?: number } = {}): Temperament {
  return {
    name: 'presses a wrong key first',
    behave: async (phone) => {
      const { afterMs = 2000, thinkMs = 1000, wrongKey = '5', betweenMs = 2500, form } = options
      if (!(await picksUp(phone, afterMs))) return
      await phone.hearing.speech({ withinMs: 15_000 })
      await phone.waits(thinkMs)
      await phone.presses(wrongKey, form === undefined ? {} : { form })
      await phone.waits(betweenMs)
      await accepts(phone, options)
    },
  }
}

/** Picks up, and hangs up before pressing anything. */
export function answersThenHangsUp({ afterMs = 2000, staysMs = 2000 } = {}): Temperament {
  return {
    name: 'answers, then hangs up',
    behave: async (phone) => {
      if (!(await picksUp(phone, afterMs))) return
      await waitsWhileTalking(phone, staysMs)
      await phone.hangsUp()
    },
  }
}

/** Picks up and lies there: no key, no word, no hang-up. */
export function answersAndSaysNothing({ afterMs = 2000 } = {}): Temperament {
  return {
    name: 'answers and says nothing',
    behave: async (phone) => {
      await picksUp(phone, afterMs)
    },
  }
}

/** Refuses with any status: 404 for a number that is not in use, 503 for a network that is down. */
export function refusesWith(status: number): Temperament {
  return { name: `refuses with ${status}`, behave: (phone) => phone.declines(status) }
}

/**
 * Gives a phone a temperament: from now on it deals with each call by itself.
 * @param onTrouble called with what a script did not expect; ignored by default, since calls may end at any moment
 * @returns removes the temperament again
 */
export function behave(phone: Phone, temperament: Temperament, onTrouble: (trouble: unknown) => void = () => undefined): () => void {
  const act = () => {
    temperament.behave(phone).catch((trouble: unknown) => {
      if (phone.state === 'talking') onTrouble(trouble)
    })
  }
  phone.onRinging = act
  return () => {
    if (phone.onRinging === act) phone.onRinging = undefined
  }
}

/** Lets it ring, then picks up if it still rings. */
async function picksUp(phone: Phone, afterMs: number): Promise<boolean> {
  const invite = phone.incoming
  await phone.waits(afterMs)
  return phone.state === 'ringing' && phone.incoming === invite && phone.answers({ withinMs: 1000 })
}

async function accepts(phone: Phone, { key = '1', form, talkMs }: Acceptance): Promise<void> {
  await phone.presses(key, form === undefined ? {} : { form })
  if (talkMs === undefined) return
  await waitsWhileTalking(phone, talkMs)
  await phone.hangsUp()
}

/** Waits, but no longer than the call lasts. */
async function waitsWhileTalking(phone: Phone, ms: number): Promise<void> {
  const session = phone.session
  if (session === undefined) return
  let timer: NodeJS.Timeout | undefined
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([elapsed, session.ended])
  clearTimeout(timer)
}
