import { sql, type Kysely } from 'kysely'

/** Makes the function by which tables refuse changes. */
export async function makeRefusal(db: Kysely<unknown>): Promise<void> {
  await sql`create function ringround_refuse_change() returns trigger language plpgsql as $$
    begin raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation'; end $$`.execute(db)
}

/** What has been written to these tables stays as it is. */
export async function appendOnly(db: Kysely<unknown>, ...tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    await sql`create trigger append_only before update or delete on ${sql.table(table)} for each row execute function ringround_refuse_change()`.execute(
      db,
    )
    await sql`create trigger append_only_whole before truncate on ${sql.table(table)} for each statement execute function ringround_refuse_change()`.execute(
      db,
    )
  }
}

/** From an append-only table that row may go of which the condition holds. */
export async function onlyDeleted(db: Kysely<unknown>, table: string, permitted: string): Promise<void> {
  const name = sql.raw(`ringround_only_deleted_${table}`)
  await sql`create function ${name}() returns trigger language plpgsql as $$
    begin
      if not (${sql.raw(permitted)}) then raise exception '% is append-only', ${sql.lit(table)} using errcode = 'restrict_violation'; end if;
      return old;
    end $$`.execute(db)
  await sql`drop trigger append_only on ${sql.table(table)}`.execute(db)
  await sql`create trigger append_only before update on ${sql.table(table)} for each row execute function ringround_refuse_change()`.execute(
    db,
  )
  await sql`create trigger only_deleted before delete on ${sql.table(table)} for each row execute function ${name}()`.execute(db)
}
