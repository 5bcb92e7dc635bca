/** `npm run retention`: what is past its time, legal holds, deletion with a certificate. docs/retention.md */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { AlarmBoard } from './alarms/alarm-board.js'
import { deletableArrangements } from './arrangements/deletable.js'
import { deletableAudit } from './audit/deletable.js'
import { readSettings, SettingsError, type Settings } from './config/settings.js'
import { retentionOperations } from './operations/retention.js'
import { privateUmask } from './private-files.js'
import { deleteRecordingFiles } from './recordings/delete-recording.js'
import { Retention } from './retention/retention.js'
import { deletedInWords } from './retention/certificate.js'
import { ruleInWords } from './retention/rules.js'
import { fail, say, sayLines } from './say.js'
import { storePlace } from './store-place.js'
import { storeTrouble } from './store/store-error.js'
import { openStore } from './store/store.js'

const usage = `Usage: npm run retention -- [--dry-run] [--config FILE]
                            lists what is over its time, by rule, and what a hold keeps; deletes nothing
  --run                     deletes it, with a certificate
  --hold SCOPE --reason WHY a legal hold: nothing that it covers is deleted. SCOPE: call:ID, organisation:ID, number:01632960123
  --release ID --reason WHY ends a hold
  --holds                   the holds there are
  --certificates [ID]       what was deleted
On SQLite no engine may run on the store: a running engine deletes by itself every night.`

const day = (at: number) => new Date(at).toISOString().slice(0, 10)
const staff = { kind: 'staff', id: 'retention-command' } as const

function readOptions() {
  const string = { type: 'string' } as const
  const boolean = { type: 'boolean', default: false } as const
  return parseArgs({
    allowPositionals: true,
    options: {
      'dry-run': boolean,
      run: boolean,
      hold: string,
      release: string,
      reason: string,
      holds: boolean,
      certificates: boolean,
      config: string,
      help: boolean,
    },
  })
}

async function main(): Promise<number> {
  process.umask(privateUmask)
  const { values, positionals } = readOptions()
  if (values.help) {
    sayLines(usage)
    return 0
  }
  const asked = [
    values['dry-run'],
    values.run,
    values.hold !== undefined,
    values.release !== undefined,
    values.holds,
    values.certificates,
  ].filter(Boolean).length
  if (asked > 1 || positionals.length > (values.certificates ? 1 : 0)) return fail(usage)
  const settings = readSettings({ root: fileURLToPath(new URL('../../', import.meta.url)), file: values.config, env: process.env })
  const { file, postgres } = storePlace(settings)
  if (!postgres && !existsSync(file)) return fail(`${file}: there is no store yet; the engine makes it when it starts.`)
  const store = await openStore({ file, postgres, alarms: new AlarmBoard(), node: `retention-command-${process.pid}` })
  try {
    const inForce = await store.directory.inForce()
    // Without the organisations' own rules it is unknown what is past its time.
    if (inForce === undefined) return fail('There is no directory in the store yet; the engine brings it there when it starts.')
    const folders = { recordingsFolder: settings.recordingsFolder, spoolFolder: join(settings.dataFolder, 'spool') }
    const retention = new Retention({
      store,
      directory: () => inForce.directory,
      audit: deletableAudit(store.tables, Date.now),
      arrangements: deletableArrangements(store.ledger, () => inForce.directory, Date.now),
      keepRecordings: settings.retentionRecordings,
      keepRecords: settings.retentionRecords,
      keepAudit: settings.retentionAudit,
      deleteFiles: (recording) => deleteRecordingFiles(folders, recording),
      inTurn: await turns(settings),
      now: Date.now,
    })
    return await carryOut(retention, values, positionals[0])
  } finally {
    await store.close()
  }
}

/** Engines that share a PostgreSQL database, and this command, delete one after the other. */
async function turns({ databaseUrl }: Settings): Promise<<T>(work: () => Promise<T>) => Promise<T>> {
  if (databaseUrl === undefined) return (work) => work()
  const { alone } = await import('./store/postgres/alone.js')
  return (work) => alone(databaseUrl, 'retention', work)
}

async function carryOut(retention: Retention, values: ReturnType<typeof readOptions>['values'], id: string | undefined): Promise<number> {
  const operations = retentionOperations({ retention, newId: randomUUID })
  if (values.hold !== undefined) {
    const [kind = '', ...rest] = values.hold.split(':')
    return told(
      await operations.hold(staff, { scope: { kind, value: rest.join(':') }, reason: values.reason ?? '' }),
      ({ id: made }) => `Held as ${made}.`,
    )
  }
  if (values.release !== undefined) return told(await operations.release(staff, values.release, values.reason ?? ''), () => 'Released.')
  if (values.holds) {
    await retention.holds.refresh()
    for (const { id: hold, scope, reason, placedAt, placedBy, released } of retention.holds.all())
      say(
        `${hold}  ${scope.kind} ${scope.value}, since ${day(placedAt)} by ${placedBy.id ?? placedBy.kind}: ${reason}${released ? `; released on ${day(released.at)}: ${released.reason}` : ''}`,
      )
    return 0
  }
  if (values.certificates) {
    for await (const certificate of retention.certificates()) {
      if (id === undefined) say(`${certificate.id}  ${day(certificate.at)}  ${deletedInWords(certificate)}, ${certificate.rule}`)
      else if (certificate.id === id) sayLines(JSON.stringify(certificate, null, 2))
    }
    return 0
  }
  if (values.run) {
    const { certificates, deleted, held } = await retention.run(staff)
    for (const certificate of certificates)
      say(`${certificate.id}  ${deletedInWords(certificate)} deleted: ${certificate.rule}  ${certificate.hash}`)
    say(`${deleted} are deleted, ${held} over their time are held.`)
    return 0
  }
  const rules = new Map<string, { count: number; bytes: number; held: number; oldest: number; newest: number }>()
  for await (const { rule, startedAt, bytes, heldBy, recordingId } of retention.due()) {
    const words = ruleInWords(rule)
    const sum = rules.get(words) ?? { count: 0, bytes: 0, held: 0, oldest: startedAt, newest: startedAt }
    rules.set(words, {
      count: sum.count + Number(!heldBy),
      bytes: sum.bytes + (heldBy ? 0 : bytes),
      held: sum.held + Number(heldBy !== undefined),
      oldest: Math.min(sum.oldest, startedAt),
      newest: Math.max(sum.newest, startedAt),
    })
    say(`${heldBy ? `held (${heldBy.id})  ` : 'would go  '}${recordingId}  ${day(startedAt)}  ${bytes} bytes`)
  }
  for (const [words, { count, bytes, held, oldest, newest }] of rules)
    say(
      `${words}: ${count} recordings (${Math.ceil(bytes / 1_048_576)} MB) from ${day(oldest)} to ${day(newest)} would go, ${held} are held.`,
    )
  const records = new Map<string, { count: number; held: number }>()
  for await (const { rule, arrivedAt, heldBy, callId } of retention.dueRecords()) {
    const sum = records.get(ruleInWords(rule)) ?? { count: 0, held: 0 }
    records.set(ruleInWords(rule), { count: sum.count + Number(!heldBy), held: sum.held + Number(heldBy !== undefined) })
    say(`${heldBy ? `held (${heldBy.id})  ` : 'would go  '}record of call ${callId}  ${day(arrivedAt)}`)
  }
  for (const [words, { count, held }] of records) say(`${words}: ${count} records of calls would go, ${held} are held.`)
  const arrangements = new Map<string, { count: number; held: number }>()
  for await (const { rule, changedAt, heldBy, arrangementId } of retention.dueArrangements()) {
    const sum = arrangements.get(ruleInWords(rule)) ?? { count: 0, held: 0 }
    arrangements.set(ruleInWords(rule), { count: sum.count + Number(!heldBy), held: sum.held + Number(heldBy !== undefined) })
    say(`${heldBy ? `held (${heldBy.id})  ` : 'would go  '}arrangement ${arrangementId}  ${day(changedAt)}`)
  }
  for (const [words, { count, held }] of arrangements) say(`${words}: ${count} arrangements would go, ${held} are held.`)
  const audit = await retention.dueAudit()
  if (audit)
    say(
      `${ruleInWords(audit.rule)}: ${audit.entries} entries up to ${audit.through} would go${audit.heldBy ? `; those behind stay for the hold ${audit.heldBy.id}` : ''}.`,
    )
  if (rules.size === 0 && records.size === 0 && arrangements.size === 0 && audit === undefined) say('Nothing is due for deletion.')
  return 0
}

function told<T>(
  result: { readonly kind: 'done'; readonly value: T } | { readonly kind: 'refused'; readonly message: string },
  words: (value: T) => string,
): number {
  if (result.kind === 'refused') return fail(result.message)
  say(words(result.value))
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  if (error instanceof TypeError && 'code' in error) process.exitCode = fail(`${error.message}\n${usage}`)
  else if (error instanceof SettingsError) process.exitCode = fail(error.message)
  else process.exitCode = fail(storeTrouble(error))
}
