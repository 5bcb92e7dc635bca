import { sleep } from '../clock/clock.js'
import type { Audio, Heard, Key, Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { playThrough } from './saying.js'
import { Stop } from './stop.js'

/** What a party keyed in answer to a question for a code. */
export type CodeEntry =
  | { readonly kind: 'code'; readonly code: string }
  /** Keys that are no code. */
  | { readonly kind: 'unknown'; readonly keys: string }
  /** `#` before any digit. */
  | { readonly kind: 'hash' }
  /** `*` before any digit. */
  | { readonly kind: 'star' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'gone' }

const everyKey: readonly Key[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D']

/** Keys after the first that is no code are swallowed up to here: they belong to the same wrong number. */
const longestEntry = 12

/**
 * Plays a question and reads a code. The first key stops the question; keys pressed before it count (type-ahead). A code is taken as soon as
 * no longer one can be meant, on `#`, or when the next digit does not come in time.
 */
export async function readCode(call: CallContext, leg: Leg, question: readonly Audio[], codes: readonly string[]): Promise<CodeEntry> {
  const { clock, settings, scope } = call
  const gone = scope.gone(leg)
  const asking = new Stop(gone)
  // Nobody waits in silence for the answer to a question that could not be heard.
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
  return readRest(call, leg, key, codes)
}

async function readRest(call: CallContext, leg: Leg, first: string, codes: readonly string[]): Promise<CodeEntry> {
  const { clock, settings, scope } = call
  let keys = first
  for (;;) {
    const exact = codes.includes(keys)
    const more = codes.some((code) => code.length > keys.length && code.startsWith(keys))
    if (exact && !more) return { kind: 'code', code: keys }
    if (keys.length >= longestEntry) return { kind: 'unknown', keys }
    const waiting = new Stop(scope.gone(leg))
    const cancelTimer = clock.after(settings.interDigitMs, () => waiting.done())
    const heard = await leg.listenFor({ keys: everyKey, signal: waiting.signal })
    cancelTimer()
    waiting.done()
    const key = keyOf(heard)
    if (heard.kind === 'hungUp' || leg.ended) return { kind: 'gone' }
    if (key === undefined || key === '#') return exact ? { kind: 'code', code: keys } : { kind: 'unknown', keys }
    keys += key
  }
}

function keyOf(heard: Heard): Key | undefined {
  return heard.kind === 'key' || heard.kind === 'otherKey' ? heard.key : undefined
}
