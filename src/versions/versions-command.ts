import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf } from '../common/errors.js'
import { diffDirectories, showDiff } from '../directory/directory-diff.js'
import type { CommandOutput } from '../directory/directory-command.js'
import { exportLine, readDirectoryFile, showError } from '../directory/load-directory.js'
import type { SavedDirectory } from '../directory/watch-directory.js'
import { writeDirectory } from '../directory/write-directory.js'
import type { WritableDatabase } from '../store/database.js'
import { keptDirectory, type KeptDirectory } from '../store/kept-directory.js'
import type { DirectoryVersion } from '../store/questions/directory-versions.js'
import { onOneLine } from '../text/printable.js'
import { fileProblem } from '../text/read-text-file.js'
import { applyFile, proposalOf } from './apply-file.js'
import { DirectoryInForce } from './directory-in-force.js'

/** The configured store, and related settings. */
export interface DirectoryStorePlace {
  readonly open: () => Promise<WritableDatabase>
  /** The watched file, and the key under which the store keeps its state. */
  readonly watched: { readonly file: string; readonly name: string }
  readonly node: string
}

export interface VersionsSurroundings extends CommandOutput {
  /** Reads the settings. @param config undefined: the usual file. @throws Error whose message says what is wrong in them */
  readonly place: (config: string | undefined) => DirectoryStorePlace
  /** The user who runs the command. */
  readonly who: string | undefined
  /** Wall-clock ms. */
  readonly now: () => number
}

/** Said in one line. */
class Refusal extends Error {}

/** Whether a command line of `npm run directory` concerns the store rather than a file. */
export function isAboutTheStore(args: readonly string[]): boolean {
  const [command] = args
  return (
    command === 'apply' ||
    command === 'history' ||
    (command === 'export' && !args.some((arg) => arg === '--file' || arg.startsWith('--file=')))
  )
}

/** `npm run directory -- apply | export | history`. @returns the exit code: 0; 1 with lines that say what is wrong; 2 when the command itself is not understood */
export async function versionsCommand(args: readonly string[], around: VersionsSurroundings): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        out: { type: 'string' },
        why: { type: 'string' },
        version: { type: 'string' },
        at: { type: 'string' },
        limit: { type: 'string' },
        'dry-run': { type: 'boolean' },
      },
    })
    const [command, argument] = positionals
    const place = around.place(values.config)
    const database = await place.open()
    const store = keptDirectory(database, database.db, place.node, around.now)
    const inForce = await DirectoryInForce.open(store, { pollMs: 0 })
    try {
      if (command === 'apply')
        return await apply(argument, { store, inForce, place, around, why: values.why, dryRun: values['dry-run'] === true })
      if (command === 'history') return await history(argument, store, around, values.limit)
      return await exported(store, inForce, around, values)
    } finally {
      await inForce.close()
      await database.close()
    }
  } catch (error) {
    const message = messageOf(error)
    around.error(message)
    return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS') ? 2 : 1
  }
}

interface Applying {
  readonly store: KeptDirectory
  readonly inForce: DirectoryInForce
  readonly place: DirectoryStorePlace
  readonly around: VersionsSurroundings
  readonly why: string | undefined
  readonly dryRun: boolean
}

async function apply(file: string | undefined, { store, inForce, place, around, why, dryRun }: Applying): Promise<number> {
  if (file === undefined) throw new Refusal('Which file? npm run directory -- apply FILE')
  const { parsed, ...read } = await readDirectoryFile(file)
  if (!parsed.ok) throw new Refusal([...parsed.errors.map(showError), `errors: ${parsed.errors.length}; nothing was applied`].join('\n'))
  const saved: SavedDirectory = { ...read, directory: parsed.directory, advice: parsed.advice }
  // The engine then knows its watched file as applied here.
  const name = resolve(file) === resolve(place.watched.file) ? place.watched.name : `file ${resolve(file)}`
  const now = inForce.current()
  if (dryRun) {
    const proposal = await proposalOf(store, name, saved, now, 'replace')
    if (proposal.kind === 'refused') throw new Refusal(refusedWords(proposal.refusal.errors.map(showError)))
    around.out(showDiff(diffDirectories(now.directory, proposal.directory)))
    around.out('dry run: nothing was changed')
    return 0
  }
  const result = await applyFile(
    inForce,
    store,
    name,
    saved,
    { actor: { kind: 'staff', ...(around.who === undefined ? {} : { id: around.who }) }, source: 'command', why },
    'replace',
  )
  switch (result.kind) {
    case 'refused':
      throw new Refusal(refusedWords(result.refusal.errors.map(showError)))
    case 'crowded':
      throw new Refusal('Others keep changing the directory and were quicker; nothing was changed. Try again.')
    case 'same':
      around.out(`no changes; version ${result.version} stays in force`)
      return 0
    case 'changed':
      around.out(showDiff(diffDirectories(result.before, result.after)))
      around.out(`version ${result.version.version} is in force; a running engine has it within a second`)
      return 0
  }
}

function refusedWords(lines: readonly string[]): string {
  return [...lines, `conflicts: ${lines.length}; nothing was applied`].join('\n')
}

async function exported(
  store: KeptDirectory,
  inForce: DirectoryInForce,
  around: VersionsSurroundings,
  { version, at, out }: { readonly version?: string; readonly at?: string; readonly out?: string },
): Promise<number> {
  const now = inForce.current()
  if (now.version === 0)
    throw new Refusal(
      'There is no directory in the store yet: an engine makes the first version at its start. Of a file: npm run directory -- export --file FILE',
    )
  const wanted = version === undefined ? (at === undefined ? now.version : (await versionAt(store, at)).version) : versionNumber(version)
  if ((await store.version(wanted)) === undefined) throw new Refusal(`There is no version ${wanted}; version ${now.version} is in force.`)
  const text = `${exportLine(wanted)}\n${writeDirectory(await store.asOf(wanted, now))}`
  if (out === undefined) around.out(text)
  else {
    await writeFile(out, text).catch((error: unknown) => {
      const { message, expected } = fileProblem(error)
      throw new Refusal(`${out}: ${message}; expected: ${expected}`)
    })
    around.out(`written: ${out}`)
  }
  return 0
}

async function versionAt(store: KeptDirectory, at: string): Promise<DirectoryVersion> {
  const atMs = Date.parse(at)
  if (Number.isNaN(atMs)) throw new Refusal(`--at is "${at}"; it has to be an instant such as 2026-03-02T09:30:00Z`)
  const found = await store.versionAt(atMs)
  if (found === undefined) throw new Refusal(`There was no directory in the store at ${at}.`)
  return found
}

function versionNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Refusal(`"${text}" is no number of a version, such as 12`)
  return Number(text)
}

async function history(wanted: string | undefined, store: KeptDirectory, around: VersionsSurroundings, limit = '20'): Promise<number> {
  if (wanted === undefined) {
    for (const version of await store.versions({ limit: versionNumber(limit) })) around.out(inWords(version))
    return 0
  }
  const number = versionNumber(wanted)
  const version = await store.version(number)
  if (version === undefined) throw new Refusal(`There is no version ${number}; version ${await store.newest()} is in force.`)
  const { before, after } = await store.between(number - 1, number)
  around.out(inWords(version))
  around.out(showDiff(diffDirectories(before, after)))
  return 0
}

/** `12  2026-03-02T09:30:00Z  staff sam, by a command at engine-1  3 changed  Dr Lind is on leave` */
function inWords({ version, at, actor, node, source, why, changed }: DirectoryVersion): string {
  const by = { file: 'by the directory file', command: 'by a command', api: 'by the API' }[source]
  return [
    String(version),
    new Date(at).toISOString(),
    `${actor.kind}${actor.id === undefined ? '' : ` ${actor.id}`} ${by}${node === '' ? '' : ` at ${node}`}`,
    `${changed} changed`,
    ...(why === undefined ? [] : [why]),
  ]
    .map(onOneLine)
    .join('  ')
}
