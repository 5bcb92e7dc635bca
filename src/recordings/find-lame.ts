import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** How long a `lame` may take to say its version before it counts as broken. */
const patienceMs = 5_000

/**
 * Looks for a working `lame` program.
 * @param searchPath folders as in the PATH variable
 * @returns its path; undefined where there is none that runs
 */
export async function findLame(searchPath: string): Promise<string | undefined> {
  const name = process.platform === 'win32' ? 'lame.exe' : 'lame'
  for (const folder of searchPath.split(delimiter).filter((one) => one !== '')) {
    const binary = join(folder, name)
    if ((await mayRun(binary)) && (await saysItsVersion(binary))) return binary
  }
  return undefined
}

async function mayRun(binary: string): Promise<boolean> {
  return access(binary, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function saysItsVersion(binary: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(binary, ['--version'], { timeout: patienceMs }, (error, out) => resolve(error === null && /LAME/i.test(out)))
  })
}
