import { lastAuditCut } from '../store/questions/deleted.js'
import type { Db } from '../store/statements.js'
import { cutAudit, entriesUntil } from './audit.js'

/** The audit of a store, as far as it may be deleted when its time is over. @param now wall-clock ms */
export function deletableAudit({ reading, writing }: { readonly reading: Db; readonly writing: Db }, now: () => number) {
  return {
    entriesUntil: (until: number) => entriesUntil(reading, until),
    lastCut: () => lastAuditCut(writing),
    cut: (through: number, certificate: string) => cutAudit(writing, through, certificate, now()),
  }
}
