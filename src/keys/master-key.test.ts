import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { masterKey, masterKeys, NoMasterKey, writeMasterKeys } from './master-key.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringround-master-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const one = Buffer.alloc(32, 7)
const other = randomBytes(32)
const file = () => join(folder, 'deeper', 'master.key')
const text = (value: string) => masterKeys({ kind: 'text', text: value, from: 'keys.master' }, false)

describe('a master key in a file', () => {
  it('is made if nothing was ever wrapped, for its owner alone, and found again', async () => {
    const [made] = await masterKeys({ kind: 'file', path: file() }, true)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'deeper'))).toEqual(['master.key'])
    const [found] = await masterKeys({ kind: 'file', path: file() }, false)
    expect(found).toEqual(made)
    expect(found.name).toMatch(/^[0-9a-f]{16}$/)
    expect(readFileSync(file(), 'utf8')).toContain(made.key.toString('hex'))
  })

  it('is not made again if something was', async () => {
    await expect(masterKeys({ kind: 'file', path: file() }, false)).rejects.toThrow(
      /is not there, and what was sealed before opens with it alone/,
    )
    expect(readdirSync(folder)).toEqual([])
  })

  it('keeps earlier ones after the current one', async () => {
    await writeMasterKeys(file(), [masterKey(other), masterKey(one)])
    expect((await masterKeys({ kind: 'file', path: file() }, false)).map(({ key }) => key)).toEqual([other, one])
  })
})

describe('the text form of a master key', () => {
  it.each([
    ['hexadecimal', one.toString('hex')],
    ['in capitals', one.toString('hex').toUpperCase()],
    ['base64', one.toString('base64')],
    ['base64 for addresses', one.toString('base64url')],
    ['with remarks and blanks', `# ours\n\n  ${one.toString('hex')}  \n`],
  ])('is read: %s', async (_, written) => {
    expect((await text(written))[0].key).toEqual(one)
  })

  it.each(['', '# nothing', 'password', one.toString('hex').slice(1), `${one.toString('hex')},x`])(
    'is refused if invalid, and not repeated: %j',
    async (written) => {
      const error: unknown = await text(written).catch((refused: unknown) => refused)
      expect(error).toBeInstanceOf(NoMasterKey)
      expect(String(error)).toContain('32 bytes are wanted')
      expect(String(error)).not.toContain('password')
    },
  )
})

describe('a command that asks a KMS', () => {
  const asked = (command: string, withinMs?: number) => {
    const wrapped = join(folder, 'wrapped')
    writeFileSync(wrapped, one.toString('hex').split('').reverse().join(''))
    return masterKeys({ kind: 'command', command, wrapped, ...(withinMs === undefined ? {} : { withinMs }) }, true)
  }

  it('is given the wrapped bytes and answers with the key', async () => {
    expect((await asked('rev'))[0].key).toEqual(one)
  })

  it('may answer with the bytes themselves', async () => {
    expect((await asked(`head -c 32 /dev/zero`))[0].key).toEqual(Buffer.alloc(32))
  })

  it.each([
    ['echo "no such alias" >&2; exit 3', /failed \(exit code 3\): no such alias/],
    ['kill -9 $$', /failed \(SIGKILL\)/],
    ['true', /the answer of keys\.masterCommand has no master key in it/],
    ['echo Error', /has something that is no master key/],
    ['yes', /answers with more than 4096 bytes/],
    ['exec /no/such/program', /failed \(exit code 12[67]\)/],
  ])('says plainly what is wrong: %s', async (command, message) => {
    const error: unknown = await asked(command).catch((refused: unknown) => refused)
    expect(error).toBeInstanceOf(NoMasterKey)
    expect(String(error)).toMatch(message)
  })

  it('is not waited for beyond its time-out, nor are its child processes', async () => {
    await expect(asked('sleep 60 & sleep 60', 100)).rejects.toThrow('has not answered within 0.1 s')
  })

  it('says which wrapped key is missing', async () => {
    await expect(masterKeys({ kind: 'command', command: 'cat', wrapped: join(folder, 'none') }, true)).rejects.toThrow(
      /cannot be read from .*none \(ENOENT\)/,
    )
  })
})
