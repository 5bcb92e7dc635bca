import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { callsColumns } from '../../src/reports/columns.js'
import { adminWorld } from '../keeping/admin-world.js'
import { goodCall } from '../kit/sample-call.js'

/** LibreOffice, which `npm test` does not install: it is some 400 MB. */
const soffice = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'soffice'))
  .find((path) => existsSync(path))

/** A cell as LibreOffice reads it: its type and value. `empty`: no value. */
interface Cell {
  readonly kind: string
  readonly value: string
}

/** Converts a spreadsheet by LibreOffice to flat XML, in which every cell has its type (OpenDocument 1.3, part 3, 19.387). */
async function openedInLibreOffice(file: Buffer): Promise<{ readonly rows: readonly (readonly Cell[])[]; readonly xml: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-libreoffice-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'calls.xlsx'), file)
  await promisify(execFile)(
    soffice ?? '',
    [
      `-env:UserInstallation=${pathToFileURL(join(folder, 'profile')).href}`,
      '--headless',
      '--convert-to',
      'fods',
      '--outdir',
      folder,
      join(folder, 'calls.xlsx'),
    ],
    { timeout: 150_000 },
  )
  const xml = readFileSync(join(folder, 'calls.fods'), 'utf8')
  const table = /<table:table table:name="Calls"[\s\S]*?<\/table:table>/.exec(xml)?.[0] ?? ''
  const rows = [...table.matchAll(/<table:table-row\b[^>]*>([\s\S]*?)<\/table:table-row>/g)].map(([, row = '']) => cellsOf(row))
  return { rows: rows.filter((row) => row.some(({ kind }) => kind !== 'empty')), xml: table }
}

function cellsOf(row: string): readonly Cell[] {
  return [...row.matchAll(/<table:table-cell\b([^>]*?)(?:\/>|>([\s\S]*?)<\/table:table-cell>)/g)].flatMap(
    ([, attributes = '', inside = '']) => {
      const of = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1]
      const kind = of('office:value-type') ?? 'empty'
      const text = [...inside.matchAll(/<text:p>([\s\S]*?)<\/text:p>/g)].map(([, one = '']) => one).join('\n')
      const value = of('office:date-value') ?? of('office:time-value') ?? of('office:value') ?? unescaped(text)
      return Array.from({ length: Math.min(20, Number(of('table:number-columns-repeated') ?? 1)) }, () => ({ kind, value }))
    },
  )
}

function unescaped(text: string): string {
  const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replaceAll(/<[^>]*>/g, '').replaceAll(/&(lt|gt|quot|apos|amp);/g, (_all, name: string) => names[name] ?? '')
}

test.skipIf(soffice === undefined)(
  `LibreOffice opens the exported calls: dates, times and numbers are such, and no text is a formula${soffice === undefined ? ': left out, there is no soffice here (apt-get install libreoffice-calc)' : ''}`,
  async () => {
    const world = await adminWorld()
    await world.tell('one', ...goodCall('one', { line: 'cardiology', organisation: 'elm-row' }))
    const formulas = ['=1+1', '+44 1632', '@SUM(A1)', '-1']
    for (const [index, organisation] of formulas.entries())
      await world.tell(`formula-${index}`, ...goodCall(`formula-${index}`, { line: 'cardiology', organisation }))
    const answer = await fetch(new URL('/api/calls.xlsx?order=oldest', world.admin.url), {
      headers: { authorization: `Bearer ${world.token}` },
    })
    const { rows, xml } = await openedInLibreOffice(Buffer.from(await answer.arrayBuffer()))

    expect(rows[0]?.slice(0, callsColumns.length)).toEqual(callsColumns.map(({ name }) => ({ kind: 'string', value: name })))
    expect(rows).toHaveLength(2 + formulas.length)
    const [call] = (await world.store.calls({ order: 'oldest', limit: 1 })).calls
    const local = new Date(call!.arrivedAt).toLocaleString('sv-SE', { timeZone: 'Europe/London' })
    const [date, time, ...others] = rows[1] ?? []
    expect(date).toEqual({ kind: 'date', value: local.slice(0, 10) })
    expect(time?.kind).toBe('time')
    expect(secondsIn(time?.value ?? '')).toBe(secondsIn(`PT${local.slice(11, 13)}H${local.slice(14, 16)}M${local.slice(17, 19)}S`))
    const named = Object.fromEntries(callsColumns.slice(2).map(({ name }, index) => [name, others[index]]))
    expect(named).toMatchObject({
      Surgery: { kind: 'string', value: 'Elm Row Surgery' },
      Operation: { kind: 'string', value: 'Cardiology' },
      Trust: { kind: 'string', value: "St Bride's Hospital" },
      Refs: { kind: 'float', value: String(call!.refs) },
      'Wait time (secs)': { kind: 'float', value: String(Math.round((call!.waitMs ?? 0) / 1_000)) },
      'Talk time (secs)': { kind: 'float', value: String(Math.round((call!.talkMs ?? 0) / 1_000)) },
    })
    const surgery = callsColumns.findIndex(({ name }) => name === 'Surgery')
    expect(rows.slice(2).map((row) => row[surgery])).toEqual(formulas.map((value) => ({ kind: 'string', value })))
    expect(xml).not.toContain('table:formula')
  },
  180_000,
)

/** `PT09H30M00S`, possibly with fractions from LibreOffice: whole seconds. */
function secondsIn(duration: string): number {
  const [, hours = 0, minutes = 0, seconds = 0] = /^PT(\d+)H(\d+)M([\d.,]+)S$/.exec(duration) ?? []
  return Number(hours) * 3_600 + Number(minutes) * 60 + Math.round(Number(String(seconds).replace(',', '.')))
}
