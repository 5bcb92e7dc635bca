import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closeToOthers, groupId, OpenToOthers, tellTightened, tightenBelow, type PrivateFolders } from './private-files.js'

let root: string
let folders: PrivateFolders
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringround-private-'))
  const dataFolder = join(root, 'data')
  folders = {
    dataFolder,
    spoolFolder: join(dataFolder, 'spool'),
    namesFolder: join(dataFolder, 'names'),
    recordingsFolder: join(root, 'recordings'),
  }
})
afterEach(() => rmSync(root, { recursive: true }))

const modeOf = (path: string) => statSync(path).mode & 0o7777

/** Files and folders as an engine with the usual umask of 022 left them. */
function leftOpen(...files: readonly string[]): readonly string[] {
  return files.map((file) => {
    const path = join(root, file)
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o755 })
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    return path
  })
}

describe.skipIf(process.platform === 'win32')('files of the engine', () => {
  it('are in folders that only its user can enter, made if missing', () => {
    expect(closeToOthers(folders)).toEqual([])
    expect([modeOf(folders.dataFolder), modeOf(folders.recordingsFolder)]).toEqual([0o700, 0o700])
  })

  it('are closed if found open, and each is reported with its old mode', async () => {
    const files = leftOpen(
      'data/ringround.db',
      'data/ringround.db-wal',
      'data/ringround.log',
      'data/rota-history.jsonl',
      'data/spool/a.wav',
      'data/spool/unusable/b.wav',
      'data/names/dr.wav',
    )
    const mp3s = leftOpen('recordings/2026/11/29/a.mp3')
    chmodSync(folders.dataFolder, 0o755)
    const found = closeToOthers(folders)
    for (const file of files) expect([file, modeOf(file)]).toEqual([file, 0o600])
    for (const folder of [
      folders.dataFolder,
      folders.recordingsFolder,
      folders.spoolFolder,
      folders.namesFolder,
      join(folders.spoolFolder, 'unusable'),
    ])
      expect([folder, modeOf(folder)]).toEqual([folder, 0o700])
    expect(found.find(({ path }) => path === files[0])).toEqual({ path: files[0], was: 0o644, is: 0o600 })
    expect(tellTightened(found)).toMatch(
      /data \(and 11 more\) could be read or written by other users of this machine \(0755\); closed to them now \(0700\)\.$/,
    )
    expect(closeToOthers(folders)).toEqual([])

    const below = await tightenBelow(folders.recordingsFolder)
    expect(below.map(({ path }) => path)).toContain(mp3s[0])
    expect(modeOf(mp3s[0]!)).toBe(0o600)
    expect(modeOf(join(folders.recordingsFolder, '2026', '11'))).toBe(0o700)
    expect(await tightenBelow(folders.recordingsFolder)).toEqual([])
  })

  it('a log outside the data folder is closed, its folder is left as it is', () => {
    const [log] = leftOpen('logs/ringround.log')
    closeToOthers({ ...folders, logFile: log! })
    expect(modeOf(log!)).toBe(0o600)
    expect(modeOf(join(root, 'logs')) & 0o777).not.toBe(0o700)
  })

  it('the target of a link is not changed', () => {
    const [elsewhere] = leftOpen('elsewhere.txt')
    mkdirSync(folders.dataFolder)
    symlinkSync(elsewhere!, join(folders.dataFolder, 'link'))
    closeToOthers(folders)
    expect(modeOf(elsewhere!)).toBe(0o644)
  })

  it('a file that cannot be closed stops the start, in one line that says what to do', () => {
    leftOpen('data/ringround.db')
    const refusing = {
      chmod: (path: string, mode: number) => (path.endsWith('.db') ? notPermitted() : chmodSync(path, mode)),
      chown: notPermitted,
    }
    expect(() => closeToOthers(folders, refusing)).toThrow(
      /ringround\.db: other users of this machine can reach it \(0644\), and it cannot be closed to them \(EPERM\)\..*chmod 0600/,
    )
  })

  it('a file system that keeps modes of its own is noticed', () => {
    mkdirSync(folders.dataFolder, { mode: 0o755 })
    chmodSync(folders.dataFolder, 0o755)
    expect(() => closeToOthers(folders, { chmod: () => undefined, chown: notPermitted })).toThrow(/keeps modes of its own/)
  })

  it('a folder that belongs to everybody is refused and not changed', () => {
    const before = modeOf(tmpdir())
    if ((before & 0o1000) === 0) return
    const changing = () => expect.unreachable('nothing of it may be changed')
    expect(() => closeToOthers({ ...folders, dataFolder: tmpdir() }, { chmod: changing, chown: changing })).toThrow(OpenToOthers)
  })

  it('a file system mounted for the engine is closed, although it has the mode of /tmp', () => {
    mkdirSync(folders.dataFolder)
    chmodSync(folders.dataFolder, 0o1777)
    closeToOthers(folders)
    expect(modeOf(folders.dataFolder) & 0o777).toBe(0o700)
  })

  it('a recordings folder that cannot be made does not stop the start', () => {
    writeFileSync(join(root, 'file'), '')
    expect(closeToOthers({ ...folders, recordingsFolder: join(root, 'file', 'recordings') })).toEqual([])
  })
})

describe.skipIf(process.platform === 'win32')('a group shared with FreeSWITCH', () => {
  const group = process.getgid?.() ?? 0

  it('writes the spool, reads the names, passes through the data folder, and reaches nothing else', () => {
    const [database, name, recording] = leftOpen('data/ringround.db', 'data/names/dr.wav', 'data/spool/a.wav')
    closeToOthers({ ...folders, group })
    expect([
      modeOf(folders.dataFolder),
      modeOf(folders.spoolFolder),
      modeOf(folders.namesFolder),
      modeOf(folders.recordingsFolder),
    ]).toEqual([0o710, 0o2770, 0o2750, 0o700])
    expect([modeOf(database!), modeOf(name!), modeOf(recording!)]).toEqual([0o600, 0o640, 0o640])
    // A second start finds nothing to do.
    expect(closeToOthers({ ...folders, group })).toEqual([])
  })

  it.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
    'lets another user of the group record and read names, and nothing more; a stranger nothing at all',
    () => {
      chmodSync(root, 0o755)
      const shared = 54_321
      const [database, name, recording] = leftOpen('data/ringround.db', 'data/names/dr.wav', 'data/spool/a.json')
      closeToOthers({ ...folders, group: shared })
      const may = (gid: number, command: string, path: string) =>
        spawnSync('/bin/sh', ['-c', `umask 007; ${command} "$1"`, 'sh', path], { uid: 65_534, gid, stdio: 'ignore' }).status === 0
      const made = join(folders.spoolFolder, 'new.wav')
      expect(may(shared, 'echo sound >', made)).toBe(true)
      expect([statSync(made).gid, modeOf(made)]).toEqual([shared, 0o660])
      expect(may(shared, 'cat', name!)).toBe(true)
      for (const [command, path] of [
        ['cat', database!],
        ['ls', folders.dataFolder],
        ['echo x >', join(folders.namesFolder, 'new.wav')],
        ['echo x >', join(folders.dataFolder, 'new')],
        ['ls', folders.recordingsFolder],
      ] as const) {
        expect([command, path, may(shared, command, path)]).toEqual([command, path, false])
      }
      for (const path of [database!, name!, recording!, made]) expect([path, may(65_533, 'cat', path)]).toEqual([path, false])
      // FreeSWITCH's files are right: nothing is found at the next start.
      expect(closeToOthers({ ...folders, group: shared })).toEqual([])
    },
  )

  it('without it, shared folders are closed again', () => {
    closeToOthers({ ...folders, group })
    closeToOthers(folders)
    expect([modeOf(folders.dataFolder), modeOf(folders.spoolFolder) & 0o777]).toEqual([0o700, 0o700])
  })

  it('a recording of FreeSWITCH that everybody may read does not stop the start: its folder is closed', () => {
    leftOpen('data/spool/a.wav')
    const refusing = {
      chmod: (path: string, mode: number) => (path.endsWith('.wav') ? notPermitted() : chmodSync(path, mode)),
      chown: notPermitted,
    }
    expect(() => closeToOthers({ ...folders, group }, refusing)).not.toThrow()
  })

  it('that the engine does not belong to is refused with what to do', () => {
    expect(() => closeToOthers({ ...folders, group: group + 1 }, { chmod: chmodSync, chown: notPermitted })).toThrow(
      /cannot be given to the group \d+ of folders\.sharedGroup \(EPERM\)\. Add the engine's user to that group/,
    )
  })

  it('is found by its name or number', () => {
    const file = join(root, 'group')
    writeFileSync(file, 'root:x:0:\nringround-media:x:990:ringround,freeswitch\n')
    expect([groupId('ringround-media', file), groupId('991', file)]).toEqual([990, 991])
    expect(() => groupId('nobody-knows', file)).toThrow(/no group "nobody-knows".*groupadd/)
    expect(existsSync(file) && readdirSync(root)).toContain('group')
  })
})

function notPermitted(): never {
  throw Object.assign(new Error('not permitted'), { code: 'EPERM' })
}
