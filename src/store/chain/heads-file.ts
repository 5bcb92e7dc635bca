import { open, readFile } from 'node:fs/promises'
import { codeOf } from '../store-error.js'
import type { ChainHead } from './chain-writer.js'

/** Heads of the chain of links, written down outside of the database: a line each, `<instant> <day> <number> <hash>`. Changing the database does not change them, so they show that it was changed. */
export async function writeHead(path: string, { day, number, hash }: ChainHead, now: number): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.appendFile(`${new Date(now).toISOString()} ${headInWords({ day, number, hash })}\n`)
    await file.datasync()
  } finally {
    await file.close()
  }
}

export function headInWords({ day, number, hash }: ChainHead): string {
  return `${day} ${number} ${hash}`
}

export interface WrittenHeads {
  readonly heads: readonly ChainHead[]
  /** Lines that cannot be read, by their numbers. The last one may have been cut off by a crash, and is not among them. */
  readonly unreadable: readonly number[]
}

/** None where there is no such file. Rejects where it cannot be read. */
export async function readHeads(path: string): Promise<WrittenHeads> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  })
  const heads: ChainHead[] = []
  const unreadable: number[] = []
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    // A line without its instant, as printed, is accepted too: people copy heads.
    const [, day, number, hash] = /(\d{4}-\d\d-\d\d) (\d{1,15}) ([\w-]{43})$/.exec(line.trim()) ?? []
    if (day !== undefined && number !== undefined && hash !== undefined) heads.push({ day, number: Number(number), hash })
    else if (line.trim() !== '' && !line.startsWith('#')) unreadable.push(index + 1)
  }
  return { heads, unreadable }
}
