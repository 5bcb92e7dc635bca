import { chmod, copyFile, lstat, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { directoryCommand } from './directory-command.js'
import { loadDirectory } from './load-directory.js'
import { whoIsOn } from './rota.js'

const demo = fileURLToPath(new URL('../../config/directory.yaml', import.meta.url))
const wednesday = Date.UTC(2026, 0, 14, 12)
let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringround-command-'))
  file = join(folder, 'directory.yaml')
  await copyFile(demo, file)
})
afterEach(() => rm(folder, { recursive: true }))

async function run(...args: string[]) {
  return runAsked(undefined, ...args)
}

/** @param answer of the person at the terminal; undefined: there is none */
async function runAsked(answer: boolean | undefined, ...args: string[]) {
  const out: string[] = []
  const errors: string[] = []
  const ask = (question: string) => {
    out.push(question)
    return Promise.resolve(answer === true)
  }
  const code = await directoryCommand(
    [...args, '--file', file],
    { out: (text) => out.push(text), error: (text) => errors.push(text), ...(answer === undefined ? {} : { ask }) },
    wednesday,
  )
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

const on = async (at: number) => {
  const loaded = await loadDirectory(file)
  const rota = loaded.ok ? loaded.directory.rotas.get('cardiology') : undefined
  return rota === undefined
    ? []
    : whoIsOn(rota, 'Europe/London', at).entries.map((entry) => (entry.kind === 'clinician' ? entry.clinician : entry.label))
}

describe('npm run directory', () => {
  it('checks a file: every error with its line, and an exit code', async () => {
    expect(await run('check')).toMatchObject({ code: 0, errors: '' })
    await writeFile(file, (await readFile(file, 'utf8')).replace('kind: ambulance', 'kind: ship').replace('[dr-nakamura]', '[dr-nobody]'))
    const checked = await run('check')
    expect(checked.code).toBe(1)
    expect(checked.errors).toMatch(
      /directory\.yaml:\d+: the kind of organisation saltmarsh-ambulance is "ship"; expected: [^]*no clinician "dr-nobody"[^]*errors: 2$/,
    )
  })

  it('imports a directory after showing what differs, all of it or nothing', async () => {
    const fresh = join(folder, 'fresh.yaml')
    const text = await readFile(demo, 'utf8')
    await writeFile(fresh, text.replace('ringSeconds: 15', 'ringSeconds: 12'))
    const dry = await run('import', fresh, '--dry-run')
    expect(dry).toMatchObject({ code: 0, out: '~ lines acute-medicine-dvt\n    ring.ringSeconds: 15 -> 12\ndry run: nothing was changed' })
    expect(await readFile(file, 'utf8')).toBe(text)
    expect((await run('import', fresh)).code).toBe(0)
    expect(await readFile(file, 'utf8')).toBe(await readFile(fresh, 'utf8'))
    expect(await readFile(`${file}.before`, 'utf8')).toBe(text)
    await writeFile(fresh, text.replace('ringSeconds: 15', 'ringSeconds: none'))
    const wrong = await run('import', fresh)
    expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining('fresh.yaml:')])
    expect(await readFile(file, 'utf8')).toContain('ringSeconds: 12')
    expect((await readdir(folder)).sort()).toEqual(['directory.yaml', 'directory.yaml.before', 'fresh.yaml'])
  })

  it('exports what can be imported without a difference', async () => {
    const out = join(folder, 'out.yaml')
    await run('export', '--out', out)
    expect(await run('diff', file, out)).toMatchObject({ code: 0, out: 'no changes' })
  })

  it('takes the rota of a week out to a sheet and back in', async () => {
    const sheet = join(folder, 'week.csv')
    await run('rota-export', 'cardiology', '--week', '2026-01-14', '--out', sheet)
    const text = await readFile(sheet, 'utf8')
    expect((await run('rota-import', 'cardiology', sheet)).out).toBe('no changes')
    await writeFile(sheet, text.replace(/(14\/01\/2026,Wed,Day,08:00,18:00),.*/, '$1,Dr Tunde Adeyemi,,'))
    const dry = await run('rota-import', 'cardiology', sheet, '--dry-run')
    expect(dry.out).toContain('2026-01-14 Day replace (entries [dr-adeyemi])')
    expect(await on(wednesday)).toEqual(['dr-lindqvist', 'dr-okafor', 'dr-prasad'])
    expect((await run('rota-import', 'cardiology', sheet)).code).toBe(0)
    expect(await on(wednesday)).toEqual(['dr-adeyemi'])
    expect(await on(wednesday + 7 * 86_400_000)).toEqual(['dr-lindqvist', 'dr-okafor', 'dr-prasad'])
    // What people wrote beside it stays.
    expect(await readFile(file, 'utf8')).toContain('# One line only: its callers hear no menu.')
    const copied = await run('rota-copy', 'cardiology', '--week', '2026-01-12', '--to', '2026-01-19')
    expect(copied.code).toBe(0)
    expect(await on(wednesday + 7 * 86_400_000)).toEqual(['dr-adeyemi'])
    await writeFile(sheet, 'Date,Session,From,To,1st\n14/01/2026,Day,08:00,18:00,Dr Who')
    const wrong = await run('rota-import', 'cardiology', sheet)
    expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining('week.csv:2: "Dr Who": nobody in the directory has this name')])
  })

  it('says when a line is open and nobody is on', async () => {
    expect(await run('gaps', 'cardiology')).toMatchObject({ code: 0, out: 'gaps in the next 28 days: 0' })
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('    changes:\n', '    changes:\n      - { date: 2026-01-20, session: Day, close: true }\n'),
    )
    expect((await run('gaps')).out).toBe('cardiology: nobody is on from 2026-01-20 08:00 to 2026-01-20 18:00\ngaps in the next 28 days: 1')
  })

  it('says who is on and who is off', async () => {
    const { out } = await run('rota-week', 'cardiology')
    expect(out).toContain(
      '2026-01-14 18:00-08:00 Night\n    on:  Dr Ravi Prasad, Dr Ada Okafor, Coronary care unit (sip:ccu@127.0.0.1:5080)\n    off: Dr Maja Lindqvist',
    )
  })

  it('keeps the file with its comments if an import changes nothing', async () => {
    const text = await readFile(file, 'utf8')
    const out = join(folder, 'out.yaml')
    await run('export', '--out', out)
    expect(await run('import', out)).toMatchObject({ code: 0, out: `no changes\n${file} stays as it is` })
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(await readdir(folder)).not.toContain('directory.yaml.before')
  })

  it('a past week is changed only with --past', async () => {
    const sheet = join(folder, 'week.csv')
    const past = ['rota-import', 'cardiology', sheet, '--week', '2026-01-06'] as const
    await writeFile(sheet, 'Date,Session,From,To,1st\n06/01/2026,Day,08:00,18:00,Dr Tunde Adeyemi')
    const text = await readFile(file, 'utf8')
    const refused = await run(...past)
    expect([refused.code, refused.errors]).toEqual([
      1,
      'This changes who was on for past days: 2026-01-06 (today is 2026-01-14). Nothing was changed. If that is meant, add --past; if another week is, name it with --week DATE.',
    ])
    expect((await runAsked(false, ...past)).code).toBe(1)
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(await run(...past, '--dry-run')).toMatchObject({ code: 0, errors: '' })
    const asked = await runAsked(true, ...past)
    expect([asked.code, asked.out]).toEqual([0, expect.stringContaining('past days: 2026-01-06 (today is 2026-01-14). Change them?')])
    expect((await run('rota-copy', 'cardiology', '--week', '2026-01-19', '--to', '2026-01-05')).errors).toMatch(
      /past days: 2026-01-06 .*--to DATE/,
    )
    expect((await run('rota-copy', 'cardiology', '--week', '2026-01-19', '--to', '2026-01-05', '--past')).code).toBe(0)
    // Of this week, the days before today are over; a sheet that leaves them as they were asks nothing.
    await writeFile(
      sheet,
      'Date,Session,From,To,1st\n12/01/2026,Day,08:00,18:00,Dr Tunde Adeyemi\n14/01/2026,Day,08:00,18:00,Dr Tunde Adeyemi',
    )
    expect((await run('rota-import', 'cardiology', sheet)).errors).toMatch(/past days: 2026-01-12 /)
    await writeFile(sheet, 'Date,Session,From,To,1st\n14/01/2026,Day,08:00,18:00,Dr Tunde Adeyemi')
    expect((await run('rota-import', 'cardiology', sheet)).code).toBe(0)
  })

  it('a file in another encoding is read correctly, or refused by line', async () => {
    const text = (await readFile(file, 'utf8')).replace('Dr Maja Lindqvist', 'Dr Siobhán Lindqvist')
    await writeFile(file, Buffer.from(text, 'latin1'))
    const line = text.slice(0, text.indexOf('Siobhán')).split('\n').length
    const refused = await run('check')
    expect([refused.code, refused.errors]).toEqual([
      1,
      expect.stringMatching(
        `directory\\.yaml:${line}: byte E1 at position \\d+ is not UTF-8 \\(in Windows-1252 it would be "Siobhán"\\); expected: the file saved as UTF-8`,
      ),
    ])
    await writeFile(file, Buffer.from(`\uFEFF${text}`, 'utf16le'))
    expect(await run('check')).toMatchObject({ code: 0, errors: '' })
    expect((await run('rota-week', 'cardiology')).out).toContain('Dr Siobhán Lindqvist')
  })

  it('a changed file keeps its permissions, and its place behind a link', async () => {
    const [elsewhere, sheet] = [join(folder, 'kept.yaml'), join(folder, 'week.csv')]
    await rename(file, elsewhere)
    await chmod(elsewhere, 0o640)
    await symlink(elsewhere, file)
    await writeFile(sheet, 'Date,Session,From,To,1st\n14/01/2026,Day,08:00,18:00,Dr Tunde Adeyemi')
    expect((await run('rota-import', 'cardiology', sheet)).code).toBe(0)
    expect((await lstat(file)).isSymbolicLink()).toBe(true)
    for (const kept of [elsewhere, `${elsewhere}.before`]) expect([kept, (await lstat(kept)).mode & 0o777]).toEqual([kept, 0o640])
  })

  it.each([
    [['nonsense'], 2, /no command "nonsense"/],
    [['constructor'], 2, /no command/],
    [['check', '--bogus'], 2, /--bogus/],
    [['check', '/nowhere.yaml'], 1, /^\/nowhere\.yaml:1: there is no such file; expected: the path of a file that exists/],
    [['import', '/nowhere.yaml'], 1, /^\/nowhere\.yaml:1: there is no such file/],
    [['diff', '/nowhere.yaml', '/nowhere.yaml'], 1, /there is no such file/],
    [['export', '--out', '/nowhere/out.yaml'], 1, /^\/nowhere\/out\.yaml: there is no such file/],
    [['rota-export', 'cardiology', '--out', '/'], 1, /^\/: this is a folder; expected: a file$/],
    [['check', '/'], 1, /this is a folder/],
    [['rota-week', 'cardio'], 1, /no line "cardio".*cardiology/],
    [['rota-week', 'cardiology', '--week', '2026-02-30'], 1, /2026-02-30/],
    [['rota-import', 'cardiology'], 1, /Which sheet/],
    [['rota-import', 'cardiology', '/nowhere.csv'], 1, /^\/nowhere\.csv: there is no such file; expected/],
    [['rota-copy', 'cardiology'], 1, /Which weeks/],
  ])('%j is answered with one clear line', async (args, code, message) => {
    const result = await run(...args)
    expect(result.code).toBe(code)
    expect(result.errors).toMatch(message)
  })
})
