import type { Db } from '../store/statements.js'
import { auditPage, type Audit, type Told } from './audit.js'
import type { AuditEntry } from './chain.js'

/** What a reader of the audit asks for: of one call, of one person, or both; neither: all of it. */
export interface AuditQuestion {
  readonly call?: string | undefined
  /** Id of the person who saw or changed something. */
  readonly person?: string | undefined
  /** `next` of the page before. */
  readonly cursor?: number | undefined
}

/** One page, the latest first. That it was read is written before anything is shown. Rejects if that cannot be written. */
export async function readAudit(
  { reading, audit }: { readonly reading: Db; readonly audit: Audit },
  by: Pick<Told, 'actor' | 'address'>,
  { call, person, cursor }: AuditQuestion,
  limit: number,
): Promise<{ readonly entries: readonly AuditEntry[]; readonly next: number | undefined }> {
  await audit.tell({
    ...by,
    action: 'audit.read',
    subjectKind: call !== undefined ? 'call' : person !== undefined ? 'person' : 'audit',
    subject: call ?? person ?? '',
  })
  const found = await auditPage(
    reading,
    { ...(call === undefined ? {} : { subjectKind: 'call', subject: call }), actor: person, cursor },
    limit + 1,
  )
  const entries = found.slice(0, limit)
  return { entries, next: found.length > limit ? entries.at(-1)?.seq : undefined }
}
