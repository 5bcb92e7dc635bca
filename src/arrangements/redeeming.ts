import type { ArrangedCall, KeyedAt, Redeemed } from '../calls/arrangements.js'
import type { Clock } from '../clock/clock.js'
import type { Directory } from '../directory/model.js'
import type { Arrangement } from '../facts/arrangement.js'
import { arrangedCall, keysAreGood } from './arrangement.js'
import { guesserOf, numbersHere, placeOf } from './dialled-place.js'
import type { Diary } from './diary.js'
import type { GuessGuard } from './guess-guard.js'
import { codeSpace, hashOf, pinSpace, type KeyRing } from './key-ring.js'

export interface RedeemingOptions {
  readonly diary: Diary
  readonly keys: KeyRing
  /** The key that hashes PINs and codes. Rejects if unavailable: then nothing can be looked up. */
  readonly secret: () => Promise<Buffer>
  readonly guard: GuessGuard
  readonly clock: Clock
  readonly directory: () => Directory
}

/** The caller has gone: nothing was checked, as far as anybody can know. */
const forNobody: Redeemed = { kind: 'tooSoon', waitMs: 0 }

/**
 * Takes a keyed PIN or code. It is spent on disk before it is granted, and no other call gets it meanwhile. Rejects if the disk
 * cannot confirm it, or the hash key is unavailable; then nothing is granted or charged.
 * @param signal aborts once the caller has gone; then nothing is granted, and right keys are not spent
 */
export async function redeem(options: RedeemingOptions, keyed: string, where: KeyedAt, signal?: AbortSignal): Promise<Redeemed> {
  if (signal?.aborted) return forNobody
  const guess = options.guard.guess(guesserOf(where), placeOf(where))
  if (guess.kind === 'locked') return { kind: 'locked' }
  if (guess.kind === 'tooSoon') return guess
  let taken: Taken
  try {
    taken = await take(options, keyed, where, signal)
  } catch (error) {
    // The keys were right; that the disk is full is not the caller's fault.
    guess.right()
    throw error
  }
  if (taken === 'notGood') return guess.wrong()
  guess.right()
  return taken === 'forNobody' ? forNobody : { kind: 'granted', arranged: taken }
}

type Taken = ArrangedCall | 'notGood' | 'forNobody'

async function take(
  { diary, keys, secret, clock, directory }: RedeemingOptions,
  keyed: string,
  where: KeyedAt,
  signal: AbortSignal | undefined,
): Promise<Taken> {
  const known = await secret()
  let id = lookUp(keys, known, directory(), clock.now(), keyed, where)
  if (id === undefined) {
    // Another engine may have issued it a moment ago. If that cannot be read, it is unknown here.
    await diary.catchUp().catch(() => undefined)
    id = lookUp(keys, known, directory(), clock.now(), keyed, where)
  }
  if (id === undefined) return 'notGood'
  const { callId } = where
  // The call may end before its turn, or while the disk is busy: its end has to find what it carried, after this turn.
  diary.expect(callId, id)
  const taken = await diary
    .inTurn(id, async (): Promise<Taken> => {
      if (signal?.aborted) return 'forNobody'
      const arrangement = diary.get(id)
      if (!arrangement || !isGoodHere(arrangement, directory(), clock.now(), where)) return 'notGood'
      const arranged = arrangedCall(arrangement, directory())
      if (!arranged) return 'notGood'
      await diary.write(id, { type: 'begun', callId })
      if (!signal?.aborted) return arranged
      // The caller never heard that it was right: it counts as not keyed, and a code stays valid.
      await diary.note(id, { type: 'withdrawn', callId })
      return 'forNobody'
    })
    .catch((error: unknown) => {
      diary.expectNot(callId, id)
      throw error
    })
  if (typeof taken === 'string') diary.expectNot(callId, id)
  return taken
}

/** The arrangement of the keys, if any. Only the lengths of a PIN or a code match. */
function lookUp(keys: KeyRing, secret: Buffer, directory: Directory, now: number, keyed: string, where: KeyedAt): string | undefined {
  if (/^\d{6}$/.test(keyed)) return keys.find(pinSpace, hashOf(secret, pinSpace, keyed), now)
  if (!/^\d{4}$/.test(keyed)) return undefined
  for (const number of numbersHere(directory, where)) {
    const id = keys.find(codeSpace(number), hashOf(secret, codeSpace(number), keyed), now)
    if (id !== undefined) return id
  }
  return undefined
}

/** A PIN is valid on the current Dial-In numbers of the clinician's organisations; a code where it was looked up. */
function isGoodHere(arrangement: Arrangement, directory: Directory, now: number, { organisation }: KeyedAt): boolean {
  if (!keysAreGood(arrangement, now)) return false
  if (arrangement.kind !== 'patientConnect') return true
  return organisation !== undefined && (directory.clinicians.get(arrangement.clinician)?.organisations.includes(organisation) ?? false)
}
