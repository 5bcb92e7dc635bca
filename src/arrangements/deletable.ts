import type { Directory } from '../directory/model.js'
import { toE164 } from '../directory/telephone-number.js'
import type { Arrangement } from '../facts/arrangement.js'
import { bySubject, type Ledger } from '../store/ledger.js'
import { isSettled, stateOf } from './arrangement.js'
import { settledKeptMs } from './diary.js'
import { requestId } from './patient-requests.js'
import { folded } from './story.js'

/** Arrangements judged at a time. */
const atOnce = 200

/** The arrangements of a store that may be deleted once their time is over: settled, and no longer in any engine's memory. @param now wall-clock ms */
export function deletableArrangements(ledger: Pick<Ledger, 'entries' | 'entriesAbout'>, directory: () => Directory, now: () => number) {
  async function read(ids: readonly string[], before: number) {
    const entries = bySubject(await ledger.entriesAbout('arrangement', ids))
    const found = []
    for (const id of ids) {
      const arrangement = folded(id, entries.get(id) ?? [])
      if (!arrangement || lastAt(arrangement) >= Math.min(before, now() - settledKeptMs) || !isSettled(stateOf(arrangement, now())))
        continue
      const repeats = arrangement.kind === 'callBack' ? (arrangement.repeats ?? []).map(({ call }) => call) : []
      const requests = repeats.map(requestId)
      const last = (requests.length === 0 ? entries.get(id) : await ledger.entriesAbout('arrangement', [id, ...requests]))?.at(-1)
      const by = arrangement.madeBy.kind === 'patient' ? arrangement.madeBy : undefined
      found.push({
        id,
        subjects: [id, ...requests],
        through: last?.seq ?? 0,
        changedAt: lastAt(arrangement),
        ...ofWhom(arrangement, directory()),
        carriedBy: [...arrangement.tries.map(({ callId }) => callId), ...(by ? [by.call] : []), ...repeats],
        about: arrangement.kind === 'callBackCode' && 'call' in arrangement.about ? arrangement.about.call : undefined,
        numbers: new Set(
          [...numbersOf(arrangement), ...(by?.caller === undefined ? [] : [by.caller])].filter((one) => one !== '').map(toE164),
        ),
      })
    }
    return found
  }

  return {
    /** Those unchanged since an instant (wall-clock ms), the oldest first. */
    async *settledBefore(before: number) {
      let ids: string[] = []
      for await (const { type, subject, at } of ledger.entries('arrangement')) {
        if (at >= before) break
        if (type !== 'made') continue
        ids.push(subject)
        if (ids.length < atOnce) continue
        yield* await read(ids, before)
        ids = []
      }
      yield* await read(ids, before)
    },
    /** Its current state; undefined: there is none, or it has changed since. */
    find: async (id: string, before: number) => (await read([id], before))[0],
  }
}

/** When it stops being needed. */
function lastAt(arrangement: Arrangement): number {
  return arrangement.kind === 'callBack' ? arrangement.changedAt : Math.max(arrangement.changedAt, arrangement.expiresAt)
}

/** `organisation`, `line`: whose retention rule applies. For a patient's call by a clinician of several organisations it is unknown which one it was for. */
function ofWhom(arrangement: Arrangement, { clinicians, lines }: Directory) {
  const line = arrangement.kind === 'patientConnect' ? undefined : arrangement.line
  const clinician = arrangement.kind === 'callBackCode' ? undefined : arrangement.clinician
  const ofClinician = (clinician === undefined ? undefined : clinicians.get(clinician)?.organisations) ?? []
  const trust = line === undefined ? undefined : lines.get(line)?.trust
  const organisation =
    arrangement.kind === 'callBackCode'
      ? arrangement.organisation
      : arrangement.kind === 'patientConnect' && ofClinician.length === 1
        ? ofClinician[0]
        : undefined
  return {
    organisation: organisation ?? null,
    line: line ?? null,
    organisations: new Set([organisation, trust, ...ofClinician].filter((one) => one !== undefined)),
  }
}

function numbersOf(arrangement: Arrangement): readonly string[] {
  if (arrangement.kind !== 'callBackCode') return [arrangement.patientNumber]
  const { asked } = arrangement
  return 'target' in asked && asked.target.kind === 'number' ? [asked.target.number] : []
}
