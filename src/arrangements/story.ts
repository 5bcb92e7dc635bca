import type { CallBackChange, Made, Step } from '../facts/arrangement-steps.js'
import type { Arrangement, CallBack, KeptSecret, Try } from '../facts/arrangement.js'
import type { LedgerEntry } from '../store/ledger.js'

const stepTypes: ReadonlySet<string> = new Set<Step['type']>([
  'made',
  'changed',
  'askedAgain',
  'repeats',
  'begun',
  'withdrawn',
  'talked',
  'outcome',
  'ended',
  'closed',
])

/** @returns undefined for an entry of another kind, or of a later version of the engine */
export function stepOf(entry: LedgerEntry): Step | undefined {
  if (!stepTypes.has(entry.type) || typeof entry.data !== 'object' || entry.data === null) return undefined
  // `dataOf` wrote it from a typed step, and the ledger refuses any change.
  const step = { type: entry.type, ...entry.data } as Step
  return step.type === 'made' ? { ...step, made: readMade(step.made) } : step
}

/** Entries older than hashing have the PIN or code in clear. */
function readMade(made: Made): Made {
  const kept = (written: KeptSecret | string): KeptSecret => (typeof written === 'string' ? { plain: written } : written)
  if (made.kind === 'patientConnect') return { ...made, pin: kept(made.pin) }
  return made.kind === 'callBackCode' ? { ...made, code: kept(made.code) } : made
}

/** A step as the ledger keeps it. */
export function dataOf(step: Step): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(step).filter(([name]) => name !== 'type'))
}

/** The arrangement after one more step; undefined if there is none to apply it to. Pure. */
export function withStep(id: string, before: Arrangement | undefined, step: Step, at: number): Arrangement | undefined {
  if (step.type === 'made') return before ?? { ...step.made, id, tries: [], changedAt: at }
  if (!before) return undefined
  const changed: Arrangement = { ...before, changedAt: at }
  switch (step.type) {
    case 'changed':
      return changed.kind === 'callBack' ? withChange(changed, step.change) : changed
    case 'askedAgain':
      return changed.kind === 'callBack' ? { ...changed, repeats: [...(changed.repeats ?? []), { call: step.call, at: step.at }] } : changed
    case 'repeats':
      return before
    case 'begun': {
      if (before.tries.some(({ callId }) => callId === step.callId)) return before
      const begun: Try = {
        callId: step.callId,
        at,
        talked: false,
        ended: false,
        ...(step.clinician === undefined ? {} : { clinician: step.clinician }),
      }
      return { ...changed, tries: [...before.tries, begun] }
    }
    case 'withdrawn':
      return { ...changed, tries: before.tries.filter(({ callId }) => callId !== step.callId) }
    case 'talked':
      return withTry(changed, step.callId, () => ({ talked: true }))
    case 'outcome':
      return withTry(changed, step.callId, () => ({ outcome: step.outcome }))
    case 'ended':
      return withTry(changed, step.callId, ({ talked }) => ({ ended: true, talked: talked || step.talked }))
    case 'closed':
      return { ...(step.change && changed.kind === 'callBack' ? withChange(changed, step.change) : changed), closed: step.how }
  }
}

/** One arrangement from its entries. */
export function folded(id: string, entries: readonly LedgerEntry[]): Arrangement | undefined {
  let arrangement: Arrangement | undefined
  for (const entry of entries) {
    const step = stepOf(entry)
    if (step) arrangement = withStep(id, arrangement, step, entry.at)
  }
  return arrangement
}

function withTry(arrangement: Arrangement, callId: string, change: (one: Try) => Partial<Try>): Arrangement {
  return { ...arrangement, tries: arrangement.tries.map((one) => (one.callId === callId ? { ...one, ...change(one) } : one)) }
}

function withChange(before: CallBack, { patientNumber, nhsNumber, clinician, dueAt, note }: CallBackChange): CallBack {
  const { nhsNumber: oldNhsNumber, clinician: oldClinician, note: oldNote, ...rest } = before
  return {
    ...rest,
    ...(patientNumber === undefined ? {} : { patientNumber }),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...kept('nhsNumber', nhsNumber, oldNhsNumber),
    ...kept('clinician', clinician, oldClinician),
    ...kept('note', note, oldNote),
  }
}

function kept<K extends string>(name: K, now: string | null | undefined, before: string | undefined): Partial<Record<K, string>> {
  const value = now === undefined ? before : now
  // The computed name widens to any string; it is K and nothing else.
  return value === undefined || value === null ? {} : ({ [name]: value } as Record<K, string>)
}
