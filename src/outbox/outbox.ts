import { randomUUID } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { OutboxTable } from '../store/outbox-tables.js'
import type { Db } from '../store/statements.js'
import type { Carrying, KeptMessage, Message, MessageState, Subscription } from './message.js'

const minute = 60_000
const hour = 60 * minute

/** Wait this long after each failed try, ms; the last one repeats. */
const waits = [minute, 5 * minute, 15 * minute, hour, 4 * hour] as const
/** Give up after this long, ms. */
export const givenUpAfterMs = 3 * 24 * hour
/** An engine that has claimed a message has sent it by then, or is gone, ms. */
const inHandMs = 2 * minute

export interface OutboxSettings {
  readonly tables: { readonly reading: Db; readonly writing: Db }
  /** Wall-clock ms. */
  readonly now: () => number
}

/**
 * Outgoing messages, in the store: each is put in once, tried until it is sent, and never lost. At least once: if an engine is killed between the mail server's OK and the note of it, the message goes
 * again under the same Message-ID, by which mailboxes recognise it.
 */
export class Outbox {
  readonly #listeners = new Set<() => void>()

  constructor(private readonly settings: OutboxSettings) {}

  get #db(): Db {
    return this.settings.tables.writing
  }

  /** Called when there is something to send. @returns stops it */
  onPut(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Puts a message in. Resolves when it is on disk.
   * @param once the message's identity; undefined: always a new one
   * @returns false: it was put in before
   */
  async put(person: string, message: Message, once: string = randomUUID()): Promise<boolean> {
    const now = this.settings.now()
    const { kind, ...data } = message
    const row = {
      id: randomUUID(),
      once,
      person,
      kind,
      data: JSON.stringify(data),
      state: 'waiting',
      created_at: now,
      due_at: now,
      tries: 0,
      sent_at: null,
      trouble: null,
    }
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto('outbox')
      .values(row)
      .onConflict((conflict) => conflict.column('once').doNothing())
      .executeTakeFirst()
    const isNew = (numInsertedOrUpdatedRows ?? 0n) > 0n
    if (isNew) for (const listener of this.#listeners) listener()
    return isNew
  }

  /** Claims the next due message: one engine of several gets it. Undefined: none is due. @param carrying only messages that go this way */
  async take(carrying: Carrying = 'letters'): Promise<KeptMessage | undefined> {
    const now = this.settings.now()
    for (;;) {
      const row = await this.#db
        .selectFrom('outbox')
        .selectAll()
        .where('state', 'in', ['waiting', 'sending'])
        .where('kind', carrying === 'push' ? '=' : '!=', 'push')
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst()
      if (!row) return undefined
      const { numUpdatedRows } = await this.#db
        .updateTable('outbox')
        .set({ state: 'sending', due_at: now + inHandMs, tries: Number(row.tries) + 1 })
        .where('id', '=', row.id)
        .where('state', '=', row.state)
        .where('due_at', '=', row.due_at)
        .executeTakeFirst()
      if (numUpdatedRows > 0n) return messageOf({ ...row, state: 'sending', due_at: now + inHandMs, tries: Number(row.tries) + 1 })
    }
  }

  /** @param state `shown`: it would have been sent */
  async done(id: string, state: 'sent' | 'shown'): Promise<void> {
    await this.#db
      .updateTable('outbox')
      .set({ state, sent_at: this.settings.now(), trouble: null })
      .where('id', '=', id)
      .where('state', '=', 'sending')
      .execute()
  }

  /** @param forGood retrying is useless: no such mailbox @returns its new state */
  async failed({ id, createdAt, tries }: KeptMessage, trouble: string, forGood: boolean): Promise<'waiting' | 'failed'> {
    const now = this.settings.now()
    const state = forGood || now - createdAt >= givenUpAfterMs ? 'failed' : 'waiting'
    const wait = waits[Math.min(tries, waits.length) - 1] ?? minute
    await this.#db
      .updateTable('outbox')
      .set({ state, due_at: now + wait, trouble: trouble.slice(0, 500) })
      .where('id', '=', id)
      .where('state', '=', 'sending')
      .execute()
    return state
  }

  /** @returns false: it is sent, or being sent at this moment */
  async stop(id: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('outbox')
      .set({ state: 'stopped' })
      .where('id', '=', id)
      .where('state', 'in', ['waiting', 'failed'])
      .executeTakeFirst()
    return numUpdatedRows > 0n
  }

  /** Sends it at once, whatever its state. @returns false: it is sent, or being sent at this moment */
  async again(id: string): Promise<boolean> {
    const now = this.settings.now()
    const { numUpdatedRows } = await this.#db
      .updateTable('outbox')
      .set({ state: 'waiting', due_at: now, created_at: now })
      .where('id', '=', id)
      .where('state', 'in', ['waiting', 'failed', 'stopped'])
      .executeTakeFirst()
    if (numUpdatedRows > 0n) for (const listener of this.#listeners) listener()
    return numUpdatedRows > 0n
  }

  async find(id: string): Promise<KeptMessage | undefined> {
    const row = await this.#db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirst()
    return row && messageOf(row)
  }

  /** The latest first. @param after the last of the page before */
  async page(
    limit: number,
    state?: MessageState,
    after?: { readonly createdAt: number; readonly id: string },
  ): Promise<readonly KeptMessage[]> {
    let query = this.settings.tables.reading
      .selectFrom('outbox')
      .selectAll()
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
    if (state !== undefined) query = query.where('state', '=', state)
    if (after)
      query = query.where((where) =>
        where.or([
          where('created_at', '<', after.createdAt),
          where.and([where('created_at', '=', after.createdAt), where('id', '<', after.id)]),
        ]),
      )
    return (await query.execute()).map(messageOf)
  }

  /** Since when the oldest overdue message waits, wall-clock ms; undefined: none does. */
  async waitingSince(carrying: Carrying = 'letters'): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('outbox')
      .select('created_at')
      .where('state', 'in', ['waiting', 'sending'])
      .where('kind', carrying === 'push' ? '=' : '!=', 'push')
      .where('tries', '>', 0)
      .orderBy('created_at')
      .limit(1)
      .executeTakeFirst()
    return row && Number(row.created_at)
  }

  /** Deletes messages sent, given up or stopped this long ago: the audit has the event. */
  async forget(before: number): Promise<void> {
    await this.#db
      .deleteFrom('outbox')
      .where('created_at', '<', before)
      .where('state', 'in', ['sent', 'failed', 'stopped', 'shown'])
      .execute()
  }

  // Subscriptions

  async subscribers(kind: Subscription): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom('subscriptions').select('person').where('kind', '=', kind).orderBy('person').execute()
    return rows.map(({ person }) => person)
  }

  async subscribes(person: string): Promise<ReadonlySet<Subscription>> {
    const rows = await this.#db.selectFrom('subscriptions').select('kind').where('person', '=', person).execute()
    return new Set(rows.map(({ kind }) => kind as Subscription))
  }

  async subscribe(person: string, kind: Subscription, wanted: boolean): Promise<void> {
    if (wanted)
      await this.#db
        .insertInto('subscriptions')
        .values({ person, kind })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    else await this.#db.deleteFrom('subscriptions').where('person', '=', person).where('kind', '=', kind).execute()
  }
}

function messageOf(row: Selectable<OutboxTable>): KeptMessage {
  return {
    ...{
      id: row.id,
      person: row.person,
      state: row.state as MessageState,
      createdAt: Number(row.created_at),
      dueAt: Number(row.due_at),
      tries: Number(row.tries),
    },
    message: { kind: row.kind, ...(JSON.parse(row.data) as object) } as Message,
    ...(row.sent_at === null ? {} : { sentAt: Number(row.sent_at) }),
    ...(row.trouble === null ? {} : { trouble: row.trouble }),
  }
}
