import type { BuildOptions } from 'esbuild'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Packages that a page loads, each as one module of what our scripts use. Bundled when the programs are built; when run from sources, on first use. */
const sources: Readonly<Record<string, string>> = {
  'sip-library.js': [
    "export { Inviter } from 'sip.js/lib/api/inviter.js'",
    "export { Registerer } from 'sip.js/lib/api/registerer.js'",
    "export { RegistererState } from 'sip.js/lib/api/registerer-state.js'",
    "export { SessionState } from 'sip.js/lib/api/session-state.js'",
    "export { UserAgent } from 'sip.js/lib/api/user-agent.js'",
    "export { SessionDescriptionHandler } from 'sip.js/lib/platform/web/session-description-handler/session-description-handler.js'",
  ].join('\n'),
}

export const bundledAssets: readonly string[] = Object.keys(sources)

const here = fileURLToPath(new URL('.', import.meta.url))

/** esbuild's options for one of them. */
export function bundling(name: string): BuildOptions & { readonly write: false } {
  return {
    stdin: { contents: sources[name] ?? '', resolveDir: here, loader: 'js' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome109', 'firefox115', 'safari16.4'],
    charset: 'ascii',
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  }
}

/** @param built path of the built bundle, if there is one */
export function bundledAsset(name: string, built: string): Buffer {
  if (existsSync(built)) return readFileSync(built)
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild')
  const { outputFiles } = buildSync(bundling(name))
  return Buffer.from(outputFiles[0]?.contents ?? [])
}
