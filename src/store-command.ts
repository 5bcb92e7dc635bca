/** `npm run store`: copies, backs up, restores and verifies a store. docs/production.md */
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readSettings, SettingsError } from './config/settings.js'
import { privateUmask } from './private-files.js'
import { fail, say, sayLines } from './say.js'
import { storePlace } from './store-place.js'
import { copyStore, verifyStore, type Contents } from './store/copy.js'
import type { OpenDatabase, WritableDatabase } from './store/database.js'
import { openForAsking, openForUpkeep } from './store/open-for-asking.js'
import { storeTrouble } from './store/store-error.js'

const usage = `Usage: npm run store -- COMMAND [--config FILE]
  verify [PLACE]   reads everything: numbers of facts, hashes, and whether the lists say what the facts say
  copy FROM TO     copies a whole store into an empty one, and compares hashes
  backup FILE      copies the store of the settings into a new SQLite file; the engine may run
  restore FILE     copies such a file into the store of the settings, which must be empty; no engine may run on it
A PLACE is a SQLite file, or postgres://user:password@host:port/database. Without one: that of the settings.`

/** An error, in a line that says what to do. */
class Refusal extends Error {}

type Place =
  | { readonly file: string; readonly postgres: undefined }
  | { readonly file: string; readonly postgres: { readonly url: string; readonly readUrl: undefined } }

function placeOf(name: string): Place {
  return /^postgres(?:ql)?:\/\//.test(name)
    ? { file: '', postgres: { url: name, readUrl: undefined } }
    : { file: name, postgres: undefined }
}

/** Without its password. */
function shown({ file, postgres }: Place): string {
  if (postgres === undefined) return file.replace(/\.part$/, '')
  const { host, pathname } = new URL(postgres.url)
  return `PostgreSQL ${host}${pathname}`
}

async function using<D extends OpenDatabase, T>(
  place: Place,
  open: (place: Place) => Promise<D>,
  work: (database: D) => Promise<T>,
): Promise<T> {
  try {
    const database = await open(place)
    try {
      return await work(database)
    } finally {
      await database.close()
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(`${shown(place)}: ${storeTrouble(error)}`, { cause: error })
  }
}

function existing(place: Place): Place {
  // SQLite would create a missing file.
  if (place.postgres === undefined && !existsSync(place.file)) throw new Refusal(`${place.file}: there is no such file.`)
  return place
}

const told = ({ facts, calls, entries, versions, links, factsHash, entriesHash, directoryHash, linksHash }: Contents) => [
  `${calls.toLocaleString('en-GB')} calls, ${facts.toLocaleString('en-GB')} facts   ${factsHash}`,
  `${entries.toLocaleString('en-GB')} entries of the ledger   ${entriesHash}`,
  `${versions.toLocaleString('en-GB')} version${versions === 1 ? '' : 's'} of the directory   ${directoryHash}`,
  `${links.toLocaleString('en-GB')} links   ${linksHash}`,
]

async function verify(place: Place): Promise<number> {
  const found = await using(existing(place), openForAsking, verifyStore)
  for (const line of told(found)) say(line)
  if (found.gaps.length > 0) say(`WRONG: facts are missing in ${some(found.gaps)}`)
  if (found.differing.length > 0) say(`WRONG: the lists do not say what the facts say of ${some(found.differing)}`)
  if (found.brokenVersions.length > 0) say(`WRONG: the directory's versions are not whole: ${some(found.brokenVersions.map(String))}`)
  for (const words of found.linked.wrong) say(`WRONG: ${words}`)
  const good = found.gaps.length === 0 && found.differing.length === 0 && found.brokenVersions.length === 0 && found.linked.wrongs === 0
  if (good) say('Every call has all its facts, they are as they entered the chain, and the lists say what they say.')
  return good ? 0 : 1
}

async function copy(from: Place, to: Place): Promise<number> {
  const copied = await using(existing(from), openForAsking, (source) =>
    using(to, openForUpkeep, (target: WritableDatabase) => copyStore(source, target, progress)),
  )
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  switch (copied.kind) {
    case 'notEmpty':
      throw new Refusal(`${shown(to)} holds facts, or a directory, already. Name a new file, or an empty database.`)
    case 'differs':
      say(`WRONG: ${shown(to)} does not hold what ${shown(from)} does. Copy again into an empty place.`)
      for (const line of [...told(copied.from), ...told(copied.to)]) say(line)
      return 1
    case 'copied':
      for (const line of told(copied.contents)) say(line)
      say(`${shown(to)} holds the same, by these numbers and hashes.`)
      return 0
  }
}

/** Only a complete file gets the name. */
async function backup(from: Place, file: string): Promise<number> {
  const part = `${file}.part`
  const parts = [part, `${part}.lock`, `${part}-wal`, `${part}-shm`]
  for (const left of parts) rmSync(left, { force: true })
  try {
    const code = await copy(from, { file: part, postgres: undefined })
    if (existsSync(`${part}-wal`) && statSync(`${part}-wal`).size > 0) throw new Refusal(`${file}: the copy is not in one file. Try again.`)
    if (code === 0) renameSync(part, file)
    return code
  } finally {
    for (const left of parts) rmSync(left, { force: true })
  }
}

function progress(facts: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${facts.toLocaleString('en-GB')} facts`)
}

function some(names: readonly string[]): string {
  return `${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { config: { type: 'string' }, help: { type: 'boolean', default: false } },
  })
  const [command, one, other, ...more] = positionals
  if (values.help) {
    sayLines(usage)
    return 0
  }
  const ofSettings = (): Place => {
    const { file, postgres } = storePlace(
      readSettings({ root: fileURLToPath(new URL('../../', import.meta.url)), file: values.config, env: process.env }),
    )
    return postgres === undefined ? { file, postgres } : { file, postgres: { url: postgres.url, readUrl: undefined } }
  }
  if (more.length > 0 || (other !== undefined && command !== 'copy')) throw new Refusal(usage)
  if (command === 'verify') return verify(one === undefined ? ofSettings() : placeOf(one))
  if (command === 'copy' && one !== undefined && other !== undefined) return copy(placeOf(one), placeOf(other))
  if (command === 'backup' && one !== undefined) {
    if (existsSync(one)) throw new Refusal(`${one} is there already. Name a new file.`)
    return backup(ofSettings(), one)
  }
  if (command === 'restore' && one !== undefined) return copy({ file: one, postgres: undefined }, ofSettings())
  throw new Refusal(usage)
}

// Its files hold patients' numbers: no other user may read them.
process.umask(privateUmask)
try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Refusal || error instanceof SettingsError || (error instanceof TypeError && 'code' in error))) throw error
  process.exitCode = fail(error.message)
}
