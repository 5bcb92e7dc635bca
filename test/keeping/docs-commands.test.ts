import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { apiOf, documentedWorld, operationsOf } from './documented-world.js'
import { demoDirectory, type AdminWorld } from './admin-world.js'
import { settingRows } from '../../src/config/settings.js'
import { readOptions } from '../../src/what-if/options.js'
import { readRotaFile } from '../../src/what-if/rota-file.js'

const pages = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'sip-scenarios/README.md',
  'src/embedded/README.md',
]
const text = (page: string) => readFileSync(page, 'utf8')
/** Sources of variables that are not settings: those of tests and separate programs. */
const sources = ['src', 'test', 'bench', 'scripts']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs)$/.test(name))
      .map((name) => text(join(folder, name))),
  )
  .join('\n')

interface Example {
  readonly command: string
  /** The answer shown below it: `# 201 {"id": ...}`; `...` matches anything. */
  readonly shown?: { readonly status: number; readonly body: unknown }
}

/** The blocks of shell commands of a page, line by line. */
function blocksOf(page: string): readonly (readonly string[])[] {
  const blocks: string[][] = []
  let kind: string | undefined
  for (const line of text(page).split('\n')) {
    const fence = /^```(\w*)/.exec(line)
    if (fence) {
      kind = kind === undefined ? (fence[1] ?? '') : undefined
      blocks.push([])
    } else if (kind === '' || kind === 'sh') blocks.at(-1)?.push(line)
  }
  return blocks
}

/** The `curl` commands of a page, in order, each with all its lines. */
function examplesOf(page: string): readonly Example[] {
  const examples: { command: string; shown?: Example['shown'] }[] = []
  for (const block of blocksOf(page)) {
    let open: string[] = []
    for (const line of block) {
      const answer = /^# (\d{3}) (\{.*\})$/.exec(line)
      const last = examples.at(-1)
      if (answer && last)
        last.shown = { status: Number(answer[1]), body: JSON.parse((answer[2] ?? '').replaceAll('...', 'null')) as unknown }
      if (open.length === 0 && !line.startsWith('curl')) continue
      // A comment after a command is for people.
      open.push(line.replace(/ {2,}# .*$/, ''))
      const command = open.join('\n')
      const unfinished = command.endsWith('\\') || (command.split("'").length - 1) % 2 === 1
      if (unfinished) continue
      examples.push({ command })
      open = []
    }
  }
  return examples
}

/** Runs a command as a shell would, against this engine. */
function run(
  world: AdminWorld,
  command: string,
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: string; readonly told: string }> {
  const here = command.replaceAll(/(localhost|127\.0\.0\.1):8080/g, `127.0.0.1:${world.admin.port}`)
  // As the alias at the top of each page does.
  const script = `TOKEN=${world.token}; curl() { command curl -H "authorization: Bearer $TOKEN" -w '\\n%{http_code}' "$@"; }\n${here}`
  return new Promise((resolve) => {
    execFile('bash', ['-euc', script], { env: { ...process.env, ...variables } }, (error, stdout, stderr) => {
      const lines = stdout.split('\n')
      resolve({
        status: Number(lines.at(-1)),
        body: lines.slice(0, -1).join('\n'),
        told: `${here}\n${stdout}${stderr}${error ? error.message : ''}`,
      })
    })
  })
}

/** Whether the answer matches the one shown: the same fields, and the same values except for `...`. */
function agrees(shown: unknown, came: unknown): boolean {
  if (shown === null) return true
  if (typeof shown !== 'object' || typeof came !== 'object' || came === null) return shown === came
  const [a, b] = [Object.entries(shown), came as Readonly<Record<string, unknown>>]
  return a.length === Object.keys(b).length && a.every(([name, value]) => name in b && agrees(value, b[name]))
}

test.each(pages.filter((page) => examplesOf(page).length > 0))('the requests in %s work as described, in the demo world', async (page) => {
  const world = await documentedWorld()
  const variables: Record<string, string> = { CALL: 'recorded' }
  for (const { command, shown } of examplesOf(page)) {
    const answer = await run(world, command, variables)
    expect(String(answer.status), answer.told).toMatch(/^2/)
    const body: unknown = answer.body === '' ? undefined : JSON.parse(answer.body)
    if (shown) expect([answer.status, agrees(shown.body, body)], answer.told).toEqual([shown.status, true])
    const made = (body as { readonly id?: unknown } | undefined)?.id
    if (typeof made === 'string') variables['ID'] = made
  }
})

test('the pages about the API have example requests', () => {
  for (const [page, least] of [
    ['README.md', 1],
    ['docs/arrangements.md', 13],
    ['docs/softphones.md', 4],
  ] as const)
    expect(examplesOf(page).length, page).toBeGreaterThanOrEqual(least)
})

test('every file, heading, command, setting, variable, route and figure named in a page exists', async () => {
  const world = await documentedWorld()
  const there = {
    operations: operationsOf(await apiOf(world)).map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '*')}`),
    metrics: await (await world.get('/metrics')).text(),
  }
  expect(pages.flatMap((page) => missing(page, there).map((what) => `${page}: ${what}`))).toEqual([])
})

/** Names in a page that do not exist. */
function missing(
  page: string,
  { operations, metrics }: { readonly operations: readonly string[]; readonly metrics: string },
): readonly string[] {
  const said = text(page)
  const wrong: string[] = []
  const expectThat = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what)
  }
  for (const [, link = ''] of said.matchAll(/\]\(([^)\s]+)\)/g)) {
    const [file = '', anchor] = link.split('#')
    if (/^[a-z]+:/.test(link)) continue
    const path = file === '' ? page : join(dirname(page), file)
    expectThat(existsSync(path), `link to ${link}`)
    if (anchor !== undefined && existsSync(path)) expectThat(anchorsOf(text(path)).has(anchor), `link to ${link}: no such heading`)
  }
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly scripts: Readonly<Record<string, string>> }
  for (const [, script = ''] of said.matchAll(/npm run (?:-s )?([a-z][a-z-]*)/g)) expectThat(script in scripts, `npm run ${script}`)
  for (const [path] of said.matchAll(/(?<![\w/.~-])(?:src|config|docs|docker|test|bench|prompts|sip-scenarios)\/[\w./-]*\w/g)) {
    // A folder made at run time is not in the repository; a file name with a number stands for many.
    expectThat(existsSync(path) || /^prompts\/(recorded|rendered\/names)/.test(path) || path === 'docker/', `file ${path}`)
  }
  const settings = new Set<string>(Object.values(settingRows).map(({ key }) => key))
  const variables = new Set<string>(Object.values(settingRows).map(({ env }) => env))
  const sections = new Set([...settings].map((name) => name.split('.')[0]))
  for (const [, name = ''] of said.matchAll(/`([a-z]+\.[a-zA-Z]+)`/g)) {
    // Alarms and facts (`recordings.lost`, `call.arrived`) are written like settings; the embedded switch has settings of its own.
    if (sections.has(name.split('.')[0] ?? '') && page !== 'src/embedded/README.md')
      expectThat(settings.has(name) || sources.includes(`'${name}'`), `setting ${name}`)
  }
  for (const [name] of said.matchAll(/RINGROUND_[A-Z0-9_]+/g)) expectThat(variables.has(name) || sources.includes(name), `variable ${name}`)
  for (const [, method = '', path = ''] of said.matchAll(/\b(GET|POST|PUT|PATCH|DELETE|HEAD) (\/[a-z][\w/<>{}.:-]*[\w}>])/g)) {
    expectThat(operations.includes(`${method} ${path.replaceAll(/<[^>]*>|\{[^}]*\}|:\w+/g, '*')}`), `${method} ${path}`)
  }
  for (const [name] of said.matchAll(/\b(ringround|nodejs|process)_[a-z0-9_]+/g))
    expectThat(metrics.includes(`# TYPE ${name} `), `metric ${name}`)
  return wrong
}

/** Anchors as forges make them from headings. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  return new Set(
    [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  )
}

test('the what-if commands shown parse, with the rota that they name', () => {
  const directory = demoDirectory()
  const commands = pages.flatMap((page) => [...text(page).matchAll(/^npm run what-if -- (.+)$/gm)].map(([, line = '']) => line.trim()))
  expect(commands.length).toBeGreaterThan(1)
  for (const command of commands) {
    const options = readOptions(command.split(/\s+/), 20_000)
    const line = directory.lines.get(options?.line ?? '')
    expect(line, command).toBeDefined()
    if (options?.rotaFile === undefined || !line) continue
    expect(readRotaFile(readFileSync(options.rotaFile, 'utf8'), options.rotaFile, directory, line), command).toMatchObject({ ok: true })
  }
})
