// `npm start`: installs what is missing, builds what has changed, starts the engine.
import module from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { ensurePackages, root } from './install.mjs'

ensurePackages('run')
// Node.js 22 and newer cache compiled code, for the engine's processes too.
process.env.NODE_COMPILE_CACHE ??= join(root, '.cache', 'compiled')
module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE)
const entry = join(await build(), 'src', 'main.js')
process.argv = [process.argv[0], entry, ...process.argv.slice(2)]
await import(pathToFileURL(entry).href)
