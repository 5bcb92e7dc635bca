import { open } from 'node:fs/promises'
import { readFileSync } from 'node:fs'

/** What Linux grants by default. */
const USUAL_LIMIT = 1024

/** How many files and sockets this process may have open. Where the system does not say, the usual number. */
export function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? USUAL_LIMIT : soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft)
  } catch {
    return USUAL_LIMIT
  }
}

/** Whether one more file can be opened now. */
export async function descriptorIsFree(): Promise<boolean> {
  try {
    await (await open('/dev/null', 'r')).close()
    return true
  } catch {
    return false
  }
}

/** Whether the system refused because this process, or the whole machine, has too many files open. */
export function isOutOfDescriptors(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EMFILE' || code === 'ENFILE'
}
