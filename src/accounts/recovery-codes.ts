import { randomInt } from 'node:crypto'
import type { Db } from '../store/statements.js'
import { hashOf, newId } from './secrets.js'

/** Letters and digits that cannot be mistaken for each other. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
const groups = 4
const inGroup = 4
export const recoveryCodeCount = 10

/** `k7mq-2xda-9fhr-ptw4`: 79 bits, so that its plain SHA-256 reveals nothing. */
function newCode(): string {
  return Array.from({ length: groups }, () => Array.from({ length: inGroup }, () => letters[randomInt(letters.length)]).join('')).join('-')
}

/** Normalises a typed code: no spaces, hyphens or capitals. */
function plain(code: string): string {
  return code.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

/** Whether it has the form of one. */
export function isRecoveryCode(text: string): boolean {
  return plain(text).length === groups * inGroup
}

/** Makes new codes, replacing earlier ones. @returns them; shown only here */
export async function makeRecoveryCodes(db: Db, person: string, now: number): Promise<readonly string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, newCode)
  await db.transaction().execute(async (all) => {
    await all.deleteFrom('credentials').where('person', '=', person).where('kind', '=', 'recovery').execute()
    await all
      .insertInto('credentials')
      .values(
        codes.map((code) => ({
          id: newId('recovery'),
          person,
          kind: 'recovery',
          label: '',
          secret: hashOf(plain(code)),
          counter: 0,
          created_at: now,
          used_at: null,
        })),
      )
      .execute()
  })
  return codes
}

/** @returns false: it is none of theirs, or has been used */
export async function useRecoveryCode(db: Db, person: string, code: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('credentials')
    .where('person', '=', person)
    .where('kind', '=', 'recovery')
    .where('secret', '=', hashOf(plain(code)))
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** How many they have left. */
export async function recoveryCodesLeft(db: Db, person: string): Promise<number> {
  return (await db.selectFrom('credentials').select('id').where('person', '=', person).where('kind', '=', 'recovery').execute()).length
}
