import { open, readFile, type FileHandle } from 'node:fs/promises'
import { emptyRota } from './empty-directory.js'
import type { ClinicianId, Directory, LineId, Rota } from './model.js'
import { entryKey } from './rota.js'
import type { RotaHistory, RotaVersion } from './rota-history.js'

/**
 * The rotas' own history on disk: one file, one version a line (JSON), only ever appended to. What was planned last year can be asked for
 * after any number of edits, since no edit touches what stands there.
 */
export interface RotaLedger {
  /**
   * Writes down every rota that is not what it was. Resolves when it is on disk (fsync); rejects when it cannot be written (disk full), and
   * nothing of this round then counts.
   * @param atMs from when the directory is in force
   * @returns the lines whose rota has a new version
   */
  record(directory: Directory, atMs: number): Promise<readonly LineId[]>
  /** All versions of a line's rota, oldest first; empty for a line that never had one. */
  history(line: LineId): Promise<RotaHistory>
  close(): Promise<void>
}

interface Known {
  readonly places: { readonly at: number; readonly bytes: number }[]
  /** What the last version says, to see whether the next one differs. */
  last: string
  validFrom: number
}

/** Opens the ledger, or begins one. A last line that a crash cut short was never acknowledged, and is cut off. */
export async function openRotaLedger(file: string): Promise<RotaLedger> {
  // Append and read: the file is made when it is not there.
  const handle = await open(file, 'a+', 0o600)
  try {
    return await read(handle)
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * All versions of a line's rota, oldest first, for a program that runs beside the engine: the file is only read. A last line that is being
 * written at this moment does not count yet. Empty when there is no such file; rejects when it cannot be read or is damaged.
 */
export async function readRotaHistory(file: string, line: LineId): Promise<RotaHistory> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  const versions: RotaVersion[] = []
  for (const [index, row] of text.split('\n').slice(0, -1).entries()) {
    const version = parseVersion(row)
    if (version === undefined) throw new Error(`${file}:${index + 1}: the rota history is damaged`)
    if (version.rota.line === line) versions.push(version)
  }
  return versions
}

async function read(handle: FileHandle): Promise<RotaLedger> {
  const lines = new Map<LineId, Known>()
  let size = 0
  const content = await handle.readFile()
  for (let end = content.indexOf(10, size); end >= 0; end = content.indexOf(10, size)) {
    const version = parseVersion(content.subarray(size, end).toString('utf8'))
    if (version === undefined) throw new Error(`the rota history is damaged at byte ${size}; it is not written to until that is looked into`)
    note(lines, version, size, end - size)
    size = end + 1
  }
  if (size < content.length) await handle.truncate(size)
  /** One round after the other: places in the file are counted, not asked for. */
  let turn: Promise<unknown> = Promise.resolve()

  async function append(directory: Directory, atMs: number): Promise<readonly LineId[]> {
    const versions = newVersions(directory, lines, atMs)
    if (versions.length === 0) return []
    const rows = versions.map((version) => Buffer.from(`${JSON.stringify(version)}\n`))
    try {
      await handle.appendFile(Buffer.concat(rows))
      await handle.sync()
    } catch (error) {
      await handle.truncate(size).catch(() => undefined)
      throw error
    }
    for (const [index, version] of versions.entries()) {
      const bytes = (rows[index]?.length ?? 1) - 1
      note(lines, version, size, bytes)
      size += bytes + 1
    }
    return versions.map((version) => version.rota.line)
  }

  return {
    record(directory, atMs) {
      const mine = turn.then(() => append(directory, atMs))
      turn = mine.catch(() => undefined)
      return mine
    },
    async history(line) {
      const versions: RotaVersion[] = []
      for (const { at, bytes } of lines.get(line)?.places ?? []) {
        const { buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, at)
        const version = parseVersion(buffer.toString('utf8'))
        if (version !== undefined) versions.push(version)
      }
      return versions
    },
    async close() {
      await turn
      await handle.close()
    },
  }
}

function note(lines: Map<LineId, Known>, version: RotaVersion, at: number, bytes: number): void {
  const { line } = version.rota
  const known = lines.get(line)
  const place = { at, bytes }
  if (known === undefined) lines.set(line, { places: [place], last: essence(version.rota, version.timeZone), validFrom: version.validFrom })
  else {
    known.places.push(place)
    known.last = essence(version.rota, version.timeZone)
    known.validFrom = version.validFrom
  }
}

function newVersions(directory: Directory, lines: ReadonlyMap<LineId, Known>, atMs: number): readonly RotaVersion[] {
  const versions: RotaVersion[] = []
  for (const line of directory.lines.values()) {
    const rota = directory.rotas.get(line.id) ?? emptyRota(line.id)
    const known = lines.get(line.id)
    if (known?.last === essence(rota, line.timeZone)) continue
    versions.push({ validFrom: Math.max(atMs, known?.validFrom ?? atMs), timeZone: line.timeZone, rota, names: namesOf(directory, rota) })
  }
  for (const [id, known] of lines) {
    // A line that has left the directory has nobody on from now.
    if (!directory.lines.has(id) && known.last !== essence(emptyRota(id), 'UTC')) versions.push({ validFrom: Math.max(atMs, known.validFrom), timeZone: 'UTC', rota: emptyRota(id), names: {} })
  }
  return versions
}

function essence(rota: Rota, timeZone: string): string {
  return JSON.stringify([timeZone, rota.pattern, rota.changes])
}

function namesOf(directory: Directory, rota: Rota): Readonly<Record<ClinicianId, string>> {
  const entries = [...rota.pattern.flatMap((session) => session.entries), ...rota.changes.flatMap((change) => ('entries' in change ? change.entries : 'entry' in change ? [change.entry] : []))]
  const names = new Map<string, [ClinicianId, string]>()
  for (const entry of entries) {
    if (entry.kind === 'clinician') names.set(entryKey(entry), [entry.clinician, directory.clinicians.get(entry.clinician)?.name ?? entry.clinician])
  }
  return Object.fromEntries(names.values())
}

/** Written by this module alone; what is checked is that the row is whole. */
function parseVersion(row: string): RotaVersion | undefined {
  try {
    const value: unknown = JSON.parse(row)
    return typeof value === 'object' && value !== null && 'validFrom' in value && 'rota' in value && 'timeZone' in value ? (value as RotaVersion) : undefined
  } catch {
    return undefined
  }
}
