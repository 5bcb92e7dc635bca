import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { decodeSheet, decodeText } from './decode-text.js'
import { readTextFile, readTextFileSync } from './read-text-file.js'
import { asTyped } from './twins.js'

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const utf8 = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'))
const utf16le = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'))
const utf16be = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le').swap16())

const name = 'name: Dr Siobhán Ó Súilleabháin\r\nward: 7 – “north”\n'

describe('a text file', () => {
  it.each<[string, Uint8Array]>([
    ['UTF-8', utf8(name)],
    ['UTF-8 with a byte order mark', utf8(`\uFEFF${name}`)],
    ['UTF-16, little endian, with a mark', utf16le(`\uFEFF${name}`)],
    ['UTF-16, big endian, with a mark', utf16be(`\uFEFF${name}`)],
    ['UTF-16, little endian, without one', utf16le(name)],
    ['UTF-16, big endian, without one', utf16be(name)],
  ])('in %s is read as what it is', (_, bytes) => {
    expect(decodeText(bytes)).toEqual({ ok: true, text: name })
  })

  it.each<[string, Uint8Array, number, RegExp]>([
    [
      'Windows-1252',
      latin1('a: 1\r\nname: Dr Siobh\u00e1n\r\n'),
      2,
      /^byte E1 at position 15 is not UTF-8 \(in Windows-1252 it would be "Siobhán"\)$/,
    ],
    ['the same with old Macintosh line ends', latin1('a: 1\rname: \u0092\r'), 2, /^byte 92 at position 7 .*"’"/],
    ['UTF-8 that was cut off within a character', utf8('a\nné').subarray(0, 4), 2, /^byte C3 at position 2 is not UTF-8/],
    ['an overlong form', Uint8Array.of(0x61, 0xc0, 0xaf), 1, /^byte C0/],
    ['half of a surrogate in UTF-8', Uint8Array.of(0xed, 0xa0, 0x80), 1, /^byte ED/],
    ['UTF-16 that was cut off', utf16le('\uFEFFab\nc').subarray(0, 9), 2, /little endian\): the file was cut off/],
    ['half of a surrogate in UTF-16', utf16le('\uFEFFa\n\ud800b'), 2, /^bytes 00 D8 are no character/],
    ['zeros in the middle', utf8('a: b\nc: \u0000d\n'), 2, /^byte 00 at position 4: this is no text file/],
    ['UTF-32', Uint8Array.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), 1, /UTF-32/],
    ['a character that was lost before', utf8('a: b\nname: Dr Siobh\uFFFDn\n'), 2, /lost here.*Siobh\uFFFDn/],
  ])('in %s is refused, with the line and the byte', (_, bytes, line, message) => {
    const decoded = decodeText(bytes)
    if (decoded.ok) throw new Error(JSON.stringify(decoded.text))
    expect(decoded.problem.line).toBe(line)
    expect(decoded.problem.message).toMatch(message)
    expect(decoded.problem.expected).not.toBe('')
  })

  it('without marks gives the original text, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/[\u0000\uFEFF\uFFFD]/.test(text))
        expect(decodeText(utf8(text))).toEqual({ ok: true, text })
        expect(decodeText(utf16be(`\uFEFF${text}`))).toEqual({ ok: true, text })
      }),
    )
  })

  it('of any bytes is text or a problem with a line, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const decoded = decodeText(bytes)
        if (!decoded.ok) expect(decoded.problem.line).toBeGreaterThan(0)
        else expect(decoded.text).not.toMatch(/[\u0000\uFFFD]/)
        decodeSheet(bytes)
      }),
    )
  })
})

describe('a sheet', () => {
  it('that is not UTF-8 is read as Windows-1252, and marked as a guess', () => {
    expect(decodeSheet(latin1('Dr Siobh\u00e1n'))).toEqual({ decoded: { ok: true, text: 'Dr Siobhán' }, guessed: true })
    expect(decodeSheet(utf8('Dr Siobhán'))).toEqual({ decoded: { ok: true, text: 'Dr Siobhán' }, guessed: false })
  })
  it.each([
    ['a byte that Windows-1252 does not have', Uint8Array.of(0x61, 0x81)],
    ['a byte order mark of UTF-8 before it', Uint8Array.of(0xef, 0xbb, 0xbf, 0xe1)],
    ['zeros', Uint8Array.of(0xe1, 0x00, 0x61)],
    ['a character that was lost before', utf8('\uFFFD')],
  ])('with %s is refused all the same', (_, bytes) => {
    expect(decodeSheet(bytes)).toMatchObject({ decoded: { ok: false }, guessed: false })
  })
})

describe('a file', () => {
  it('that cannot be read gives a sentence, with what would be right', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-text-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'a.yaml')
    writeFileSync(file, 'a: é')
    expect(await readTextFile(file)).toEqual({ ok: true, text: 'a: é' })
    for (const [path, message] of [
      [join(folder, 'none'), /no such file/],
      [folder, /folder/],
      [join(file, 'b'), /no such file/],
    ] as const) {
      for (const read of [await readTextFile(path), readTextFileSync(path)]) {
        if (read.ok) throw new Error(path)
        expect(read.problem.message).toMatch(message)
        expect(read.problem.message).not.toMatch(/E[A-Z]{4,}/)
      }
    }
  })
})

describe('typographic twins', () => {
  it.each([
    ['O\u2019Brien', "O'Brien"],
    ['O\u02bcBrien', "O'Brien"],
    ['Lloyd\u2013Jones', 'Lloyd-Jones'],
    ['Lloyd\u2011Jones', 'Lloyd-Jones'],
    ['Dr\u00a0Ada\u202fOkafor', 'Dr Ada Okafor'],
    ['Dr\u200b Ada\ufeff', 'Dr Ada'],
    ['\uff10\uff19\uff1a\uff10\uff10', '09:00'],
    ['\uff24\uff41\uff54\uff45', 'Date'],
    ['1\u02e2\u1d57', '1st'],
    ['e\u0301', 'é'],
    ['\u201cWard 7\u201d', '"Ward 7"'],
    ['  a \n b ', 'a b'],
    ['Siobhán', 'Siobhán'],
  ])('%j is typed %j', (text, typed) => {
    expect(asTyped(text)).toBe(typed)
  })
})
