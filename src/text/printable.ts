/**
 * What a terminal obeys instead of showing it: control characters (the 8-bit ones and DEL too), and what breaks a line or turns the direction of writing.
 * Without tabs and newlines.
 */
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Lines for a terminal: what others have written into them is seen, and does nothing. Newlines stay. */
export function printable(text: string): string {
  return text.replace(obeyed, escaped)
}

/** The same in one line: a newline in a name or an address makes no line of its own. */
export function onOneLine(text: string): string {
  return printable(text.replaceAll('\n', '\\n'))
}

function escaped(character: string): string {
  return character === '\r' ? '\\r' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
