import { randomBytes } from 'node:crypto'
import { chmod, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises'

/**
 * Puts a text in a file's place in one step; what stood there is kept beside it as `.before`. Both have the mode of the file before: telephone
 * numbers stand in it. A link stays a link. Rejects in the file system's words, and then nothing has changed.
 * @returns where the old text lies; undefined when there was no file
 */
export async function replaceFile(path: string, text: string): Promise<string | undefined> {
  const file = await realpath(path).catch(() => path)
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  )
  const fresh = `${file}.${randomBytes(4).toString('hex')}.new`
  try {
    await writeFile(fresh, text, { flush: true, mode })
    // The umask may have taken something away.
    await chmod(fresh, mode)
    const before = await readFile(file).catch(() => undefined)
    if (before !== undefined) {
      await writeFile(`${file}.before`, before, { mode })
      await chmod(`${file}.before`, mode)
    }
    await rename(fresh, file)
    return before === undefined ? undefined : `${file}.before`
  } catch (error) {
    await unlink(fresh).catch(() => undefined)
    throw error
  }
}
