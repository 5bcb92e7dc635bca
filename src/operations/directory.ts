import { diffDirectories, showValue, type DirectoryChange } from '../directory/directory-diff.js'
import type { Section } from '../directory/entities.js'
import { sectionInFile } from '../directory/entity-line.js'
import { contradictionsByPath, edited, entityId, type EditProblem, type EntityEdit, type FileForm } from '../directory/file-form.js'
import { exportedVersion } from '../directory/load-directory.js'
import { mergeDirectories, type MergeConflict } from '../directory/merge-directories.js'
import type { Directory } from '../directory/model.js'
import { parseDirectory } from '../directory/parse-directory.js'
import type { Actor } from '../facts/actor.js'
import type { VersionedDirectory } from '../store/kept-directory.js'
import type { Store } from '../store/store.js'
import type { DirectoryInForce, Proposal } from '../versions/directory-in-force.js'
import { asked, bad, done, refused, type Problem, type Refused, type Result } from './result.js'

export interface DirectoryParts {
  readonly inForce: Pick<DirectoryInForce, 'change' | 'current'>
  readonly store: Pick<Store, 'directory'>
}

/** A change of the directory, by entity and field. */
export interface DirectoryEdit {
  /** The version that was viewed. Others' changes since then stay, if they touch other fields. */
  readonly version: number
  readonly changes: readonly { readonly section: string; readonly id: string; readonly set?: FileForm; readonly remove?: boolean }[]
  readonly why?: string
  /** False: nothing is done if another version is current by now. Default true. */
  readonly merge?: boolean
}

/** A directory file, as its text. */
export interface DirectoryText {
  readonly text: string
  readonly why?: string | undefined
}

export interface DirectoryEdited {
  /** The current version. */
  readonly version: number
  /** The changes from the one before; empty if nothing differed and no version was made. */
  readonly changes: readonly DirectoryChange[]
}

type Refusals = 'badInput' | 'staleVersion' | 'directoryInvalid' | 'directoryConflict' | 'storeUnavailable'

/** Edits in one change. */
const maxEdits = 500

/** What can be done with the directory. */
export function directoryOperations({ inForce, store }: DirectoryParts) {
  return {
    /** Changes entities, in one version. On disk and current when it resolves; running calls keep the directory they began with. */
    async change(actor: Actor, edit: DirectoryEdit): Promise<Result<DirectoryEdited, Refusals>> {
      const read = editsOf(edit)
      return read.kind === 'refused' ? read : put(actor, edit.why, (now) => proposalOf(now, edit, read.value))
    },

    /** What a change would make of the current directory; nothing is changed. */
    async check(edit: DirectoryEdit): Promise<Result<DirectoryEdited, Refusals>> {
      const read = editsOf(edit)
      return read.kind === 'refused' ? read : looked((now) => proposalOf(now, edit, read.value))
    },

    /** Applies the text of a directory file: an export as a change against its version; any other replaces the whole directory. */
    async apply(actor: Actor, { text, why }: DirectoryText): Promise<Result<DirectoryEdited, Refusals>> {
      const read = textRead(text)
      return read.kind === 'refused' ? read : put(actor, why, (now) => proposalOfText(now, read.value))
    },

    /** What the text of a directory file would make of the current directory; nothing is changed. */
    async checkText({ text }: Pick<DirectoryText, 'text'>): Promise<Result<DirectoryEdited, Refusals>> {
      const read = textRead(text)
      return read.kind === 'refused' ? read : looked((now) => proposalOfText(now, read.value))
    },
  }

  async function put(
    actor: Actor,
    why: string | undefined,
    propose: (now: VersionedDirectory) => Promise<Proposal<Refused<Refusals>>>,
  ): Promise<Result<DirectoryEdited, Refusals>> {
    const result = await asked(inForce.change({ actor, source: 'api', why }, propose), 'The directory cannot be changed')
    if (result.kind === 'refused') return result
    const changed = result.value
    switch (changed.kind) {
      case 'refused':
        return changed.refusal
      case 'crowded':
        return refused('staleVersion', 'Others keep changing the directory and were quicker; nothing was changed. Try again.', 'version')
      case 'same':
        return done({ version: changed.version, changes: [] })
      case 'changed':
        return done({ version: changed.version.version, changes: diffDirectories(changed.before, changed.after) })
    }
  }

  async function looked(
    propose: (now: VersionedDirectory) => Promise<Proposal<Refused<Refusals>>>,
  ): Promise<Result<DirectoryEdited, Refusals>> {
    const now = inForce.current()
    const proposal = await asked(propose(now), 'The directory cannot be read')
    if (proposal.kind === 'refused') return proposal
    return proposal.value.kind === 'refused'
      ? proposal.value.refusal
      : done({ version: now.version, changes: diffDirectories(now.directory, proposal.value.directory) })
  }

  async function proposalOf(
    now: VersionedDirectory,
    edit: DirectoryEdit,
    edits: readonly EntityEdit[],
  ): Promise<Proposal<Refused<Refusals>>> {
    if (edit.version > now.version)
      return no(refused('staleVersion', `There is no version ${edit.version}; version ${now.version} is in force.`, 'version'))
    if (edit.version < now.version && edit.merge === false)
      return no(
        refused(
          'staleVersion',
          `Version ${now.version} is in force by now, not ${edit.version}; look at what it says, and change that.`,
          'version',
        ),
      )
    const base = edit.version === now.version ? now.directory : await store.directory.asOf(edit.version, now)
    const mine = edited(base, edits)
    if (!mine.ok) return no(invalid(mine.problems))
    return base === now.directory ? { kind: 'to', directory: mine.directory } : together(base, mine.directory, now.directory)
  }

  async function proposalOfText(now: VersionedDirectory, { directory, exportOf }: ReadText): Promise<Proposal<Refused<Refusals>>> {
    if (exportOf === undefined || exportOf === now.version) return { kind: 'to', directory }
    if (exportOf > now.version)
      return no(refused('staleVersion', `There is no version ${exportOf}; version ${now.version} is in force.`, 'text'))
    return together(await store.directory.asOf(exportOf, now), directory, now.directory)
  }
}

interface ReadText {
  readonly directory: Directory
  /** The version it was exported from. */
  readonly exportOf: number | undefined
}

function textRead(text: string): Result<ReadText, 'directoryInvalid'> {
  const parsed = parseDirectory(text, 'the file')
  if (parsed.ok) return done({ directory: parsed.directory, exportOf: exportedVersion(text) })
  const told = parsed.errors.map(({ line, message, expected }) => ({
    field: 'text',
    message: `line ${line}: ${message}; it has to be ${expected}.`,
    expected,
  }))
  return refused(
    'directoryInvalid',
    told
      .map(({ message }) => message)
      .slice(0, 5)
      .join(' '),
    'text',
    told,
  )
}

function editsOf(edit: DirectoryEdit): Result<readonly EntityEdit[], 'badInput'> {
  if (edit.changes.length > maxEdits)
    return bad(`changes has ${edit.changes.length} entries; at most ${maxEdits} are taken in one version.`, 'changes')
  const edits = edit.changes.flatMap(({ section: name, id, ...rest }) => {
    const section = sectionOf(name)
    return section === undefined ? [] : [{ section, id: entityId(section, id), ...rest }]
  })
  return edits.length < edit.changes.length
    ? bad(`changes name a section that there is not; sections are ${Object.values(sectionInFile).join(', ')}.`, 'changes')
    : done(edits)
}

export type DirectoryOperations = ReturnType<typeof directoryOperations>

/** By its name in the file. */
export function sectionOf(name: string): Section | undefined {
  return (Object.keys(sectionInFile) as Section[]).find((section) => sectionInFile[section] === name)
}

function together(base: Directory, mine: Directory, theirs: Directory): Proposal<Refused<Refusals>> {
  const merged = mergeDirectories(base, mine, theirs)
  if (!merged.ok) {
    const problems = merged.conflicts.map(conflict)
    return no(
      refused(
        'directoryConflict',
        `Others have changed the same since: ${problems
          .map(({ message }) => message)
          .slice(0, 5)
          .join(' ')}`,
        problems[0]?.field,
        problems,
      ),
    )
  }
  const wrong = contradictionsByPath(merged.directory)
  return wrong.length > 0 ? no(invalid(wrong)) : { kind: 'to', directory: merged.directory }
}

function no(refusal: Refused<Refusals>): Proposal<Refused<Refusals>> {
  return { kind: 'refused', refusal }
}

function invalid(problems: readonly EditProblem[]): Refused<'directoryInvalid'> {
  const told = problems.map(({ path, message, expected }) => ({
    field: path,
    message: `${path}: ${message}; it has to be ${expected}.`,
    expected,
  }))
  return refused(
    'directoryInvalid',
    told
      .map(({ message }) => message)
      .slice(0, 5)
      .join(' '),
    told[0]?.field,
    told,
  )
}

function conflict({ section, id, field, base, mine, theirs }: MergeConflict): Problem {
  const said = (value: unknown) => (value === undefined ? 'not there' : `"${showValue(value)}"`)
  const path = `${sectionInFile[section]}.${id}.${field}`
  return {
    field: path,
    message: `${path} was ${said(base)}, is ${said(theirs)} by now, and would become ${said(mine)}.`,
    inForce: said(theirs),
    wanted: said(mine),
  }
}
