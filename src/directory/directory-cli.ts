import { createInterface } from 'node:readline/promises'
import { directoryCommand } from './directory-command.js'

/** Only `y` and `yes` are a yes. */
async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Whoever ends the input (Ctrl-D) has not said yes.
    const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
    return /^y(?:es)?$/i.test((await Promise.race([terminal.question(`${question} [y/N] `), ended])).trim())
  } finally {
    terminal.close()
  }
}

// Program behind `npm run directory`.
process.exitCode = await directoryCommand(process.argv.slice(2), { out: (text) => console.log(text), error: (text) => console.error(text), ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}) }, Date.now())
