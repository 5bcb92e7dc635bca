/** Where CPU time goes: the profiles of engine and switch, by module and by function, traced back to the sources. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Profiler } from 'node:inspector'
import type { ProbeAnswer } from './probe.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const rows = 20

type Answer = ProbeAnswer & { readonly process: string; readonly thread: number }

/** @returns a table for each thread, CPU time in ms a call; the profiles themselves are in `.cache` for a browser's developer tools */
export function dearest(answers: readonly Answer[], calls: number): readonly string[] {
  return answers.flatMap(({ process: name, thread, profile }) => {
    if (!profile) return []
    const file = join(root, '.cache', `${name.replaceAll(' ', '-')}-${thread}.cpuprofile`)
    mkdirSync(join(root, '.cache'), { recursive: true })
    writeFileSync(file, JSON.stringify(profile))
    const { modules, functions, whole } = totals(profile)
    const list = (of: ReadonlyMap<string, number>) =>
      [...of]
        .sort(([, one], [, other]) => other - one)
        .slice(0, rows)
        .map(([what, micros]) => `  ${(micros / 1_000 / calls).toFixed(3).padStart(7)}  ${what}`)
    const title = `${name}, ${thread === 0 ? 'main thread' : `thread ${thread}`}`
    return [
      [`${title}: CPU ms a call by module, what it calls not included (${file})`, ...list(modules)].join('\n'),
      [`${title}: by function, what it calls not included`, ...list(functions)].join('\n'),
      [`${title}: by function of the project, with what it calls`, ...list(whole)].join('\n'),
    ]
  })
}

const notWork = new Set(['(idle)', '(root)'])

function totals({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile) {
  const self = new Map<number, number>()
  samples.forEach((id, index) => self.set(id, (self.get(id) ?? 0) + (timeDeltas[index] ?? 0)))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)))
  const where = new Map(nodes.map((node) => [node.id, sourceOf(node.callFrame)]))
  const modules = new Map<string, number>()
  const functions = new Map<string, number>()
  const whole = new Map<string, number>()
  const add = (to: Map<string, number>, key: string, micros: number) => to.set(key, (to.get(key) ?? 0) + micros)
  for (const [id, micros] of self) {
    const node = byId.get(id)
    const source = where.get(id)
    if (!node || !source || notWork.has(node.callFrame.functionName)) continue
    const named = (of: number) => `${byId.get(of)?.callFrame.functionName || '(anonymous)'} ${where.get(of)?.place ?? ''}`
    add(modules, source.module, micros)
    add(functions, named(id), micros)
    const seen = new Set<string>()
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      if (!where.get(at)?.own) continue
      const name = named(at)
      if (!seen.has(name)) add(whole, name, micros)
      seen.add(name)
    }
  }
  return { modules, functions, whole }
}

interface Source {
  readonly module: string
  readonly place: string
  /** From this project, not a package or Node.js. */
  readonly own: boolean
}

const maps = new Map<string, SourceMap | undefined>()

function sourceOf({ functionName, url, lineNumber, columnNumber }: Profiler.Profile['nodes'][number]['callFrame']): Source {
  if (url === '') return { module: functionName.startsWith('(') ? functionName : 'V8 and native code', place: '', own: false }
  if (!url.startsWith('file:'))
    return { module: url.startsWith('node:') ? url : 'V8 and native code', place: `${url}:${lineNumber + 1}`, own: false }
  const path = fileURLToPath(url)
  if (!maps.has(path)) maps.set(path, mapOf(path))
  const entry = maps.get(path)?.findEntry(lineNumber, columnNumber)
  const original =
    entry && 'originalSource' in entry
      ? { file: fileURLToPath(new URL(entry.originalSource, url)), line: entry.originalLine + 1 }
      : { file: path, line: lineNumber + 1 }
  const short = relative(root, original.file)
  const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(short)?.[1]
  return { module: packaged ?? short, place: `${short}:${original.line}`, own: packaged === undefined }
}

function mapOf(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${path}.map`, 'utf8')) as SourceMapPayload)
  } catch {
    return undefined
  }
}
