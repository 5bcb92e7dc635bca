import { accessSync, constants, mkdirSync } from 'node:fs'

/** Why the engine does not start, in one line that says what to change. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** Makes a folder, and says plainly if it cannot be used. */
export function ensureFolder(folder: string, setting: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new StartError(
      `${folder}: this folder cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)}). Make it writable, or name another with ${setting}.`,
    )
  }
}
