// `npm start`: installs what is missing, builds what has changed, starts the engine.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { ensurePackages } from './install.mjs'

ensurePackages('run')
const entry = join(await build(), 'src', 'main.js')
process.argv = [process.argv[0], entry, ...process.argv.slice(2)]
await import(pathToFileURL(entry).href)
