/** The place where a file cannot be read with certainty, and what would be right. `line` counts from 1. */
export interface TextProblem {
  readonly line: number
  readonly message: string
  readonly expected: string
}

/** A text without its byte order mark, or its first undecodable place. */
export type DecodedText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: TextProblem }

const savedAsUtf8 = 'the file saved as UTF-8 (Excel: "CSV UTF-8"; Notepad: the encoding UTF-8; other editors: "Save with encoding")'

/**
 * Reads the bytes of a file that people wrote: UTF-8 with or without a byte order mark, UTF-16 with one, and UTF-16 without one if nothing
 * else is possible. Nothing is guessed: a wrong encoding would silently change names.
 */
export function decodeText(bytes: Uint8Array): DecodedText {
  // UTF-32LE begins as UTF-16LE does, with two more zeros.
  if (startsWith(bytes, 0xff, 0xfe, 0, 0) || startsWith(bytes, 0, 0, 0xfe, 0xff)) return refused(1, 'the file is in UTF-32', savedAsUtf8)
  if (startsWith(bytes, 0xff, 0xfe)) return decodeUtf16(bytes.subarray(2), 'little')
  if (startsWith(bytes, 0xfe, 0xff)) return decodeUtf16(bytes.subarray(2), 'big')
  const content = startsWith(bytes, 0xef, 0xbb, 0xbf) ? bytes.subarray(3) : bytes
  const nul = content.indexOf(0)
  if (nul >= 0) {
    const order = utf16WithoutMark(bytes)
    return order === undefined
      ? refused(lineAt(content, nul), `byte 00 at ${placeOf(content, nul)}: this is no text file`, savedAsUtf8)
      : decodeUtf16(bytes, order)
  }
  return decodeUtf8(content)
}

/**
 * As `decodeText`; anything else is read as Windows-1252, in which UK Excel saves its plain "CSV". `guessed` is then
 * true, and the calling code trusts non-ASCII text only if it matches something known.
 */
export function decodeSheet(bytes: Uint8Array): { readonly decoded: DecodedText; readonly guessed: boolean } {
  const decoded = decodeText(bytes)
  if (
    decoded.ok ||
    bytes.includes(0) ||
    startsWith(bytes, 0xff, 0xfe) ||
    startsWith(bytes, 0xfe, 0xff) ||
    startsWith(bytes, 0xef, 0xbb, 0xbf)
  )
    return { decoded, guessed: false }
  const unassigned = bytes.findIndex((byte) => unassignedIn1252.includes(byte))
  if (unassigned >= 0) return { decoded, guessed: false }
  // A character lost earlier (see `decodeUtf8`) is not a matter of encoding.
  if (decodesAsUtf8(bytes)) return { decoded, guessed: false }
  return { decoded: { ok: true, text: windows1252(bytes) }, guessed: true }
}

const unassignedIn1252 = [0x81, 0x8d, 0x8f, 0x90, 0x9d]

function decodeUtf8(bytes: Uint8Array): DecodedText {
  const wrong = firstInvalidUtf8(bytes)
  if (wrong !== undefined) {
    const byte = bytes[wrong] ?? 0
    return refused(
      lineAt(bytes, wrong),
      `byte ${hex(byte)} at ${placeOf(bytes, wrong)} is not UTF-8${inWindows1252(bytes, wrong)}`,
      savedAsUtf8,
    )
  }
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const lost = text.indexOf('\uFFFD')
  if (lost >= 0)
    return refused(
      lineOf(text, lost),
      `a character was lost here when the file was saved before (U+FFFD in "${around(text, lost)}")`,
      'the character that belongs there',
    )
  return { ok: true, text }
}

/** The text there in Windows-1252, so that it is found and the cause understood. */
function inWindows1252(bytes: Uint8Array, at: number): string {
  let from = at
  let to = at + 1
  const isWord = (byte: number | undefined) => byte !== undefined && (byte >= 0x80 || /[A-Za-z0-9'-]/.test(String.fromCharCode(byte)))
  while (isWord(bytes[from - 1]) && at - from < 20) from--
  while (isWord(bytes[to]) && to - at < 20) to++
  return unassignedIn1252.includes(bytes[at] ?? 0) ? '' : ` (in Windows-1252 it would be "${windows1252(bytes.subarray(from, to))}")`
}

/** WHATWG Encoding, index-windows-1252: the differences from Latin-1. Some versions of Node's decoder treat it as Latin-1. */
const from80 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178'

function windows1252(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/[\u0080-\u009f]/g, (character) => from80.charAt(character.charCodeAt(0) - 0x80))
}

function decodesAsUtf8(bytes: Uint8Array): boolean {
  return firstInvalidUtf8(bytes) === undefined
}

/** Offset of the first byte that begins no well-formed sequence (Unicode 15, table 3-7). */
function firstInvalidUtf8(bytes: Uint8Array): number | undefined {
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0
    if (first < 0x80) {
      at++
      continue
    }
    const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0
    if (length === 0) return at
    const second = bytes[at + 1] ?? 0
    const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
    const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
    if (second < least || second > most) return at
    for (let more = 2; more < length; more++) if (((bytes[at + more] ?? 0) & 0xc0) !== 0x80) return at
    at += length
  }
  return undefined
}

function decodeUtf16(bytes: Uint8Array, order: 'little' | 'big'): DecodedText {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const units = Array.from({ length: Math.floor(bytes.length / 2) }, (_, index) => view.getUint16(2 * index, order === 'little'))
  const isHigh = (unit: number | undefined) => unit !== undefined && unit >= 0xd800 && unit <= 0xdbff
  const isLow = (unit: number | undefined) => unit !== undefined && unit >= 0xdc00 && unit <= 0xdfff
  const wrong = units.findIndex(
    (unit, index) => unit === 0 || (isHigh(unit) && !isLow(units[index + 1])) || (isLow(unit) && !isHigh(units[index - 1])),
  )
  const cut = bytes.length % 2 === 1 ? units.length : -1
  const at = wrong >= 0 ? wrong : cut
  if (at >= 0) {
    const line = units.slice(0, at).filter((unit) => unit === 0x0a).length + 1
    const bytesThere = [...bytes.subarray(2 * at, 2 * at + 2)].map(hex).join(' ')
    return refused(
      line,
      `bytes ${bytesThere} are no character of UTF-16 (${order} endian)${wrong < 0 ? ': the file was cut off' : ''}`,
      savedAsUtf8,
    )
  }
  let text = ''
  // In portions: a function call takes a limited number of arguments.
  for (let start = 0; start < units.length; start += 8_192) text += String.fromCharCode(...units.slice(start, start + 8_192))
  const lost = text.indexOf('\uFFFD')
  if (lost >= 0)
    return refused(
      lineOf(text, lost),
      `a character was lost here when the file was saved before (U+FFFD in "${around(text, lost)}")`,
      'the character that belongs there',
    )
  return { ok: true, text }
}

/**
 * The byte order of UTF-16 without a mark. Certain if zeros are only at even or only at odd places, and at more than half of them: only text in
 * a Latin script looks like that.
 */
function utf16WithoutMark(bytes: Uint8Array): 'little' | 'big' | undefined {
  if (bytes.length % 2 === 1) return undefined
  let even = 0
  let odd = 0
  for (const [index, byte] of bytes.entries()) {
    if (byte !== 0) continue
    if (index % 2 === 0) even++
    else odd++
  }
  if (even === 0 && odd > bytes.length / 4) return 'little'
  if (odd === 0 && even > bytes.length / 4) return 'big'
  return undefined
}

function startsWith(bytes: Uint8Array, ...first: readonly number[]): boolean {
  return first.every((byte, index) => bytes[index] === byte)
}

function refused(line: number, message: string, expected: string): DecodedText {
  return { ok: false, problem: { line, message, expected } }
}

/** @returns `character 12 of the line`, counted in bytes before it: good enough to find it, and exact if the line is ASCII up to there */
function placeOf(bytes: Uint8Array, at: number): string {
  return `position ${at - lineStart(bytes, at) + 1}`
}

function lineStart(bytes: Uint8Array, at: number): number {
  return Math.max(bytes.lastIndexOf(0x0a, at - 1), bytes.lastIndexOf(0x0d, at - 1)) + 1
}

/** Lines end with LF, CR LF or CR. */
function lineAt(bytes: Uint8Array, at: number): number {
  let line = 1
  for (let index = 0; index < at; index++) if (bytes[index] === 0x0a || (bytes[index] === 0x0d && bytes[index + 1] !== 0x0a)) line++
  return line
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split(/\r\n|\n|\r/).length
}

function around(text: string, at: number): string {
  return text
    .slice(Math.max(0, at - 15), at + 16)
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}
