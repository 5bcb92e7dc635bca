import { lastAuditCut } from '../store/questions/deleted.js'
import type { Db } from '../store/statements.js'
import { cutAudit, entriesUntil } from './audit.js'

/** The part of a store's audit that may be deleted once its time is over. @param now wall-clock ms */
export function deletableAudit({ reading, writing }: { readonly reading: Db; readonly writing: Db }, now: () => number) {
  return {
    entriesUntil: (until: number) => entriesUntil(reading, until),
    lastCut: () => lastAuditCut(writing),
    cut: (through: number, certificate: string) => cutAudit(writing, through, certificate, now()),
  }
}
