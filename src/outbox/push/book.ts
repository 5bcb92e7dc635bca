import { randomUUID } from 'node:crypto'
import { appendTo } from '../../common/lists-by-key.js'
import type { Db } from '../../store/statements.js'
import { aboutKinds, type AboutKind } from '../message.js'
import type { PushPlace } from './address.js'

/** A subscribed browser. */
export interface PushSubscription extends PushPlace {
  readonly id: string
  readonly person: string
}

/** On by default; alarms only on request. */
const unlessAsked: ReadonlySet<AboutKind> = new Set(['alarm'])
/** The choices that differ from the default. */
const otherwise = (kind: AboutKind) => `push, not by rule: ${kind}`

/**
 * The subscribed browsers, and their notices. A browser is subscribed for its session, used or not: until it signs out, the session is ended, or its time is over. A notice grants no access.
 */
export class PushBook {
  constructor(private readonly settings: { readonly db: Db; /** Wall-clock ms. */ readonly now: () => number }) {}

  /** One for each session, and the latest for each address: another person may sign in with the same browser. */
  async keep(person: string, session: string, { endpoint, p256dh, auth }: PushPlace): Promise<void> {
    const { db, now } = this.settings
    await db
      .deleteFrom('push_subscriptions')
      .where((where) => where.or([where('session', '=', session), where('endpoint', '=', endpoint)]))
      .execute()
    await db
      .insertInto('push_subscriptions')
      .values({ id: randomUUID(), person, session, endpoint, p256dh, auth, created_at: now() })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }

  /** Whether this session's browser is subscribed. */
  async has(session: string): Promise<boolean> {
    return (await this.#current().where('push_subscriptions.session', '=', session).executeTakeFirst()) !== undefined
  }

  /** Undefined: it is no longer subscribed. */
  async find(id: string): Promise<PushSubscription | undefined> {
    return this.#current().where('push_subscriptions.id', '=', id).executeTakeFirst()
  }

  /** All subscribed browsers, by person. */
  async all(): Promise<ReadonlyMap<string, readonly PushSubscription[]>> {
    const byPerson = new Map<string, PushSubscription[]>()
    for (const one of await this.#current().orderBy('push_subscriptions.created_at').execute()) appendTo(byPerson, one.person, one)
    return byPerson
  }

  /** The push service says that it is gone. */
  async end(id: string): Promise<void> {
    await this.settings.db.deleteFrom('push_subscriptions').where('id', '=', id).execute()
  }

  async endOf(session: string): Promise<void> {
    await this.settings.db.deleteFrom('push_subscriptions').where('session', '=', session).execute()
  }

  /** Forgets those whose sessions are over. */
  async tidy(): Promise<void> {
    const { db, now } = this.settings
    await db
      .deleteFrom('push_subscriptions')
      .where((where) =>
        where.not(
          where.exists(
            where
              .selectFrom('sessions')
              .select('sessions.id')
              .whereRef('sessions.id', '=', 'push_subscriptions.session')
              .where('sessions.ended_at', 'is', null)
              .where('sessions.expires_at', '>', now()),
          ),
        ),
      )
      .execute()
  }

  /** The kinds of notice that a person gets. */
  async wishes(person: string): Promise<ReadonlySet<AboutKind>> {
    const rows = await this.settings.db.selectFrom('subscriptions').select('kind').where('person', '=', person).execute()
    const chosen = new Set(rows.map(({ kind }) => kind))
    return new Set(aboutKinds.filter((kind) => unlessAsked.has(kind) === chosen.has(otherwise(kind))))
  }

  async wish(person: string, kind: AboutKind, wanted: boolean): Promise<void> {
    const { db } = this.settings
    if (wanted === unlessAsked.has(kind))
      await db
        .insertInto('subscriptions')
        .values({ person, kind: otherwise(kind) })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    else await db.deleteFrom('subscriptions').where('person', '=', person).where('kind', '=', otherwise(kind)).execute()
  }

  #current() {
    const { db, now } = this.settings
    return db
      .selectFrom('push_subscriptions')
      .innerJoin('sessions', 'sessions.id', 'push_subscriptions.session')
      .select([
        'push_subscriptions.id',
        'push_subscriptions.person',
        'push_subscriptions.endpoint',
        'push_subscriptions.p256dh',
        'push_subscriptions.auth',
      ])
      .where('sessions.ended_at', 'is', null)
      .where('sessions.expires_at', '>', now())
  }
}
