/** The commands' output on the terminal. Names, reasons and addresses in it come from outside: control characters are escaped. */
import { onOneLine, printable } from './text/printable.js'

/** One line; a newline in quoted text shows as `\n`. */
export function say(line: string): void {
  process.stdout.write(`${onOneLine(line)}\n`)
}

/** Several lines, made by the program: whatever it quotes is on one line already. */
export function sayLines(text: string): void {
  process.stdout.write(`${printable(text)}\n`)
}

/** Errors. */
export function complain(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}

/** @returns the exit code */
export function fail(text: string): 1 {
  complain(text)
  return 1
}
