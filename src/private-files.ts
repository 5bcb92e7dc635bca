import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, type Stats } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Files that the engine and its children make are readable only by their own user: they hold callers' numbers and voices. */
export const privateUmask = 0o077

/** The most permissive mode, and the mode set if it has to change. */
interface Modes {
  readonly folder: number
  readonly file: number
}

const own: Modes = { folder: 0o700, file: 0o600 }
/** FreeSWITCH passes through it and lists nothing. */
const passable = 0o710
/** FreeSWITCH writes here. Set-GID: its files belong to the shared group, whatever its own group is. */
const written: Modes = { folder: 0o2770, file: 0o660 }
/** FreeSWITCH reads here. */
const read: Modes = { folder: 0o2750, file: 0o640 }

export interface PrivateFolders {
  readonly dataFolder: string
  /** Inside the data folder, shared with `group` if there is one. */
  readonly spoolFolder: string
  readonly namesFolder: string
  readonly recordingsFolder: string
  /** Undefined: the log is in the data folder, or there is none. */
  readonly logFile?: string
  /** Id of the group that FreeSWITCH and the engine share; undefined: nobody else writes the spool. */
  readonly group?: number
}

/** A file found too open, and now closed. */
export interface Tightened {
  readonly path: string
  readonly was: number
  readonly is: number
}

/** A folder or file open to others that cannot be closed; the message is one line with what would be right. */
export class OpenToOthers extends Error {
  override readonly name = 'OpenToOthers'
}

/** The operating system's calls; tests replace them. */
export interface ModeCalls {
  readonly chmod: (path: string, mode: number) => void
  readonly chown: (path: string, uid: number, gid: number) => void
}

const system: ModeCalls = { chmod: chmodSync, chown: chownSync }

/**
 * Makes missing folders, and closes to others what is open to them: everything in the data folder, the recordings
 * folder, the log. The contents of the recordings folder are left to `tightenBelow`, which may take a while: nobody gets past a closed folder.
 * @returns what was found too open
 * @throws OpenToOthers if something belongs to another user and stays open
 */
export function closeToOthers(folders: PrivateFolders, calls: ModeCalls = system): readonly Tightened[] {
  if (process.platform === 'win32') return []
  const { group } = folders
  const found: Tightened[] = []
  const shared = group === undefined ? own : undefined
  ownFolder(folders.dataFolder)
  tightenFolder(folders.dataFolder, shared?.folder ?? passable, group, calls, found)
  if (recordingsFolder(folders.recordingsFolder)) tightenFolder(folders.recordingsFolder, own.folder, undefined, calls, found)
  if (group !== undefined) {
    for (const [folder, modes] of [
      [folders.spoolFolder, written],
      [folders.namesFolder, read],
    ] as const) {
      mkdirSync(folder, { recursive: true })
      tightenFolder(folder, modes.folder, group, calls, found)
    }
  }
  const inside = (path: string): Modes | undefined => {
    if (path === folders.recordingsFolder) return undefined
    if (path === folders.spoolFolder) return shared ?? written
    if (path === folders.namesFolder) return shared ?? read
    return own
  }
  for (const entry of entriesOf(folders.dataFolder)) {
    const path = join(folders.dataFolder, entry)
    const modes = inside(path)
    // FreeSWITCH may run as another user, or as root: its recordings stay as it made them.
    if (modes) tighten(path, modes, calls, found, path === folders.spoolFolder)
  }
  if (group !== undefined) letRead(folders.namesFolder, group, calls)
  if (folders.logFile !== undefined && exists(folders.logFile)?.isFile() === true) tighten(folders.logFile, own, calls, found)
  return found
}

/** As above for everything below a folder, one folder at a time, so that calls go on meanwhile. Rejects with OpenToOthers. */
export async function tightenBelow(folder: string, calls: ModeCalls = system): Promise<readonly Tightened[]> {
  const found: Tightened[] = []
  if (process.platform === 'win32') return found
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      const path = join(next, entry.name)
      tightenOne(path, own, calls, found)
      if (entry.isDirectory()) folders.push(path)
    }
  }
  return found
}

/** One line for the log and the terminal; undefined if nothing was found. */
export function tellTightened(found: readonly Tightened[]): string | undefined {
  const [first, ...others] = found
  if (first === undefined) return undefined
  const more = others.length === 0 ? '' : others.length === 1 ? ' (and one more)' : ` (and ${others.length} more)`
  return `${first.path}${more} could be read or written by other users of this machine (${octal(first.was)}); closed to them now (${octal(first.is)}).`
}

/**
 * Id of a group by its name or number.
 * @throws OpenToOthers if this machine has no such group
 */
export function groupId(group: string, groupFile = '/etc/group'): number {
  if (/^\d+$/.test(group)) return Number(group)
  let text = ''
  try {
    text = readFileSync(groupFile, 'utf8')
  } catch {
    // No such file here: only a number will do.
  }
  const line = text.split('\n').find((one) => one.startsWith(`${group}:`))
  const id = line?.split(':')[2]
  if (id === undefined || !/^\d+$/.test(id))
    throw new OpenToOthers(`folders.sharedGroup: ${groupFile} has no group "${group}". Make it (groupadd ${group}), or give its number.`)
  return Number(id)
}

/** A folder of our own, not a public one such as /tmp. Made if missing. */
function ownFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: own.folder })
  const { mode, uid } = statSync(folder)
  // A file system mounted only for us has the mode of /tmp, and is ours to close.
  const everybodys =
    (mode & 0o1000) !== 0 &&
    (uid !== process.getuid?.() || ['/tmp', '/var/tmp', '/dev/shm', '/run/shm', realOf(tmpdir())].includes(realOf(folder)))
  if (everybodys)
    throw new OpenToOthers(`${folder}: this folder is shared by all users of the machine. Name a folder of Ringround's own inside it.`)
}

/** Without a place for MP3s calls are still taken, and the recordings report it themselves. @returns whether there is one */
function recordingsFolder(folder: string): boolean {
  try {
    ownFolder(folder)
    return true
  } catch (error) {
    if (error instanceof OpenToOthers) throw error
    return false
  }
}

function tightenFolder(folder: string, mode: number, group: number | undefined, calls: ModeCalls, found: Tightened[]): void {
  const stats = statSync(folder)
  const was = stats.mode & 0o7777
  if (group !== undefined && stats.gid !== group) {
    try {
      calls.chown(folder, stats.uid, group)
    } catch (error) {
      throw new OpenToOthers(
        `${folder}: it cannot be given to the group ${group} of folders.sharedGroup (${codeOf(error)}). Add the engine's user to that group, or run: chgrp ${group} ${folder}`,
      )
    }
  }
  // A change of owner clears the set-GID bit: set the mode last.
  if (group === undefined ? (was & 0o777 & ~mode) === 0 : was === mode && stats.gid === group) return
  change(folder, mode, calls)
  if ((was & 0o777 & ~mode) !== 0) found.push({ path: folder, was, is: mode })
}

/** The group may also read names spoken before it existed. */
function letRead(folder: string, group: number, calls: ModeCalls): void {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry)
    const stats = exists(path)
    if (stats?.isFile() !== true) continue
    if (stats.gid !== group) calls.chown(path, stats.uid, group)
    if ((stats.mode & 0o777) !== read.file) calls.chmod(path, read.file)
  }
}

/** A file, or a folder with all that is in it. @param lenient as `tightenOne` */
function tighten(path: string, modes: Modes, calls: ModeCalls, found: Tightened[], lenient = false): void {
  if (tightenOne(path, modes, calls, found, lenient)?.isDirectory() !== true) return
  for (const entry of entriesOf(path)) tighten(join(path, entry), modes, calls, found, lenient)
}

/** @param lenient another user's file may stay as it is, because its folder keeps all others out @returns what is there */
function tightenOne(path: string, modes: Modes, calls: ModeCalls, found: Tightened[], lenient = false): Stats | undefined {
  const stats = exists(path)
  // A link has no mode of its own, and its target is not ours to change.
  if (stats === undefined || stats.isSymbolicLink()) return undefined
  const most = stats.isDirectory() ? modes.folder & 0o777 : modes.file
  const was = stats.mode & 0o7777
  if ((was & 0o777 & ~(most | 0o700)) !== 0) {
    const is = was & (most | 0o7700)
    try {
      calls.chmod(path, is)
      found.push({ path, was, is })
    } catch (error) {
      if (!lenient) throw stuck(path, was, is, codeOf(error))
    }
  }
  return stats
}

function change(path: string, mode: number, calls: ModeCalls): void {
  try {
    calls.chmod(path, mode)
  } catch (error) {
    throw stuck(path, statSync(path).mode & 0o7777, mode, codeOf(error))
  }
  // Some file systems (FAT, network shares) take a mode and keep their own.
  const now = statSync(path).mode & 0o7777
  if ((now & 0o777 & ~mode) !== 0) throw stuck(path, now, mode, 'its file system keeps modes of its own: mount it for the engine alone')
}

function stuck(path: string, was: number, is: number, why: string): OpenToOthers {
  return new OpenToOthers(
    `${path}: other users of this machine can reach it (${octal(was)}), and it cannot be closed to them (${why}). Give it to the engine's user, or run: chmod ${octal(is)} ${path}`,
  )
}

/** Names in a folder; empty if it is no folder, is gone or cannot be read (code that needs it reports that). */
function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function exists(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function octal(mode: number): string {
  return `0${(mode & 0o7777).toString(8)}`
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
