// The programs that the engine starts, each as one file: hundreds of small modules are what a start would otherwise wait for.
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Not minified: a fault that is logged names a line that can be read. Entry points below the repository, without ending. Other programs (benches, commands) run from their translated modules. */
const programs = ['src/main', 'src/embedded/main', 'src/demo/main', 'src/store/database-thread', 'src/recordings/encoding-thread', 'src/directory/directory-thread']

/**
 * Packages that go into the files: those of many modules which behave the same inside a strict module. All others are found in node_modules, as ever:
 * native ones, those that read files of their own, and drachtio's, which need sloppy mode.
 */
const inside = new Set(['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler', '@fastify/swagger', 'csv-parse', 'csv-stringify', 'fastify', 'js-yaml', 'kysely', 'libphonenumber-js', 'pino', 'prom-client', 'temporal-polyfill', 'yaml', 'zod'])

const packageOf = (path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/')

/** Keeps `import.meta.url` what it would be were the module a file of its own, and leaves the other packages where they are. */
function plugin(root, program) {
  return {
    name: 'one file',
    setup(build) {
      const sources = join(root, 'src/')
      build.onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
        if (kind === 'entry-point' || !importer.startsWith(sources) || inside.has(packageOf(path))) return undefined
        return { path, external: true }
      })
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!path.startsWith(sources)) return undefined
        const text = readFileSync(path, 'utf8')
        if (/import\.meta\.(?!url)/.test(text)) return { errors: [{ text: `${relative(root, path)}: of import.meta only url is what it was, once the module is part of a larger file` }] }
        const here = JSON.stringify(`./${relative(dirname(join(root, program)), path).replace(/\.ts$/, '.js')}`)
        return { contents: text.replaceAll('import.meta.url', `new URL(${here}, import.meta.url).href`), loader: 'ts' }
      })
    },
  }
}

/**
 * Writes each program over its translated module.
 * @param translate esbuild's `build`
 * @param to where the tree of translated modules lies
 */
export async function bundlePrograms(translate, root, to) {
  await Promise.all(
    programs.map((program) =>
      translate({
        entryPoints: [join(root, `${program}.ts`)],
        outfile: join(to, `${program}.js`),
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        sourcemap: true,
        logLevel: 'error',
        // Packages that were written for CommonJS ask for Node's own modules by `require`.
        banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
        plugins: [plugin(root, program)],
      }),
    ),
  )
}
