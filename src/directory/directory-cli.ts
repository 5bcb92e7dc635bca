import { directoryCommand } from './directory-command.js'

// Program behind `npm run directory`.
process.exitCode = await directoryCommand(process.argv.slice(2), { out: (text) => console.log(text), error: (text) => console.error(text) }, Date.now())
