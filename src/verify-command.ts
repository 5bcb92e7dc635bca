/** `npm run verify`: proves that nothing stored was changed or removed. docs/integrity.md */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { AlarmBoard } from './alarms/alarm-board.js'
import { brokenInWords, verifyAudit } from './audit/audit.js'
import { readSettings, SettingsError, type Settings } from './config/settings.js'
import { readOnlyKeys } from './keys/read-only-keys.js'
import { masterKeySource } from './master-key-source.js'
import { privateUmask } from './private-files.js'
import { checkRecording } from './recordings/check-recording.js'
import { fail, say, sayLines } from './say.js'
import { chainHeadsFile, storePlace } from './store-place.js'
import { verifyStore } from './store/copy.js'
import type { OpenDatabase } from './store/database.js'
import { openForAsking } from './store/open-for-asking.js'
import { paged } from './store/paged.js'
import { finishedRecordings, type FinishedRecording } from './store/questions/finished-recordings.js'
import { lastLink } from './store/questions/links.js'
import { headInWords, readHeads } from './store/chain/heads-file.js'
import { storeTrouble } from './store/store-error.js'

const usage = `Usage: npm run verify -- [--head] [--heads FILE] [--facts] [--config FILE]
                 proves that nothing of what is kept was changed or removed: facts, the ledger, the directory, the audit, recordings
  --head         prints the head of the chain and nothing else: keep it where nobody who can write the database can change it
  --heads FILE   heads that were kept so, a line each; beside those of the setting chain.headsFile
  --facts        leaves the recordings out, all of which are read otherwise
  --config FILE  settings file instead of config/ringround.yaml
It may run beside an engine. Exit code 1: something was changed or removed.`

const rowsPerPage = 500

const count = (number: number, one: string, many: string) => `${number.toLocaleString('en-GB')} ${number === 1 ? one : many}`

async function main(): Promise<number> {
  process.umask(privateUmask)
  const { values } = parseArgs({
    options: {
      head: { type: 'boolean', default: false },
      heads: { type: 'string' },
      facts: { type: 'boolean', default: false },
      config: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    sayLines(usage)
    return 0
  }
  const settings = readSettings({ root: fileURLToPath(new URL('../../', import.meta.url)), file: values.config, env: process.env })
  const place = storePlace(settings)
  if (!place.postgres && !existsSync(place.file)) return fail(`${place.file}: there is no store yet; the engine makes it when it starts.`)
  if (values.heads !== undefined && !existsSync(values.heads)) return fail(`${values.heads}: there is no such file.`)
  try {
    // Reads the server itself, not a replica that may lag.
    const database = await openForAsking({ ...place, postgres: place.postgres && { ...place.postgres, readUrl: undefined } })
    try {
      return values.head ? await printHead(database) : await verify(database, settings, values)
    } finally {
      await database.close()
    }
  } catch (error) {
    return fail(`The store cannot be read: ${storeTrouble(error)}`)
  }
}

async function printHead({ db }: OpenDatabase): Promise<number> {
  const last = await lastLink(db)
  if (last === undefined) return fail('Nothing is in the chain yet; the engine takes in what it keeps once a minute.')
  say(headInWords({ ...last, number: Number(last.number) }))
  return 0
}

async function verify(
  database: OpenDatabase,
  settings: Settings,
  { heads: file, facts }: { readonly heads?: string | undefined; readonly facts: boolean },
): Promise<number> {
  const wrong: string[] = []
  const files = [chainHeadsFile(settings), ...(file === undefined ? [] : [file])]
  const written = await Promise.all(files.map(readHeads))
  for (const [index, { unreadable }] of written.entries())
    for (const line of unreadable) wrong.push(`line ${line} of ${files[index] ?? ''} is no head`)
  const heads = written.flatMap((one) => one.heads)
  const { linked, gaps, differing, brokenVersions } = await verifyStore(database, heads)
  wrong.push(...linked.wrong)
  if (linked.wrongs > linked.wrong.length) wrong.push(`and ${linked.wrongs - linked.wrong.length} more`)
  if (brokenVersions.length > 0) wrong.push(`the versions of the directory are not whole: ${some(brokenVersions.map(String))}`)
  if (gaps.length > 0) wrong.push(`facts are missing in ${some(gaps)}`)
  if (differing.length > 0)
    wrong.push(
      `the lists do not say what the facts say of ${some(differing)} (they are made again from the facts; nothing kept is lost by it)`,
    )
  say(
    `${count(linked.facts, 'fact', 'facts')}, ${count(linked.entries, 'entry', 'entries')} of the ledger and ${count(linked.versions, 'version', 'versions')} of the directory are as they entered the chain, by ${count(linked.links, 'link', 'links')}.`,
  )
  if (linked.deleted + linked.deletedArrangements > 0)
    say(
      `${count(linked.deleted, 'call', 'calls')} and ${count(linked.deletedArrangements, 'arrangement', 'arrangements')} were deleted when their time was over, as the ledger says.`,
    )
  const audit = await verifyAudit(database.db)
  if (audit.kind === 'broken') wrong.push(`the audit is broken at entry ${audit.at}: ${brokenInWords[audit.why]}`)
  else
    say(
      `${count(audit.entries, 'entry', 'entries')} of the audit follow one another, those up to ${linked.audited} as they entered the chain.`,
    )
  const waiting = linked.waiting + linked.waitingEntries
  if (waiting > 0)
    say(
      `${count(linked.waiting, 'fact', 'facts')} and ${count(linked.waitingEntries, 'entry', 'entries')} of the ledger wait for the chain: nothing is proved of ${waiting === 1 ? 'it' : 'them'} yet. A running engine takes them in once a minute.`,
    )
  say(
    heads.length > 0
      ? `The chain is the one of which ${count(heads.length, 'head was', 'heads were')} written down${linked.wrongs === 0 ? '' : ', but for what is said below'}.`
      : 'No head is recorded elsewhere, so it is impossible to say whether the end of the chain was cut off or the whole chain was rebuilt (docs/integrity.md).',
  )
  if (!facts) wrong.push(...(await verifyRecordings(database, settings)))
  if (linked.head) say(`Head: ${headInWords(linked.head)}`)
  for (const words of wrong) say(`WRONG: ${words}`)
  if (wrong.length === 0) say('Nothing was changed or removed.')
  return wrong.length === 0 ? 0 : 1
}

async function verifyRecordings({ db }: OpenDatabase, settings: Settings): Promise<readonly string[]> {
  const wrong: string[] = []
  const keys = await readOnlyKeys(db, { master: masterKeySource(settings), alarms: new AlarmBoard() })
  let [right, locked] = [0, 0]
  let why = ''
  for await (const recording of paged(rowsPerPage, (limit, after: FinishedRecording | undefined) => finishedRecordings(db, limit, after))) {
    const found = await checkRecording(settings.recordingsFolder, recording, async (id) => keys?.find(id))
    if (found === undefined) right++
    else if (found.kind === 'locked') {
      locked++
      why = found.why
    } else wrong.push(`recording ${recording.recordingId} of call ${recording.callId}: ${found.why}`)
  }
  say(`${count(right, 'recording is', 'recordings are')} as recorded.`)
  if (locked > 0)
    wrong.push(
      `${count(locked, 'recording cannot', 'recordings cannot')} be opened, and nothing is proved of ${locked === 1 ? 'it' : 'them'}: ${why}`,
    )
  return wrong
}

function some(names: readonly string[]): string {
  return `${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof SettingsError || (error instanceof TypeError && 'code' in error))) throw error
  process.exitCode = fail(`${error.message}\n${error instanceof SettingsError ? '' : usage}`)
}
