// The programs that the engine starts, each as one file: a start would otherwise wait for hundreds of small modules.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

/** Not minified: logged faults name a readable line. Entry points below the repository, without ending. Other programs (benches, commands) run from their translated modules. */
const plainPrograms = [
  'src/demo/main',
  'src/embedded/media/media-thread',
  'src/recordings/encoding-main',
  'src/directory/directory-thread',
  'src/engine/watchdog-main',
  'src/words/ear-thread',
]

/** Those that every start waits for: run by `runKept`, with V8's cached code. */
const keptPrograms = ['src/main', 'src/embedded/main', 'src/store/sqlite/database-thread']

/** Packages of ES modules that go into the file of the program. All that are named in neither list are found in node_modules, as ever: native ones, and those that read files of their own. */
const inside = new Set(['csv-parse', 'csv-stringify', 'js-yaml', 'kysely', 'libphonenumber-js', 'temporal-polyfill', 'yaml', 'zod'])

/** Packages of CommonJS modules: a file of their own beside the program, in sloppy mode, which drachtio's need. */
const beside = new Set([
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  '@fastify/static',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  'drachtio-fsmrf',
  'drachtio-srf',
  'fastify',
  'pino',
  'prom-client',
  'sdp-transform',
  'ws',
])

const packageOf = (path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/')

/** Keeps `import.meta.url` what it would be were the module a file of its own, and leaves the other packages where they are. `packages`: see `keepProgram`. */
function plugin(root, program, packages) {
  return {
    name: 'one file',
    setup(build) {
      const sources = join(root, 'src/')
      build.onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
        if (kind === 'entry-point' || !importer.startsWith(sources) || inside.has(packageOf(path))) return undefined
        if (packages === undefined || !beside.has(packageOf(path))) return { path, external: true }
        packages.names.add(path)
        return { path, namespace: 'beside' }
      })
      build.onLoad({ filter: /.*/, namespace: 'beside' }, ({ path }) => ({
        contents: `module.exports = besides(PACKAGES_FILE, PACKAGES_FINGERPRINT)[${JSON.stringify(path)}]`,
        loader: 'js',
      }))
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!path.startsWith(sources)) return undefined
        const text = readFileSync(path, 'utf8')
        if (/import\.meta\.(?!url)/.test(text))
          return {
            errors: [{ text: `${relative(root, path)}: of import.meta only url is what it was, once the module is part of a larger file` }],
          }
        const here = JSON.stringify(`./${relative(dirname(join(root, program)), path).replace(/\.ts$/, '.js')}`)
        return { contents: text.replaceAll('import.meta.url', `new URL(${here}, import.meta.url).href`), loader: 'ts' }
      })
    },
  }
}

const usual = { bundle: true, platform: 'node', target: 'node20', sourcemap: true, logLevel: 'error' }

/** What `runKept` runs: one function. */
const oneFunction = (firstLine) => ({
  banner: { js: `(function (exports, require, module, __filename, __dirname, programUrl, besides) { ${firstLine}` },
  footer: { js: '})' },
})

/** Makes a file's comments pure ASCII, for `runKept` reads ASCII files faster. (In code esbuild writes escapes.) */
function asciiComments(file) {
  const text = readFileSync(file, 'utf8')
  const plain = text.replaceAll(/^\s*(?:\*|\/\/|\/\*|\(\*!).*$/gm, (comment) => comment.replaceAll(/[^\0-\x7F]/g, '?'))
  if (plain !== text) writeFileSync(file, plain)
}

/** @returns the fingerprint of the file's content */
function fingerprintOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)
}

/**
 * A program with its code cache: `NAME.js` runs `NAME.program.cjs`, which asks for `node_modules/NAME.packages.cjs`. (Node.js says nothing of deprecated calls by code below a
 * folder of that name, which nobody here can change.)
 */
async function keepProgram(translate, root, to, program) {
  const name = basename(program)
  const folder = join(to, dirname(program))
  const packages = { names: new Set() }
  const body = (print) =>
    translate({
      ...usual,
      entryPoints: [join(root, `${program}.ts`)],
      outfile: join(folder, `${name}.program.cjs`),
      format: 'cjs',
      // A package that is asked for later is asked for by require: V8 forgets what an import() in a program that it kept belongs to.
      supported: { 'dynamic-import': false },
      ...oneFunction("'use strict';"),
      define: {
        'import.meta.url': 'programUrl',
        PACKAGES_FILE: JSON.stringify(`./node_modules/${name}.packages.cjs`),
        PACKAGES_FINGERPRINT: JSON.stringify(print ?? ''),
      },
      plugins: [plugin(root, program, packages)],
      write: print !== undefined,
    })
  // The first pass finds the packages it requires.
  await body()
  const bundled = join(folder, 'node_modules', `${name}.packages.cjs`)
  await translate({
    ...usual,
    stdin: {
      contents: [...packages.names]
        .sort()
        .map((path) => `Object.defineProperty(exports, ${JSON.stringify(path)}, { get: () => require(${JSON.stringify(path)}) })`)
        .join('\n'),
      resolveDir: root,
      loader: 'js',
    },
    outfile: bundled,
    format: 'cjs',
    ...oneFunction(''),
  })
  asciiComments(bundled)
  await body(fingerprintOf(bundled))
  asciiComments(join(folder, `${name}.program.cjs`))
  const start = JSON.stringify(`./${relative(dirname(program), 'src/processes/kept-code.js')}`)
  writeFileSync(
    join(folder, `${name}.js`),
    `import { runKept } from ${start}\nrunKept(new URL('./${name}.program.cjs', import.meta.url), '${fingerprintOf(join(folder, `${name}.program.cjs`))}')\n`,
  )
}

/**
 * Writes each program over its translated module.
 * @param translate esbuild's `build`
 * @param to where the tree of translated modules lies
 */
export async function bundlePrograms(translate, root, to) {
  await Promise.all([
    ...keptPrograms.map((program) => keepProgram(translate, root, to, program)),
    ...plainPrograms.map((program) =>
      translate({
        ...usual,
        entryPoints: [join(root, `${program}.ts`)],
        outfile: join(to, `${program}.js`),
        format: 'esm',
        // Packages that were written for CommonJS ask for Node's own modules by `require`.
        banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
        plugins: [plugin(root, program)],
      }),
    ),
  ])
}
