import type { ArrangedCall, KeyedAt, Redeemed } from '../calls/arrangements.js'
import type { Clock } from '../clock/clock.js'
import type { Directory } from '../directory/model.js'
import { arrangedCall, keysAreGood, type Arrangement } from './arrangement.js'
import type { Diary } from './diary.js'
import { numbersHere, oneForm, placeOf } from './dialled-place.js'
import type { GuessGuard } from './guess-guard.js'
import { codeSpace, pinSpace, type KeyRing } from './key-ring.js'

export interface RedeemingOptions {
  readonly diary: Diary
  readonly keys: KeyRing
  readonly guard: GuessGuard
  readonly clock: Clock
  readonly directory: () => Directory
}

/**
 * Takes a PIN or a code that was keyed. It is spent on disk before it is granted, and nobody else gets it meanwhile. Rejects when the disk
 * cannot say so; then nothing is granted, and nothing is charged.
 */
export async function redeem(options: RedeemingOptions, keyed: string, where: KeyedAt): Promise<Redeemed> {
  const guess = options.guard.guess(oneForm(where.callerNumber), placeOf(where))
  if (guess.kind === 'locked') return { kind: 'locked' }
  if (guess.kind === 'tooSoon') return guess
  let granted: ArrangedCall | undefined
  try {
    granted = await take(options, keyed, where)
  } catch (error) {
    // The keys were right; that the disk is full is not the caller's fault.
    guess.right()
    throw error
  }
  if (!granted) return guess.wrong()
  guess.right()
  return { kind: 'granted', arranged: granted }
}

async function take({ diary, keys, clock, directory }: RedeemingOptions, keyed: string, where: KeyedAt): Promise<ArrangedCall | undefined> {
  const found = lookUp(keys, directory(), clock.now(), keyed, where)
  if (found === undefined) return undefined
  return diary.inTurn(found, async () => {
    const arrangement = diary.get(found)
    if (!arrangement || !isGoodHere(arrangement, directory(), clock.now(), where)) return undefined
    const arranged = arrangedCall(arrangement, directory())
    if (!arranged) return undefined
    // The call may end while the disk is waited for: its end has to find what it carried.
    diary.expect(where.callId, found)
    await diary.write(found, { type: 'begun', callId: where.callId })
    return arranged
  })
}

/** Whose the keys are, if anybody's. Any other length than that of a PIN or a code is nobody's. */
function lookUp(keys: KeyRing, directory: Directory, now: number, keyed: string, where: KeyedAt): string | undefined {
  if (/^\d{6}$/.test(keyed)) return keys.find(pinSpace, keyed, now)
  if (!/^\d{4}$/.test(keyed)) return undefined
  for (const number of numbersHere(directory, where)) {
    const id = keys.find(codeSpace(number), keyed, now)
    if (id !== undefined) return id
  }
  return undefined
}

/** A PIN is good on the Dial-In numbers of the clinician's organisations, as they are now; a code where it was looked up. */
function isGoodHere(arrangement: Arrangement, directory: Directory, now: number, { organisation }: KeyedAt): boolean {
  if (!keysAreGood(arrangement, now)) return false
  if (arrangement.kind !== 'patientConnect') return true
  return organisation !== undefined && (directory.clinicians.get(arrangement.clinician)?.organisations.includes(organisation) ?? false)
}
