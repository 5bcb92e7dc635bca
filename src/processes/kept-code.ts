import { isAscii } from 'node:buffer'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants, Script } from 'node:vm'

/** A program's compiled code is cached this long after its start, in ms: by then it has compiled what a start needs. */
const keepAfterMs = 2_000

/** The one function that a bundled file consists of. */
type Program = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  filename: string,
  folder: string,
  url: string,
  besides: (name: string, fingerprint: string) => object,
) => void

/**
 * Runs a bundled program with V8's compiled code from the last time, which is most of what a start would otherwise wait for. V8 refuses code
 * compiled by another version; then, and the first time, the program is compiled as usual and the result is kept in `compiled/` beside it.
 * @param file one function of type {@link Program}, in sloppy mode unless it says otherwise
 * @param fingerprint of the file's content: V8 only compares its length
 * @returns what the program exports
 */
export function runKept(file: URL, fingerprint: string): object {
  const path = fileURLToPath(file)
  const kept = join(dirname(path), 'compiled', `${basename(path)}-${fingerprint}-${process.version}-${process.arch}`)
  const cachedData = read(kept)
  const script = new Script(textOf(readFileSync(path)), {
    filename: path,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  if (cachedData === undefined || script.cachedDataRejected === true) setTimeout(() => write(kept, script), keepAfterMs).unref()
  const program = script.runInThisContext() as Program
  const module = { exports: {} }
  const others = new Map<string, object>()
  const beside = (name: string, print: string): object => {
    const other = others.get(name) ?? runKept(new URL(name, file), print)
    others.set(name, other)
    return other
  }
  program.call(module.exports, module.exports, createRequire(file), module, path, dirname(path), file.href, beside)
  return module.exports
}

/** Megabytes: pure ASCII (which the build ensures) need not be decoded, and takes half the memory. */
function textOf(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
}

function read(kept: string): Buffer | undefined {
  try {
    return readFileSync(kept)
  } catch {
    return undefined
  }
}

/** An unwritable folder only makes the next start slower. */
function write(kept: string, script: Script): void {
  const fresh = `${kept}.${process.pid}`
  try {
    mkdirSync(dirname(kept), { recursive: true })
    writeFileSync(fresh, script.createCachedData())
    renameSync(fresh, kept)
  } catch {
    // On a full disk there is half a file.
    if (existsSync(fresh)) rmSync(fresh, { force: true })
  }
}
