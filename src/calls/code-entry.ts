import { sleep } from '../clock/clock.js'
import type { Audio, Heard, Key, Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { playThrough } from './saying.js'
import { Stop } from './stop.js'

/** What a party keyed in answer to a question for a code. */
export type CodeEntry =
  | { readonly kind: 'code'; readonly code: string }
  /** Keys that make no code. */
  | { readonly kind: 'unknown'; readonly keys: string }
  /** `#` before any digit. */
  | { readonly kind: 'hash' }
  /** `*` before any digit. */
  | { readonly kind: 'star' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'gone' }

const everyKey: readonly Key[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D']

/** Keys beyond the longest code are swallowed up to here: they belong to the same wrong number. */
const swallowedAtMost = 40

/** What is meant by the keys so far: nothing longer can be; something longer can, too; or only something longer. */
type Meaning = 'whole' | 'wholeOrMore' | 'more'

/**
 * Plays a question and reads a code. The first key stops the question; keys pressed before it count (type-ahead). A code is taken once
 * no longer one is possible, on `#`, or when the next digit does not come in time.
 */
export function readCode(call: CallContext, leg: Leg, question: readonly Audio[], codes: readonly string[]): Promise<CodeEntry> {
  return readKeys(call, leg, question, (keys) => {
    const longer = codes.some((code) => code.length > keys.length && code.startsWith(keys))
    if (!codes.includes(keys)) return 'more'
    return longer ? 'wholeOrMore' : 'whole'
  })
}

/** As `readCode`, for digits of which only the number is known: `lengths` ascending. */
export function readDigits(call: CallContext, leg: Leg, question: readonly Audio[], lengths: readonly number[]): Promise<CodeEntry> {
  return readKeys(call, leg, question, (keys) => {
    if (!lengths.includes(keys.length)) return keys.length > (lengths.at(-1) ?? 0) ? 'whole' : 'more'
    return keys.length === lengths.at(-1) ? 'whole' : 'wholeOrMore'
  })
}

async function readKeys(call: CallContext, leg: Leg, question: readonly Audio[], meaning: (keys: string) => Meaning): Promise<CodeEntry> {
  const { clock, settings, scope } = call
  const gone = scope.gone(leg)
  const asking = new Stop(gone)
  // The question could not be played: nobody waits in silence for an answer to it.
  void playThrough(call, leg, question, asking.signal)
    .then((played) => (played.kind === 'failed' ? undefined : sleep(clock, settings.menuWaitMs, asking.signal)))
    .catch(() => undefined)
    .then(() => asking.done())
  const first = await leg.listenFor({ keys: everyKey, signal: asking.signal })
  asking.done()
  if (first.kind === 'cancelled' && !gone.aborted) return { kind: 'nothing' }
  const key = keyOf(first)
  if (key === undefined) return { kind: 'gone' }
  if (key === '#') return { kind: 'hash' }
  if (key === '*') return { kind: 'star' }
  return readRest(call, leg, key, meaning)
}

async function readRest(call: CallContext, leg: Leg, first: string, meaning: (keys: string) => Meaning): Promise<CodeEntry> {
  const { clock, settings, scope } = call
  let keys = first
  for (;;) {
    const means = meaning(keys)
    if (means === 'whole') return { kind: 'code', code: keys }
    if (keys.length >= swallowedAtMost) return { kind: 'unknown', keys }
    const waiting = new Stop(scope.gone(leg))
    const cancelTimer = clock.after(settings.interDigitMs, () => waiting.done())
    const heard = await leg.listenFor({ keys: everyKey, signal: waiting.signal })
    cancelTimer()
    waiting.done()
    const key = keyOf(heard)
    if (heard.kind === 'hungUp' || leg.ended) return { kind: 'gone' }
    if (key === undefined || key === '#') return means === 'wholeOrMore' ? { kind: 'code', code: keys } : { kind: 'unknown', keys }
    keys += key
  }
}

function keyOf(heard: Heard): Key | undefined {
  return heard.kind === 'key' || heard.kind === 'otherKey' ? heard.key : undefined
}
