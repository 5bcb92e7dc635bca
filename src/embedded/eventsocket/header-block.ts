/** Characters which FreeSWITCH percent-encodes in plain events, beside controls and everything outside ASCII. */
const UNSAFE = /[\x00-\x20"#%&+:;<=>?@[\\\]^`{|}\x7f-\u{10ffff}]/gu

/** Percent-encoding as the plain event format uses it (`/`, `,` and `*` stay as they are). */
export function encodeValue(value: string): string {
  if (!UNSAFE.test(value)) return value
  UNSAFE.lastIndex = 0
  return value.replace(UNSAFE, (char) => {
    let encoded = ''
    for (const byte of Buffer.from(char, 'utf8')) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    return encoded
  })
}

/**
 * A run of event headers in order, written out at most once per format. Events of one channel share their blocks, so
 * that an event costs the joining of strings and not the printing of a hundred headers.
 */
export class HeaderBlock {
  readonly pairs: readonly (readonly [string, string])[]
  #json: string | undefined
  #plain: string | undefined

  constructor(pairs: readonly (readonly [string, string])[]) {
    this.pairs = pairs
  }

  /** `"Name":"value",...` without the braces; empty for an empty block. */
  get json(): string {
    this.#json ??= this.pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')
    return this.#json
  }

  /** `Name: value\n...`, values percent-encoded. */
  get plain(): string {
    this.#plain ??= this.pairs.map(([name, value]) => `${name}: ${encodeValue(value)}\n`).join('')
    return this.#plain
  }

  /** First value of a header; names are compared without regard to case. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase()
    return this.pairs.find(([other]) => other.toLowerCase() === wanted)?.[1]
  }
}
