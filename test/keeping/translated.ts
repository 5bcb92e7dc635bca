import { mkdirSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'

/**
 * Translates a program of the tests together with the thread programs that it starts, so that Node itself can run it.
 * @param program path from the project's root
 * @param threads thread programs, which have to lie beside it
 * @returns path of the JavaScript file
 */
export async function translated(program: string, threads: readonly string[]): Promise<string> {
  // Inside the project, so that its packages are found.
  const outdir = resolve('.cache', 'test-programs', String(process.pid))
  mkdirSync(outdir, { recursive: true })
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }))
  await build({
    entryPoints: [program, ...threads],
    outdir,
    entryNames: '[name]',
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  })
  return join(outdir, `${basename(program, '.ts')}.js`)
}
