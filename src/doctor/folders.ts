import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fine, look, wrong, type Finding } from './finding.js'

/** A minute of a running recording: two channels of 16 bits at 8 kHz. */
const octetsPerMinute = 2 * 2 * 8_000 * 60
const minFreeOctets = 200 * 2 ** 20
const fewFreeOctets = 2 * 2 ** 30

export interface FolderWanted {
  readonly path: string
  /** As in the settings file. */
  readonly setting: string
  /** `write`: the engine makes it if it is missing. */
  readonly need: 'read' | 'write'
  /** The most permission bits for others (the folder is shared with FreeSWITCH). Default: none. */
  readonly shared?: number
}

/** @param uid the user id, undefined if there is none (Windows) */
export function folder({ path, setting, need, shared = 0 }: FolderWanted, uid: number | undefined): readonly Finding[] {
  if (!existsSync(path)) {
    if (need === 'read') return [wrong(`${path}: there is no such folder`, `name the right one as ${setting}`)]
    const above = nearestAbove(path)
    return writable(above)
      ? [fine(`${path}: is made at the start`), space(above)]
      : [
          wrong(
            `${path}: there is no such folder, and it cannot be made in ${above}`,
            `make it for the engine's user, or name another as ${setting}`,
          ),
        ]
  }
  if (need === 'read')
    return [readable(path) ? fine(`${path}: can be read`) : wrong(`${path}: cannot be read`, `let the engine's user read it (${setting})`)]
  const stats = statSync(path)
  if (uid !== undefined && stats.uid !== uid)
    return [
      look(
        `${path}: belongs to user ${stats.uid}; this is user ${uid}`,
        "run npm run doctor as the engine's user: its permissions can only be checked that way",
      ),
      space(path),
    ]
  if (!writable(path)) return [wrong(`${path}: cannot be written`, `make it writable for the engine's user, or name another as ${setting}`)]
  const open = stats.mode & 0o777 & ~(0o700 | shared)
  const mode = `0${(stats.mode & 0o7777).toString(8)}`
  const access =
    open === 0
      ? fine(`${path}: can be written, by nobody else (${mode})`)
      : look(`${path}: other users of this machine can reach it (${mode})`, 'the engine closes it at its next start')
  return [access, space(path)]
}

function space(path: string): Finding {
  const { bavail, bsize } = statfsSync(path)
  const free = bavail * bsize
  const what = `${path}: ${Math.round(free / 2 ** 20)} MB free, ${Math.floor(free / octetsPerMinute)} minutes of running recordings`
  if (free < minFreeOctets) return wrong(what, 'make room: without it no call is connected')
  return free < fewFreeOctets ? look(what, 'make room before it runs out') : fine(what)
}

function nearestAbove(path: string): string {
  for (let above = dirname(path); ; above = dirname(above)) {
    if (existsSync(above) || above === dirname(above)) return above
  }
}

function writable(path: string): boolean {
  return may(path, constants.W_OK)
}

function readable(path: string): boolean {
  return may(path, constants.R_OK | constants.X_OK)
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
