import { spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { keyBytes } from '../sealing/wrap.js'

/** The key that wraps all others. Its name identifies it without revealing it. */
export interface MasterKey {
  readonly name: string
  readonly key: Buffer
}

/** The source of the master key. */
export type MasterKeySource =
  /** A file, made if there is none yet. */
  | { readonly kind: 'file'; readonly path: string }
  /** The value from the environment. */
  | { readonly kind: 'text'; readonly text: string; readonly from: string }
  /** A command that gets the file's content, the key as wrapped by a KMS, and answers with the key. */
  | { readonly kind: 'command'; readonly command: string; readonly wrapped: string; readonly withinMs?: number }

/** Why there is no master key, in one line that says what to do. */
export class NoMasterKey extends Error {
  override readonly name = 'NoMasterKey'
}

const commandWithinMs = 10_000
const maxAnswerBytes = 4_096
const maxComplaintBytes = 2_000
/** Length of a name: enough to tell keys apart. */
const nameBytes = 8

/**
 * The master keys of a source: the first is current, the others only open older keys.
 * @param mayMake nothing was ever wrapped here: a missing file is made
 * @throws NoMasterKey
 */
export async function masterKeys(source: MasterKeySource, mayMake: boolean): Promise<readonly [MasterKey, ...MasterKey[]]> {
  switch (source.kind) {
    case 'text':
      return keysIn(source.text, source.from)
    case 'command':
      return keysIn(await asked(source), 'the answer of keys.masterCommand')
    case 'file':
      return keysIn(await readOrMake(source.path, mayMake), source.path)
  }
}

export function masterKey(key: Buffer): MasterKey {
  return {
    name: createHmac('sha256', key)
      .update('the name of a master key')
      .digest('hex')
      .slice(0, 2 * nameBytes),
    key,
  }
}

/** Writes a file of master keys, the current one first: whole, on the disk, for its owner alone, or not at all. */
export async function writeMasterKeys(path: string, keys: readonly MasterKey[]): Promise<void> {
  const text = [
    '# The master key of Ringround: what is sealed opens with it alone. Keep a copy elsewhere, and not beside the recordings.',
    ...keys.map(({ key }) => key.toString('hex')),
    '',
  ].join('\n')
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(fresh, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
}

async function readOrMake(path: string, mayMake: boolean): Promise<string | Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new NoMasterKey(`the master key ${path} cannot be read (${describe(error)})`)
    if (!mayMake)
      throw new NoMasterKey(
        `the master key ${path} is not there, and what was sealed before opens with it alone: put it back from where you keep its copy`,
      )
  }
  try {
    await writeMasterKeys(path, [masterKey(randomBytes(keyBytes))])
    return await readFile(path)
  } catch (error) {
    throw new NoMasterKey(`a master key cannot be written to ${path} (${describe(error)})`)
  }
}

/** Keys of 32 bytes: hexadecimal or base64, one a line or with commas between them, `#` before remarks; or the raw bytes of one. Errors never repeat the input. */
function keysIn(content: string | Buffer, where: string): readonly [MasterKey, ...MasterKey[]] {
  if (typeof content !== 'string' && content.length === keyBytes) return [masterKey(content)]
  const written = content
    .toString()
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  const [first, ...others] = written.map((entry) => {
    if (/^[0-9a-f]{64}$/i.test(entry)) return masterKey(Buffer.from(entry, 'hex'))
    if (/^[A-Za-z0-9+/_-]{43}=?$/.test(entry)) return masterKey(Buffer.from(entry, 'base64'))
    throw new NoMasterKey(
      `${where} has something that is no master key: 32 bytes are wanted, as 64 hexadecimal digits or as base64 (openssl rand -hex 32)`,
    )
  })
  if (!first)
    throw new NoMasterKey(
      `${where} has no master key in it: 32 bytes are wanted, as 64 hexadecimal digits or as base64 (openssl rand -hex 32)`,
    )
  return [first, ...others]
}

async function asked({ command, wrapped, withinMs = commandWithinMs }: Extract<MasterKeySource, { kind: 'command' }>): Promise<Buffer> {
  const given = await readFile(wrapped).catch((error: unknown) => {
    throw new NoMasterKey(`the wrapped master key for keys.masterCommand cannot be read from ${wrapped} (${describe(error)})`)
  })
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new NoMasterKey(`keys.masterCommand ${why}`))
    // Its own process group: the command's children end with it.
    const child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'pipe'], detached: process.platform !== 'win32' })
    const answer: Buffer[] = []
    let bytes = 0
    let complaints = ''
    const end = (why: string) => {
      fail(why)
      try {
        if (child.pid === undefined) return
        if (process.platform === 'win32') child.kill('SIGKILL')
        else process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has already ended.
      }
      child.stdout.destroy()
      child.stderr.destroy()
    }
    const tooLate = setTimeout(() => end(`has not answered within ${withinMs / 1_000} s`), withinMs)
    child.stdout.on('data', (data: Buffer) => {
      answer.push(data)
      bytes += data.length
      if (bytes > maxAnswerBytes) end(`answers with more than ${maxAnswerBytes} bytes; a key has ${keyBytes}`)
    })
    child.stderr.on('data', (data: Buffer) => (complaints = (complaints + data.toString()).slice(-maxComplaintBytes)))
    // It need not read its input.
    child.stdin.on('error', () => undefined)
    child.stdin.end(given)
    child.once('error', (error) => {
      clearTimeout(tooLate)
      fail(`cannot be run: ${error.message}`)
    })
    child.once('close', (code, signal) => {
      clearTimeout(tooLate)
      const said = complaints.trim().split('\n').at(-1) ?? ''
      if (code === 0) resolve(Buffer.concat(answer))
      else fail(`failed (${code === null ? (signal ?? 'unknown') : `exit code ${code}`})${said === '' ? '' : `: ${said}`}`)
    })
  })
}

function describe(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
