/**
 * Look-alikes of keyboard characters that Word, Excel and web pages insert. Names, headings, dates and
 * times are compared in this form; shown and spoken text stays as written.
 */
const spaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g
/** Zero-width characters, soft hyphens, direction marks, variation selectors: all invisible. */
const unseen = /[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]/g
const singleQuotes = /[\u0060\u00b4\u02b9\u02bb\u02bc\u02c8\u2018-\u201b\u2032\u2035\uff07]/g
const doubleQuotes = /[\u00ab\u00bb\u201c-\u201f\u2033\u2036\uff02]/g
const dashes = /[\u2010-\u2015\u2043\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d]/g

/** The text as a keyboard types it: plain quotes, hyphens and spaces, fullwidth letters and digits as usual ones (Unicode NFKC); spaces once. */
export function asTyped(text: string): string {
  // Nearly every text is plain, and a directory has hundreds of thousands of them.
  const plain = /[^\u0000-\u007f]/.test(text) ? replaced(text) : text
  return plain.replaceAll(/\s+/g, ' ').trim()
}

function replaced(text: string): string {
  return text
    .replaceAll(unseen, '')
    .replaceAll(spaces, ' ')
    .replaceAll(singleQuotes, "'")
    .replaceAll(doubleQuotes, '"')
    .replaceAll(dashes, '-')
    .normalize('NFKC')
}
