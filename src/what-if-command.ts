/** `npm run what-if`: the recorded calls of a period, replayed with another rota or ring policy. docs/what-if.md */
import { fileURLToPath } from 'node:url'
import { complain, sayLines } from './say.js'
import { storePlace } from './store-place.js'
import { readSettings } from './config/settings.js'
import { whatIfCommand } from './what-if/what-if-command.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

process.exitCode = await whatIfCommand(process.argv.slice(2), {
  places(config) {
    const settings = readSettings({ root, file: config, env: process.env })
    const { file, postgres } = storePlace(settings)
    return { directoryFile: settings.directoryFile, databaseFile: file, postgres }
  },
  out: sayLines,
  error: complain,
  ...(process.stderr.isTTY
    ? {
        progress: (done: number, of: number) => void process.stderr.write(done === of ? '\r\u001b[K' : `\rreplayed ${done} of ${of} times`),
      }
    : {}),
  now: Date.now(),
})
