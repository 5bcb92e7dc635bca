/**
 * Characters that a terminal obeys instead of showing: control characters (the 8-bit ones and DEL too), line breaks and direction marks.
 * Without tabs and newlines.
 */
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Lines for a terminal: control characters from outside are shown, and do nothing. Newlines stay. */
export function printable(text: string): string {
  return text.replace(obeyed, escaped)
}

/** The same in one line: a newline in a name or an address starts no new line. */
export function onOneLine(text: string): string {
  return printable(text.replaceAll('\n', '\\n'))
}

function escaped(character: string): string {
  return character === '\r' ? '\\r' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
