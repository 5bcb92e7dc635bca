/** What the commands say on the terminal. Names, reasons and addresses in it were written by others: they are shown, not obeyed. */
import { onOneLine, printable } from './text/printable.js'

/** One line; a newline in what it quotes is seen as `\n`. */
export function say(line: string): void {
  process.stdout.write(`${onOneLine(line)}\n`)
}

/** Several lines, made by the program: whatever it quotes is on one line already. */
export function sayLines(text: string): void {
  process.stdout.write(`${printable(text)}\n`)
}

/** What is amiss. */
export function complain(text: string): void {
  process.stderr.write(`${printable(text)}\n`)
}

/** @returns the exit code */
export function fail(text: string): 1 {
  complain(text)
  return 1
}
