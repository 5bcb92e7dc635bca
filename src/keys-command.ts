/** `npm run keys`: lists keys, and makes a new master key or new organisation keys. docs/sealing.md */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { messageOf } from './common/errors.js'
import { AlarmBoard } from './alarms/alarm-board.js'
import { readSettings, SettingsError, type Settings } from './config/settings.js'
import { KeyRing, KeysUnavailable, type KeyPurpose } from './keys/key-ring.js'
import { readOnlyKeys } from './keys/read-only-keys.js'
import { masterKey, masterKeys, NoMasterKey, writeMasterKeys, type MasterKey, type MasterKeySource } from './keys/master-key.js'
import { masterKeyInWords, masterKeySource } from './master-key-source.js'
import { privateUmask } from './private-files.js'
import { complain, fail, say, sayLines } from './say.js'
import { sealedEnding } from './sealing/format.js'
import { rewrap } from './sealing/sealed-file.js'
import { storePlace } from './store-place.js'
import { openForAsking } from './store/open-for-asking.js'
import { storeTrouble } from './store/store-error.js'
import { openStore } from './store/store.js'

const usage = `Usage: npm run keys -- [rotate [--organisations] [--before FILE]] [--config FILE]
                   says which keys there are, and whether the master key opens them
  rotate           a new master key; every key is wrapped by it. A master key that is not in a file of ours is put in force by
                   the settings first (docs/sealing.md)
  --organisations  new keys of the organisations instead; what was sealed before is wrapped by them, its data untouched
  --before FILE    with keys.masterCommand: the wrapped master key from before
  --config FILE    settings file instead of config/ringround.yaml
It may be stopped and begun again at any time. To say which keys there are it may run beside an engine, with PostgreSQL also to
rotate; on a SQLite file, stop the engine before that.`

/** By then an engine that made a key a moment ago, after reading the file, has stored it. */
const settleMs = 3_000

function readOptions() {
  return parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      before: { type: 'string' },
      organisations: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
}

async function main(): Promise<number> {
  process.umask(privateUmask)
  let options: ReturnType<typeof readOptions>
  try {
    options = readOptions()
  } catch (error) {
    return fail(`${messageOf(error)}\n${usage}`)
  }
  const [what, ...more] = options.positionals
  if (options.values.help) {
    sayLines(usage)
    return 0
  }
  if (more.length > 0 || (what !== undefined && what !== 'rotate')) return fail(usage)
  try {
    const settings = readSettings({
      root: fileURLToPath(new URL('../../', import.meta.url)),
      file: options.values.config,
      env: process.env,
    })
    const source = masterKeySource(settings)
    const { file, postgres } = storePlace(settings)
    if (!postgres && !existsSync(file))
      return fail(`${settings.dataFolder}: there is no store yet; the engine makes it, and the keys, when it starts.`)
    if (what === undefined) return await tell(settings, source)
    if (options.values.organisations) return await newOrganisationKeys(settings, source)
    return await newMasterKey(settings, source, options.values.before)
  } catch (error) {
    if (error instanceof SettingsError || error instanceof NoMasterKey || error instanceof KeysUnavailable) return fail(error.message)
    return fail(storeTrouble(error))
  }
}

async function withKeys<T>(settings: Settings, master: MasterKeySource, work: (ring: KeyRing) => Promise<T>): Promise<T> {
  const alarms = new AlarmBoard()
  const store = await openStore({ ...storePlace(settings), alarms, node: `keys-command-${process.pid}` })
  try {
    const ring = await KeyRing.open({
      ledger: store.ledger,
      recordingKeys: store.recordingKeys,
      master,
      alarms,
      node: settings.databaseUrl === undefined ? undefined : `keys-command-${process.pid}`,
    })
    try {
      return await work(ring)
    } finally {
      ring.close()
    }
  } finally {
    await store.close()
  }
}

async function tell(settings: Settings, source: MasterKeySource): Promise<number> {
  const { file, postgres } = storePlace(settings)
  // Of the server itself, not of a replica that may be behind.
  const database = await openForAsking({ file, postgres: postgres && { ...postgres, readUrl: undefined } })
  let ring: KeyRing | undefined
  try {
    ring = await readOnlyKeys(database.db, { master: source, alarms: new AlarmBoard() })
  } finally {
    await database.close()
  }
  say(`Master key  ${masterKeyInWords(source)}`)
  if (ring === undefined) {
    say('No keys     the engine makes them when it first needs them')
    return 0
  }
  const { ok, detail } = ring.health()
  say(`${ok ? 'All open   ' : 'Not open   '} ${detail}`)
  for (const purpose of ring.purposes) say(`            ${purpose}`)
  return ok ? 0 : 1
}

async function newMasterKey(settings: Settings, source: MasterKeySource, before: string | undefined): Promise<number> {
  // Before anything is changed: a SQLite file on which an engine runs is refused.
  await withKeys(settings, source, () => Promise.resolve())
  const now = await masterKeys(source, false)
  // We change our own file. A key in the environment or a KMS was changed there.
  const [next, older]: readonly [MasterKey, readonly MasterKey[]] =
    source.kind === 'file' ? [masterKey(randomBytes(32)), now] : [now[0], [...now.slice(1), ...(await keysBefore(source, before))]]
  if (source.kind === 'file') await writeMasterKeys(source.path, [next, ...older])
  else if (older.length === 0)
    return fail(
      source.kind === 'command'
        ? 'Name the wrapped key from before with --before FILE.'
        : `${source.from}: write the new master key first and the one from before behind a comma; then all keys are wrapped by the new one.`,
    )
  const all: MasterKeySource = {
    kind: 'text',
    text: [next, ...older].map(({ key }) => key.toString('hex')).join(','),
    from: 'the master keys',
  }
  let wrapped = 0
  for (const wait of [0, settleMs]) {
    await new Promise((resolve) => setTimeout(resolve, wait))
    wrapped += await withKeys(settings, all, (ring) => ring.rewrapAll(next))
  }
  if (source.kind === 'file') await writeMasterKeys(source.path, [next])
  say(
    `${wrapped} keys are wrapped by the master key ${next.name} (${masterKeyInWords(source)}). Keep a copy of it elsewhere; the one from before opens backups from before.`,
  )
  return 0
}

async function keysBefore(source: MasterKeySource, before: string | undefined): Promise<readonly MasterKey[]> {
  return source.kind === 'command' && before !== undefined ? masterKeys({ ...source, wrapped: before }, false) : []
}

async function newOrganisationKeys(settings: Settings, source: MasterKeySource): Promise<number> {
  let ofRecordings: Awaited<ReturnType<KeyRing['rewrapRecordingKeys']>> | undefined
  const ring = await withKeys(settings, source, async (keys) => {
    for (const purpose of keys.purposes.filter(isOrganisation)) await keys.make(purpose)
    ofRecordings = await keys.rewrapRecordingKeys()
    return keys
  })
  // The keys are in memory and the store is closed: this may take a while.
  const inForce = new Map(
    await Promise.all(ring.purposes.filter(isOrganisation).map(async (purpose) => [purpose, await ring.current(purpose)] as const)),
  )
  let [wrapped, failed] = [ofRecordings?.wrapped ?? 0, 0]
  for (const entry of await readdir(settings.recordingsFolder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(sealedEnding)) continue
    const path = join(entry.parentPath, entry.name)
    try {
      if (
        await rewrap(
          path,
          (id) => (ofRecordings?.ids.has(id) === true ? Promise.reject(new KeyOfItsOwn()) : ring.find(id)),
          ({ keyId }) => inForce.get(ring.purposeOf(keyId) ?? 'codes'),
        )
      )
        wrapped++
    } catch (error) {
      if (error instanceof KeyOfItsOwn) continue
      failed++
      complain(messageOf(error))
    }
  }
  say(
    `${inForce.size} organisations have new keys: a running engine takes them at its next start. ${wrapped} recordings are wrapped by them${failed === 0 ? '.' : `; ${failed} are not, as said above.`}`,
  )
  return failed === 0 ? 0 : 1
}

/** This recording's header stays: its wrapped key is in the store. */
class KeyOfItsOwn extends Error {}

function isOrganisation(purpose: KeyPurpose): boolean {
  return purpose !== 'codes'
}

process.exitCode = await main()
