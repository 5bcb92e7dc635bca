import { readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { dateOf, dayMs, dayNumber, mondayOf, type DayNumber } from './calendar.js'
import { diffDirectories, showDiff } from './directory-diff.js'
import { loadDirectory, showError } from './load-directory.js'
import type { Directory, Line } from './model.js'
import { parseDirectory } from './parse-directory.js'
import { rotaGaps } from './rota-gaps.js'
import { readRotaSheet, writeRotaSheet } from './rota-sheet.js'
import { spliceRota } from './splice-rota.js'
import { weekPlan, copyWeek } from './week-plan.js'
import { writeDirectory } from './write-directory.js'
import { emptyRota } from './empty-directory.js'
import { SheetNames } from './sheet-names.js'
import { knownTimeZone } from './time-zone.js'

const usage = `Usage: npm run directory -- COMMAND [--file config/directory.yaml] [--dry-run]

  check [FILE]                                every error of a directory file, with its line, and advice
  export [--out FILE]                         the directory as a directory file, in a fixed order
  import FILE                                 puts another file in the directory's place, after showing what differs
  diff OLD NEW                                what differs between two directory files
  rota-week LINE [--week DATE]                who is on and who is off, session by session
  rota-export LINE [--week DATE] [--out CSV]  the rota of a line for a week, for a spreadsheet
  rota-import LINE CSV [--week DATE]          takes such a sheet into the directory, after showing what differs
  rota-copy LINE --week DATE --to DATE        plans one week as another
  gaps [LINE]                                 when lines are open and nobody is on, in the next four weeks

DATE is any day of the week that is meant, as 2026-01-12; without it, this week. --dry-run shows what would change, and changes nothing.`

/** Where the commands write; given, so that tests can read it. */
export interface CommandOutput {
  out(text: string): void
  error(text: string): void
}

class CommandError extends Error {}

/**
 * Runs one command of `npm run directory`.
 * @param nowMs for "this week"
 * @returns the exit code: 0; 1 when a file has errors; 2 when the command itself is not understood
 */
export async function directoryCommand(args: readonly string[], output: CommandOutput, nowMs: number): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { file: { type: 'string' }, out: { type: 'string' }, week: { type: 'string' }, to: { type: 'string' }, 'dry-run': { type: 'boolean' }, help: { type: 'boolean' } },
    })
    const [command, ...rest] = positionals
    if (values.help === true || command === undefined) {
      output.out(usage)
      return values.help === true ? 0 : 2
    }
    const file = values.file ?? process.env['RINGROUND_DIRECTORY_FILE'] ?? 'config/directory.yaml'
    const context: Context = { file, dryRun: values['dry-run'] === true, week: values.week, to: values.to, outFile: values.out, output, nowMs }
    const run = Object.hasOwn(commands, command) ? commands[command] : undefined
    if (run === undefined) {
      output.error(`There is no command "${command}".\n\n${usage}`)
      return 2
    }
    return await run(context, rest)
  } catch (error) {
    if (error instanceof CommandError) {
      output.error(error.message)
      return 1
    }
    // What parseArgs and the file system have to say is one line that names the option or the file.
    output.error(error instanceof Error ? error.message : String(error))
    return 2
  }
}

interface Context {
  readonly file: string
  readonly dryRun: boolean
  readonly week: string | undefined
  readonly to: string | undefined
  readonly outFile: string | undefined
  readonly output: CommandOutput
  readonly nowMs: number
}

type Command = (context: Context, args: readonly string[]) => Promise<number>

const commands: Readonly<Record<string, Command>> = {
  async check(context, [file = context.file]) {
    const parsed = await loadDirectory(file)
    if (!parsed.ok) throw new CommandError([...parsed.errors.map(showError), `errors: ${parsed.errors.length}`].join('\n'))
    for (const advice of parsed.advice) context.output.out(`${advice.file}:${advice.line}: advice: ${advice.message}`)
    const { organisations, lines, clinicians, numbers } = parsed.directory
    context.output.out(`${file}: no errors. ${organisations.size} organisations, ${lines.size} lines, ${clinicians.size} clinicians, ${numbers.size} numbers`)
    return 0
  },

  async export(context) {
    return give(context, writeDirectory(await load(context.file)))
  },

  async import(context, [from]) {
    if (from === undefined) throw new CommandError('Which file? npm run directory -- import FILE')
    const fresh = await load(from)
    const current = await loadDirectory(context.file)
    // A directory in force that has errors is replaced as a whole: that is how it is repaired.
    if (current.ok) context.output.out(showDiff(diffDirectories(current.directory, fresh)))
    else context.output.out(`${context.file} has errors or is not there; all of ${from} would be new`)
    return replaceFile(context, await readFile(from, 'utf8'))
  },

  async diff(context, [before, after]) {
    if (before === undefined || after === undefined) throw new CommandError('Which files? npm run directory -- diff OLD NEW')
    context.output.out(showDiff(diffDirectories(await load(before), await load(after))))
    return 0
  },

  async 'rota-week'(context, [lineId]) {
    const directory = await load(context.file)
    const line = lineOf(directory, lineId)
    const names = new SheetNames(directory)
    const clock = (atMs: number) => wallClock(line, atMs).slice(11)
    for (const session of weekPlan(directory.rotas.get(line.id) ?? emptyRota(line.id), line.timeZone, monday(context, line))) {
      const on = session.closed ? 'closed' : session.entries.map((entry) => names.show(entry)).join(', ') || 'nobody'
      context.output.out(`${session.date} ${clock(session.from)}-${clock(session.to)} ${session.name}${session.changed ? ' (changed)' : ''}\n    on:  ${on}\n    off: ${session.off.map((entry) => names.show(entry)).join(', ') || 'nobody'}`)
    }
    return 0
  },

  async 'rota-export'(context, [lineId]) {
    const directory = await load(context.file)
    const line = lineOf(directory, lineId)
    return give(context, writeRotaSheet(directory, line, monday(context, line)))
  },

  async 'rota-import'(context, [lineId, sheet]) {
    if (sheet === undefined) throw new CommandError('Which sheet? npm run directory -- rota-import LINE CSV --week DATE')
    const text = await readFile(context.file, 'utf8')
    const directory = await load(context.file)
    const line = lineOf(directory, lineId)
    const read = readRotaSheet(directory, line, monday(context, line), await readFile(sheet), sheet)
    if (!read.ok) throw new CommandError([...read.errors.map(showError), `errors: ${read.errors.length}; nothing was taken in`].join('\n'))
    for (const note of read.notes) context.output.out(note)
    return changeRota(context, text, directory, line, read.rota)
  },

  async gaps(context, [lineId]) {
    const directory = await load(context.file)
    const lines = lineId === undefined ? [...directory.lines.values()] : [lineOf(directory, lineId)]
    let found = 0
    for (const line of lines) {
      for (const gap of rotaGaps(directory, line, context.nowMs, context.nowMs + gapDays * dayMs)) {
        found++
        context.output.out(`${line.id}: nobody is on from ${wallClock(line, gap.from)} to ${wallClock(line, gap.to)}`)
      }
    }
    context.output.out(`gaps in the next ${gapDays} days: ${found}`)
    return 0
  },

  async 'rota-copy'(context, [lineId]) {
    if (context.week === undefined || context.to === undefined) throw new CommandError('Which weeks? npm run directory -- rota-copy LINE --week DATE --to DATE')
    const text = await readFile(context.file, 'utf8')
    const directory = await load(context.file)
    const line = lineOf(directory, lineId)
    const rota = directory.rotas.get(line.id) ?? emptyRota(line.id)
    return changeRota(context, text, directory, line, copyWeek(rota, monday(context, line), mondayOf(day(context.to))))
  },
}

/** How far ahead gaps are looked for. */
const gapDays = 28

/** @returns `2026-01-12 09:00` in the line's time zone */
function wallClock(line: Line, atMs: number): string {
  const { day: date, minute } = knownTimeZone(line.timeZone).wallClockAt(atMs)
  return `${dateOf(date)} ${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(Math.floor(minute % 60)).padStart(2, '0')}`
}

async function load(file: string): Promise<Directory> {
  const parsed = await loadDirectory(file)
  if (!parsed.ok) throw new CommandError([...parsed.errors.map(showError), `errors: ${parsed.errors.length}`].join('\n'))
  return parsed.directory
}

function lineOf(directory: Directory, id: string | undefined): Line {
  const line = id === undefined ? undefined : directory.lines.get(id)
  if (line === undefined) throw new CommandError(`There is no line "${id ?? ''}". The lines are ${[...directory.lines.keys()].slice(0, 20).join(', ')}${directory.lines.size > 20 ? ', ...' : ''}`)
  return line
}

function monday(context: Context, line: Line): DayNumber {
  return mondayOf(context.week === undefined ? knownTimeZone(line.timeZone).dayAt(context.nowMs) : day(context.week))
}

function day(date: string): DayNumber {
  const found = dayNumber(date)
  if (found === undefined) throw new CommandError(`"${date}" is no date such as 2026-01-12`)
  return found
}

async function changeRota(context: Context, text: string, directory: Directory, line: Line, rota: ReturnType<typeof emptyRota>): Promise<number> {
  const changed = spliceRota(text, directory, line.id, rota)
  const parsed = parseDirectory(changed, context.file)
  if (!parsed.ok) throw new CommandError(parsed.errors.map(showError).join('\n'))
  const changes = diffDirectories(directory, parsed.directory)
  context.output.out(showDiff(changes))
  return changes.length === 0 ? 0 : replaceFile(context, changed)
}

async function give(context: Context, text: string): Promise<number> {
  if (context.outFile === undefined) context.output.out(text)
  else {
    await writeFile(context.outFile, text)
    context.output.out(`written: ${context.outFile}`)
  }
  return 0
}

/** Puts a text in the directory file's place in one step; what stood there is kept beside it as `.before`. */
async function replaceFile(context: Context, text: string): Promise<number> {
  if (context.dryRun) {
    context.output.out('dry run: nothing was changed')
    return 0
  }
  const fresh = `${context.file}.${process.pid}.new`
  try {
    await writeFile(fresh, text, { flush: true })
    const before = await readFile(context.file).catch(() => undefined)
    if (before !== undefined) await writeFile(`${context.file}.before`, before)
    await rename(fresh, context.file)
  } catch (error) {
    await unlink(fresh).catch(() => undefined)
    throw error
  }
  context.output.out(`${context.file} is changed; a running engine takes it up within seconds. What stood there is in ${context.file}.before`)
  return 0
}

