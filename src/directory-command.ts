/** `npm run directory`: checks and changes directory files; applies them to the store, and exports from it. docs/directory.md */
import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { readSettings } from './config/settings.js'
import { directoryCommand, type CommandOutput } from './directory/directory-command.js'
import { privateUmask } from './private-files.js'
import { complain, sayLines } from './say.js'
import { engineName, storePlace, watchedFileName } from './store-place.js'
import { openForWritingBesideEngines } from './store/open-for-asking.js'
import { storeTrouble } from './store/store-error.js'
import { isAboutTheStore, versionsCommand } from './versions/versions-command.js'

/** Only `y` and `yes` are a yes. */
async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ending the input (Ctrl-D) is not a yes.
    const ended = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
    return /^y(?:es)?$/i.test((await Promise.race([terminal.question(`${question} [y/N] `), ended])).trim())
  } finally {
    terminal.close()
  }
}

/** Unknown, if the system has no name for the user who runs it. */
function who(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}

const args = process.argv.slice(2)
const output: CommandOutput = {
  // Written to a file, the text stays as it is; for a terminal, control characters are escaped.
  out: (text) => (process.stdout.isTTY ? sayLines(text) : console.log(text)),
  error: complain,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
}

if (isAboutTheStore(args)) {
  // It may create the store's file, which holds patients' numbers.
  process.umask(privateUmask)
  process.exitCode = await versionsCommand(args, {
    ...output,
    who: who(),
    now: Date.now,
    place(config) {
      const settings = readSettings({ root: fileURLToPath(new URL('../../', import.meta.url)), file: config, env: process.env })
      const place = storePlace(settings)
      return {
        open: () =>
          openForWritingBesideEngines(place).catch((error: unknown) => {
            throw new Error(`the store cannot be opened: ${storeTrouble(error)}`, { cause: error })
          }),
        watched: { file: settings.directoryFile, name: watchedFileName(settings) },
        node: engineName(settings),
      }
    },
  })
} else {
  process.exitCode = await directoryCommand(args, output, Date.now())
}
