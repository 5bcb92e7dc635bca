import { contradictions } from '../directory/contradictions.js'
import { showValue } from '../directory/directory-diff.js'
import { entityLines, sectionInFile } from '../directory/entity-line.js'
import type { EntityName } from '../directory/entities.js'
import type { DirectoryError } from '../directory/form.js'
import { mergeInSlices, type MergeConflict } from '../directory/merge-directories.js'
import type { Directory } from '../directory/model.js'
import type { SavedDirectory } from '../directory/watch-directory.js'
import type { KeptDirectory, VersionedDirectory } from '../store/kept-directory.js'
import { readTextFile } from '../text/read-text-file.js'
import type { Changed, ChangeOrigin, DirectoryInForce, Proposal } from './directory-in-force.js'

/**
 * Why a file was not applied. `conflict`: others have changed the same fields to other values since it was last applied; or the results contradict each other.
 * `unknown`: its base version is unknown: this engine has never applied it, and there is a directory already.
 */
export interface FileRefused {
  readonly code: 'conflict' | 'unknown'
  readonly errors: readonly DirectoryError[]
}

/** What to do with a file without a known base: refuse it, or let it replace the whole directory. */
export type Unknown = 'refuse' | 'replace'

/**
 * Applies a directory file as a change against its last applied state (or against the version it was exported from, if that is
 * newer): others' changes since then stay.
 * @param name the key under which its state is kept for the next time
 */
export function applyFile(
  inForce: DirectoryInForce,
  store: KeptDirectory,
  name: string,
  saved: SavedDirectory,
  origin: ChangeOrigin,
  unknown: Unknown = 'refuse',
): Promise<Changed<FileRefused>> {
  return inForce.change(origin, (now) => proposalOf(store, name, saved, now, unknown))
}

/** What a file would make of the current directory. */
export async function proposalOf(
  store: KeptDirectory,
  name: string,
  saved: SavedDirectory,
  now: VersionedDirectory,
  unknown: Unknown,
): Promise<Proposal<FileRefused>> {
  const file = { file: name, sha256: saved.sha256, directory: saved.directory }
  const to = (directory: Directory): Proposal<FileRefused> => ({ kind: 'to', directory, file })
  if (now.version === 0) return to(saved.directory)
  const applied = await store.appliedFile(name)
  if (applied?.sha256 === saved.sha256) return { kind: 'to', directory: now.directory }
  const base = await baseOf(store, name, saved, applied, now)
  if (base === undefined) {
    // Another engine has applied the same file: this one only notes it.
    if (await store.wasApplied(saved.sha256)) return to(now.directory)
    if (unknown === 'replace') return to(saved.directory)
    return refused('unknown', [
      {
        file: saved.file,
        line: 1,
        message: `this engine has never applied this file, and a directory is in force already (version ${now.version})`,
        expected:
          'a file that was applied before (npm run directory -- apply FILE shows what it would change), an export (npm run directory -- export), or no file',
      },
    ])
  }
  // No one else has changed anything.
  if (base === now.directory) return to(saved.directory)
  const merged = await mergeInSlices(base, saved.directory, now.directory)
  if (!merged.ok) return refused('conflict', await inTheFile(saved.file, merged.conflicts.map(conflictError)))
  const wrong = contradictions(merged.directory)
  if (wrong.length === 0) return to(merged.directory)
  return refused(
    'conflict',
    await inTheFile(
      saved.file,
      wrong.map(({ section, id, message, expected }) => ({
        section,
        id,
        message: `with what others have changed meanwhile, ${message}`,
        expected,
      })),
    ),
  )
}

/** The file's base; undefined: unknown. */
async function baseOf(
  store: KeptDirectory,
  name: string,
  { exportOf }: SavedDirectory,
  applied: { readonly version: number } | undefined,
  now: VersionedDirectory,
): Promise<Directory | undefined> {
  if (exportOf !== undefined && exportOf <= now.version && exportOf > (applied?.version ?? 0)) return store.asOf(exportOf, now)
  return applied && store.fileAsApplied(name, applied.version, now)
}

function refused(code: FileRefused['code'], errors: readonly DirectoryError[]): Proposal<FileRefused> {
  return { kind: 'refused', refusal: { code, errors } }
}

interface FieldError extends EntityName {
  readonly field?: string
  readonly message: string
  readonly expected: string
}

/** A conflict in words, with both values. */
export function conflictError({ section, id, field, base, mine, theirs }: MergeConflict): FieldError {
  const said = (value: unknown) => (value === undefined ? 'not there' : showValue(value))
  return {
    section,
    id,
    field,
    message: `${sectionInFile[section]} ${id}: ${field} is ${said(mine)} here, and another person has changed it to ${said(theirs)} (before both it was ${said(base)})`,
    expected: 'what is in force (npm run directory -- export), or what it was before',
  }
}

async function inTheFile(file: string, errors: readonly FieldError[]): Promise<readonly DirectoryError[]> {
  const read = await readTextFile(file)
  const lineOf = entityLines(read.ok ? read.text : '')
  return errors
    .map(({ section, id, field, message, expected }) => ({ file, line: lineOf({ section, id }, field), message, expected }))
    .sort((a, b) => a.line - b.line)
}
