import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { messageOf } from '../common/errors.js'
import { decodeText, type TextProblem } from './decode-text.js'

/** A text file written by people, or why it cannot be read. A missing file has its problem in line 1, like any other. */
export type TextFile = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: TextProblem }

/** Never rejects. */
export async function readTextFile(path: string): Promise<TextFile> {
  try {
    return decodeText(await readFile(path))
  } catch (error) {
    return { ok: false, problem: fileProblem(error) }
  }
}

/** Never throws. */
export function readTextFileSync(path: string): TextFile {
  try {
    return decodeText(readFileSync(path))
  } catch (error) {
    return { ok: false, problem: fileProblem(error) }
  }
}

/** A file system error, in a sentence. */
export function fileProblem(error: unknown): TextProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  const [message, expected] = (code === undefined ? undefined : sentences[code]) ?? [
    `the file cannot be read (${code ?? messageOf(error)})`,
    'a file that this user may read',
  ]
  return { line: 1, message, expected }
}

const sentences: Readonly<Record<string, readonly [message: string, expected: string]>> = {
  ENOENT: ['there is no such file', 'the path of a file that exists (a relative one begins in the folder in which the command is given)'],
  ENOTDIR: ['there is no such file: a part of its path is no folder', 'the path of a file that exists'],
  EISDIR: ['this is a folder', 'a file'],
  EACCES: ['this user may not read or write it', 'a file that this user may read and write (look with ls -l)'],
  EPERM: ['the system does not allow that', 'a file that this user may read and write'],
  EROFS: ['it lies on a disk that can only be read', 'a place that can be written'],
  ENOSPC: ['the disk is full', 'a disk with room'],
  EDQUOT: ['the quota of this user is used up', 'a disk with room'],
  ENAMETOOLONG: ['the name is too long', 'a shorter name'],
  EMFILE: ['too many files are open', 'a higher limit of open files (ulimit -n)'],
}
