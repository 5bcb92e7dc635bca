import { randomBytes } from 'node:crypto'
import { chmod, readFile, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises'

/**
 * Replaces a file's text atomically; the old text is kept beside it as `.before`. Both keep the mode of the old file, which holds telephone
 * numbers. A link stays a link. Rejects with the file system's error, and then nothing has changed.
 * @returns the path of the old text; undefined if there was no file
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
    // The umask may have removed bits.
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
