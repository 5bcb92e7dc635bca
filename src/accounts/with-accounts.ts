import { auditOf } from '../audit/audit.js'
import { openForAFew } from '../store/open-for-asking.js'
import { Accounts } from './accounts.js'

/** The accounts of a store, for a command or a test beside the engine. @param node the actor's engine name in the audit */
export async function withAccounts<T>(
  place: Parameters<typeof openForAFew>[0],
  node: string,
  work: (accounts: Accounts) => Promise<T>,
): Promise<T> {
  const database = await openForAFew(place)
  try {
    const { db } = database
    return await work(new Accounts({ tables: { reading: db, writing: db }, audit: auditOf({ writing: db, node }) }))
  } finally {
    await database.close()
  }
}
