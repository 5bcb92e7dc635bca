import type { FileForm } from '../directory/file-form.js'
import type { Actor } from '../facts/actor.js'
import type { DirectoryEdited, DirectoryOperations } from './directory.js'

/** A change of a rota, in the words of a directory file: its weekly pattern, its changes for single dates, or both. */
export interface RotaEdit {
  /** The version of the directory that was viewed. */
  readonly version: number
  readonly pattern?: readonly unknown[]
  readonly changes?: readonly unknown[]
  readonly why?: string
}

/** What can be done with the rota of a line. */
export function rotaOperations({ change, check }: Pick<DirectoryOperations, 'change' | 'check'>) {
  const edit = (line: string, { version, pattern, changes, why }: RotaEdit) => {
    const set: FileForm = { ...(pattern === undefined ? {} : { pattern }), ...(changes === undefined ? {} : { changes }) }
    return { version, changes: [{ section: 'rotas', id: line, set }], ...(why === undefined ? {} : { why }) }
  }

  return {
    /** In one version; applies to new calls. */
    change: (actor: Actor, line: string, wanted: RotaEdit) => change(actor, edit(line, wanted)),

    /** What it would make of the rota; nothing is changed. */
    check: (line: string, wanted: RotaEdit) => check(edit(line, wanted)),
  }
}

export type RotaOperations = ReturnType<typeof rotaOperations>
export type { DirectoryEdited }
