/** One section of a description: the session's lines, or those of one m= line. */
export interface Section {
  /** The value of m=; empty for the session's own section. */
  readonly head: string
  readonly lines: readonly Line[]
}

export interface Line {
  /** In lower case: `c`, `a`. */
  readonly type: string
  /** White space at both ends is gone, and is one blank within. */
  readonly value: string
}

/** Longest description and longest line that are looked at, in characters. Real ones have 3,000 and 300. */
const MAX_TEXT = 65_536
const MAX_LINE = 2_000
/** No real offer has more m= lines than this. */
const MAX_MEDIA = 64

/**
 * Takes a description apart as liberally as is harmless: line ends of any kind, blanks around `=`, letters in any case, and lines that are
 * none are passed over.
 * @returns the session's section first; undefined where the text is no description
 */
export function sectionsOf(text: string): readonly Section[] | undefined {
  if (text.length > MAX_TEXT) return undefined
  const sections: { head: string; lines: Line[] }[] = [{ head: '', lines: [] }]
  let seen = false
  for (const raw of text.split(/\r\n|\n|\r|\0/)) {
    if (raw.length > MAX_LINE) continue
    const [, letter, rest = ''] = /^\s*([A-Za-z])\s*=(.*)$/.exec(raw) ?? []
    if (letter === undefined) continue
    const type = letter.toLowerCase()
    const value = rest.trim().replace(/\s+/g, ' ')
    if (type === 'v' || type === 'm') seen = true
    if (type === 'v' && Number(value) !== 0) return undefined
    if (type === 'm') sections.push({ head: value, lines: [] })
    else sections.at(-1)?.lines.push({ type, value })
    if (sections.length > MAX_MEDIA) return undefined
  }
  return seen ? sections : undefined
}
