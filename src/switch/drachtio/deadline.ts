import { asError } from '../../common/errors.js'

/** Nothing came in time. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'

  constructor(what: string, ms: number) {
    super(`${what}: no answer within ${ms} ms`)
  }
}

/**
 * A promise of drachtio-srf or drachtio-fsmrf may never settle; this one does. Every await on the network goes through it.
 * @param what for the error: what was waited for
 * @param start begins the work; may call back more than once and after the deadline, only the first time counts
 * @param late releases what arrives after the deadline (a channel, a dialog), so that it is not leaked
 * @returns rejects with what `start` failed with or threw, or with `DeadlinePassed`
 */
export function withDeadline<T>(
  what: string,
  ms: number,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  late?: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let open = true
    const close = (): boolean => {
      if (!open) return false
      open = false
      clearTimeout(timer)
      return true
    }
    const timer = setTimeout(() => {
      if (close()) reject(new DeadlinePassed(what, ms))
    }, ms)
    const fail = (error: unknown): void => {
      if (close()) reject(asError(error))
    }
    try {
      start((value) => {
        if (close()) resolve(value)
        else late?.(value)
      }, fail)
    } catch (error) {
      // drachtio-srf throws assertions instead of calling back when its connection is down.
      fail(error)
    }
  })
}

/** Waits at most `ms` for a promise of ours; what it brings later is dropped. Never rejects. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  await withDeadline<undefined>('', ms, (resolve) => {
    const done = () => resolve(undefined)
    work.then(done, done)
  }).catch(() => undefined)
}

/** Settles when the signal aborts, or after a while. */
export function aborted(signal: AbortSignal | undefined, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    if (signal?.aborted) done()
    else signal?.addEventListener('abort', done, { once: true })
  })
}
