import type { Db } from '../store/statements.js'
import { hashOf, newSecret } from './secrets.js'

const day = 24 * 60 * 60_000

/** How long an unused browser stays known, ms: browsers keep no cookie longer. */
export const browserKnownForMs = 400 * day

/** A browser from which a person signs in. */
export interface SeenBrowser {
  /** The cookie that identifies it from now on. It grants nothing. */
  readonly secret: string
  /** This person has not signed in with it before. */
  readonly isNew: boolean
}

/** @param secret what the browser carries; undefined: nothing. Several people may share it: each of them is new in it once */
export async function seeBrowser(db: Db, person: string, secret: string | undefined, now: number): Promise<SeenBrowser> {
  const carried = secret !== undefined && /^[\w-]{43}$/.test(secret) ? secret : newSecret()
  const browser = hashOf(carried)
  const { numUpdatedRows } = await db
    .updateTable('known_browsers')
    .set({ seen_at: now })
    .where('person', '=', person)
    .where('browser', '=', browser)
    .where('seen_at', '>', now - browserKnownForMs)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) return { secret: carried, isNew: false }
  await db
    .insertInto('known_browsers')
    .values({ person, browser, since: now, seen_at: now })
    .onConflict((conflict) => conflict.columns(['person', 'browser']).doUpdateSet({ since: now, seen_at: now }))
    .execute()
  return { secret: carried, isNew: true }
}

export async function forgetBrowsers(db: Db, now: number): Promise<void> {
  await db
    .deleteFrom('known_browsers')
    .where('seen_at', '<=', now - browserKnownForMs)
    .execute()
}

/** A browser in words: enough to recognise one's own. @param userAgent its own header */
export function browserInWords(userAgent: string): string {
  const browser = /Edg\//.test(userAgent)
    ? 'Edge'
    : /Firefox\//.test(userAgent)
      ? 'Firefox'
      : /Chrome\//.test(userAgent)
        ? 'Chrome'
        : /Safari\//.test(userAgent)
          ? 'Safari'
          : 'Another browser'
  const system = /Windows/.test(userAgent)
    ? 'Windows'
    : /Android/.test(userAgent)
      ? 'Android'
      : /iPhone|iPad/.test(userAgent)
        ? 'iOS'
        : /Mac OS/.test(userAgent)
          ? 'macOS'
          : /Linux/.test(userAgent)
            ? 'Linux'
            : ''
  return system === '' ? browser : `${browser} on ${system}`
}
