import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * Where the program of a worker thread lies: beside the module that starts it. Built, both are JavaScript and nothing is left to do.
 * Run from the TypeScript sources (tests), the program is translated first, because a thread starts without the test runner's own
 * translation.
 * @param program file name without ending, e.g. `database-thread`
 * @param beside `import.meta.url` of the module that starts it
 */
export async function threadProgram(program: string, beside: string): Promise<URL> {
  if (!beside.endsWith('.ts')) return new URL(`./${program}.js`, beside)
  const key = new URL(program, beside).href
  const translated = programs.get(key) ?? translate(program, beside)
  programs.set(key, translated)
  return translated
}

const programs = new Map<string, Promise<URL>>()

async function translate(program: string, beside: string): Promise<URL> {
  const source = join(dirname(fileURLToPath(beside)), `${program}.ts`)
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [source],
    write: false,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  })
  const code = outputFiles[0]?.contents ?? new Uint8Array()
  // Below the project, so that the packages are found; named by its content, so that processes share it and old ones do no harm.
  const folder = join(projectOf(dirname(source)), '.cache', 'threads')
  mkdirSync(folder, { recursive: true })
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16)
  const path = join(folder, `${basename(dirname(source))}-${program}-${hash}.mjs`)
  writeFileSync(`${path}.${process.pid}`, code)
  renameSync(`${path}.${process.pid}`, path)
  return pathToFileURL(path)
}

function projectOf(folder: string): string {
  return existsSync(join(folder, 'package.json')) || dirname(folder) === folder ? folder : projectOf(dirname(folder))
}
