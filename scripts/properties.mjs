// `npm run properties [-- TIMES]`: the slow properties with TIMES as many random calls as in `npm test`; default 20.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensurePackages, fail, root } from './install.mjs'

const times = Number(process.argv[2] ?? 20)
if (!(times > 0)) fail('Usage: npm run properties [-- TIMES], for example 100')
ensurePackages('all')
const { status } = spawnSync(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'properties'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, RINGROUND_PROPERTY_RUNS: String(times) },
})
process.exit(status ?? 1)
