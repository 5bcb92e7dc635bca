import type { Audit } from '../audit/audit.js'
import type { Db } from '../store/statements.js'
import type { By } from './by.js'
import { forgive, secondOf, takeGuess } from './guesses.js'
import type { Person } from './identity.js'
import type { Place } from './place.js'
import { isRecoveryCode, makeRecoveryCodes, recoveryCodesLeft, useRecoveryCode } from './recovery-codes.js'
import { newId } from './secrets.js'
import { beginStep, endStep, stepOf, takeStep } from './steps.js'

/** Seals what has to be read again, and by nobody else: the secrets of code generators. */
export interface Sealer {
  /** @param plain 32 bytes @param about has to be the same to open it. Rejects while the keys are unavailable */
  seal(plain: Buffer, about: string): Promise<string>
  /** Rejects while the keys are unavailable, or if `about` differs. */
  open(sealed: string, about: string): Promise<Buffer>
}

/** Something that a person has, and shows besides or instead of a password. */
export interface Factor {
  readonly id: string
  readonly kind: 'totp' | 'passkey'
  /** The person's name for it: `Code generator`, `Work laptop`. */
  readonly label: string
  readonly createdAt: number
  readonly usedAt?: number
}

/** `unavailable`: generators' codes cannot be checked, because their secrets cannot be opened at the moment; recovery codes can. */
export type Checked = { readonly kind: 'right' } | NotChecked

export type NotChecked = { readonly kind: 'wrong' } | { readonly kind: 'unavailable' } | { readonly kind: 'slow'; readonly waitMs: number }

/** `codes`: recovery codes, with the first factor; shown only here. `over`: it took too long. */
export type Added = { readonly kind: 'added'; readonly codes?: readonly string[] } | { readonly kind: 'wrong' } | { readonly kind: 'over' }

/** A code generator that is being set up. */
export interface NewGenerator {
  readonly step: string
  /** For a QR code. */
  readonly uri: string
  /** For typing. */
  readonly typed: string
}

// Loaded when one is first shown.
const generators = () => import('./code-generator.js')
const passkeys = () => import('./passkeys.js')

const factorKinds = ['totp', 'passkey'] as const
const serviceName = 'Ringround'

export interface SecondFactorsSettings {
  readonly tables: { readonly reading: Db; readonly writing: Db }
  readonly audit: Audit
  /** Undefined: no code generator can be set up or checked here. */
  readonly sealer?: Sealer | undefined
  /** Wall-clock ms. */
  readonly now: () => number
}

/** Code generators, passkeys and recovery codes: what people show besides a password. */
export class SecondFactors {
  constructor(private readonly settings: SecondFactorsSettings) {}

  get #db(): Db {
    // By the writing connection: it has to see what was set up a moment ago.
    return this.settings.tables.writing
  }

  /** The oldest first. */
  async list(person: string): Promise<readonly Factor[]> {
    const rows = await this.#db
      .selectFrom('credentials')
      .selectAll()
      .where('person', '=', person)
      .where('kind', 'in', [...factorKinds])
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return rows.map(({ id, kind, label, created_at, used_at }) => ({
      id,
      kind: kind as Factor['kind'],
      label,
      createdAt: Number(created_at),
      ...(used_at === null ? {} : { usedAt: Number(used_at) }),
    }))
  }

  async has(person: string): Promise<boolean> {
    return (
      (await this.#db
        .selectFrom('credentials')
        .select('id')
        .where('person', '=', person)
        .where('kind', 'in', [...factorKinds])
        .limit(1)
        .executeTakeFirst()) !== undefined
    )
  }

  recoveryCodesLeft(person: string): Promise<number> {
    return recoveryCodesLeft(this.#db, person)
  }

  /** Replaces earlier ones. @returns them; shown only here */
  async newRecoveryCodes(by: By, person: string): Promise<readonly string[]> {
    await this.#tell(by, 'recovery.made', person)
    return makeRecoveryCodes(this.#db, person, this.settings.now())
  }

  // Code generators

  /** Rejects while the keys are unavailable. */
  async beginGenerator(person: Person): Promise<NewGenerator> {
    const { newSeed, toldToApp } = await generators()
    const seed = newSeed()
    const sealed = await this.#sealer().seal(seed, aboutGenerator(person.id))
    const step = await beginStep(this.#db, 'totp', { person: person.id, sealed }, this.settings.now())
    return { step, ...toldToApp(seed, serviceName, person.email ?? person.name) }
  }

  /** The same again, after a mistyped first code. @returns undefined: it took too long */
  async generatorAgain(person: Person, step: string): Promise<NewGenerator | undefined> {
    const begun = await stepOf<GeneratorStep>(this.#db, 'totp', step, this.settings.now())
    if (begun?.person !== person.id) return undefined
    const { toldToApp } = await generators()
    return {
      step,
      ...toldToApp(await this.#sealer().open(begun.sealed, aboutGenerator(person.id)), serviceName, person.email ?? person.name),
    }
  }

  async finishGenerator(by: By, person: string, step: string, code: string): Promise<Added> {
    const { now } = this.settings
    const begun = await stepOf<GeneratorStep>(this.#db, 'totp', step, now())
    if (begun?.person !== person) return { kind: 'over' }
    const { intervalOf } = await generators()
    const interval = intervalOf(await this.#sealer().open(begun.sealed, aboutGenerator(person)), digitsOf(code), now())
    if (interval === undefined) return { kind: 'wrong' }
    if (!(await endStep(this.#db, step))) return { kind: 'over' }
    return this.#add(by, { id: newId('generator'), person, kind: 'totp', label: 'Code generator', secret: begun.sealed, counter: interval })
  }

  // Passkeys

  /** @returns the browser's options, and the secret of the step */
  async beginPasskey(place: Place, person: Person): Promise<{ readonly step: string; readonly options: object }> {
    const { askedForNew } = await passkeys()
    const { options, challenge } = await askedForNew(
      place,
      { id: person.id, name: person.email ?? person.name },
      await this.#passkeysOf(person.id),
    )
    return { options, step: await beginStep(this.#db, 'newPasskey', { person: person.id, challenge }, this.settings.now()) }
  }

  async finishPasskey(
    by: By,
    place: Place,
    { person, step, answer, label }: { readonly person: string; readonly step: string; readonly answer: unknown; readonly label: string },
  ): Promise<Added> {
    const begun = await takeStep<PasskeyStep>(this.#db, 'newPasskey', step, this.settings.now())
    if (begun?.person !== person) return { kind: 'over' }
    const { answeredNew } = await passkeys()
    const passkey = await answeredNew(place, begun.challenge, answer)
    if (!passkey) return { kind: 'wrong' }
    return this.#add(by, { id: passkeyRow(passkey.id), person, kind: 'passkey', label, secret: passkey.secret, counter: passkey.counter })
  }

  /** @param person who is asked; undefined: anyone */
  async askForPasskey(place: Place, person?: string): Promise<{ readonly step: string; readonly options: object }> {
    const { askedFor } = await passkeys()
    const { options, challenge } = await askedFor(place, person === undefined ? [] : await this.#passkeysOf(person))
    return {
      options,
      step: await beginStep(this.#db, 'passkey', { ...(person === undefined ? {} : { person }), challenge }, this.settings.now()),
    }
  }

  /** @returns the passkey's person; undefined: nobody's, not the person asked, or the answer is to another challenge */
  async passkeyShown(place: Place, step: string, answer: unknown): Promise<string | undefined> {
    const now = this.settings.now()
    const asked = await takeStep<PasskeyStep>(this.#db, 'passkey', step, now)
    const id = passkeyIn(answer)
    if (!asked || id === undefined) return undefined
    const row = await this.#db
      .selectFrom('credentials')
      .selectAll()
      .where('id', '=', passkeyRow(id))
      .where('kind', '=', 'passkey')
      .executeTakeFirst()
    if (!row || (asked.person !== undefined && asked.person !== row.person)) return undefined
    const { answered } = await passkeys()
    const counter = await answered(place, asked.challenge, answer, { id, secret: row.secret, counter: Number(row.counter) })
    if (counter === undefined) return undefined
    await this.#db.updateTable('credentials').set({ counter, used_at: now }).where('id', '=', row.id).execute()
    return row.person
  }

  async #passkeysOf(person: string): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom('credentials').select('id').where('person', '=', person).where('kind', '=', 'passkey').execute()
    return rows.map(({ id }) => id.slice(passkeyRow('').length))
  }

  // Codes

  /**
   * A generator's code, or a recovery code. Each works once. Wrong ones slow down further tries: only tries after the right password are counted.
   */
  async check(by: Pick<By, 'address'>, person: string, code: string): Promise<Checked> {
    const subjects = secondOf(person)
    const waitMs = await takeGuess(this.#db, subjects, this.settings.now())
    if (waitMs > 0) return { kind: 'slow', waitMs }
    const kind = isRecoveryCode(code) ? await this.#recovery(by, person, code) : await this.#generated(person, digitsOf(code))
    if (kind === 'unavailable') return { kind }
    if (kind === 'wrong') {
      await this.#tell({ actor: person, address: by.address }, 'secondFactor.refused', person)
      return { kind }
    }
    await forgive(this.#db, subjects)
    return { kind }
  }

  async #recovery(by: Pick<By, 'address'>, person: string, code: string): Promise<'right' | 'wrong'> {
    if (!(await useRecoveryCode(this.#db, person, code))) return 'wrong'
    await this.#tell({ actor: person, address: by.address }, 'recovery.used', person)
    return 'right'
  }

  async #generated(person: string, code: string): Promise<'right' | 'wrong' | 'unavailable'> {
    const rows = await this.#db.selectFrom('credentials').selectAll().where('person', '=', person).where('kind', '=', 'totp').execute()
    const { intervalOf } = await generators()
    for (const { id, secret } of rows) {
      const seed = await this.settings.sealer?.open(secret, aboutGenerator(person)).catch(() => undefined)
      if (!seed) return 'unavailable'
      const now = this.settings.now()
      const interval = intervalOf(seed, code, now)
      if (interval === undefined) continue
      // Of two uses of the same code at once one is let in.
      const { numUpdatedRows } = await this.#db
        .updateTable('credentials')
        .set({ counter: interval, used_at: now })
        .where('id', '=', id)
        .where('counter', '<', interval)
        .executeTakeFirst()
      return numUpdatedRows > 0n ? 'right' : 'wrong'
    }
    return 'wrong'
  }

  // Taking away

  /** With the last one the recovery codes go as well. @returns false: it is not theirs */
  async remove(by: By, person: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('credentials')
      .where('id', '=', id)
      .where('person', '=', person)
      .where('kind', 'in', [...factorKinds])
      .executeTakeFirst()
    if (numDeletedRows === 0n) return false
    await this.#tell(by, 'factor.removed', person)
    if (!(await this.has(person)))
      await this.#db.deleteFrom('credentials').where('person', '=', person).where('kind', '=', 'recovery').execute()
    return true
  }

  /** For a person who has lost all of them. */
  async removeAll(by: By, person: string): Promise<void> {
    await this.#tell(by, 'factor.removed', person)
    await this.#db
      .deleteFrom('credentials')
      .where('person', '=', person)
      .where('kind', 'in', [...factorKinds, 'recovery'])
      .execute()
  }

  async #add(
    by: By,
    row: {
      readonly id: string
      readonly person: string
      readonly kind: Factor['kind']
      readonly label: string
      readonly secret: string
      readonly counter: number
    },
  ): Promise<Added> {
    const first = !(await this.has(row.person))
    await this.#tell(by, 'factor.added', row.person, { kind: row.kind })
    await this.#db
      .insertInto('credentials')
      .values({ ...row, created_at: this.settings.now(), used_at: null })
      .execute()
    return first ? { kind: 'added', codes: await this.newRecoveryCodes(by, row.person) } : { kind: 'added' }
  }

  #sealer(): Sealer {
    const { sealer } = this.settings
    if (!sealer) throw new Error('no code generator can be set up here: there is nothing to keep its secret with')
    return sealer
  }

  #tell(by: By, action: string, person: string, data?: unknown): Promise<void> {
    return this.settings.audit.tell({ ...by, action, subjectKind: 'person', subject: person, ...(data === undefined ? {} : { data }) })
  }
}

interface GeneratorStep {
  readonly person: string
  readonly sealed: string
}

interface PasskeyStep {
  readonly person?: string
  readonly challenge: string
}

function aboutGenerator(person: string): string {
  return `code generator of ${person}`
}

function passkeyRow(id: string): string {
  return `passkey:${id}`
}

/** Normalises a typed code: apps show `123 456`. */
function digitsOf(code: string): string {
  return code.replaceAll(/\s/g, '')
}

/** The passkey id in an answer. */
function passkeyIn(answer: unknown): string | undefined {
  const id = typeof answer === 'object' && answer !== null ? (answer as { readonly id?: unknown }).id : undefined
  return typeof id === 'string' ? id : undefined
}
