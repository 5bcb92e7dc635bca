import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { messageOf } from '../common/errors.js'
import { fileProblem, readTextFile } from '../text/read-text-file.js'
import { dateOf, dayMs, dayNumber, mondayOf, type DayNumber } from './calendar.js'
import { diffDirectories, showDiff } from './directory-diff.js'
import type { DirectoryError } from './form.js'
import { loadDirectory, showError } from './load-directory.js'
import type { Directory, Line, Rota } from './model.js'
import { parseDirectory } from './parse-directory.js'
import { replaceFile } from './replace-file.js'
import { rotaGaps } from './rota-gaps.js'
import { changedPast } from './rota-past.js'
import { readRotaSheet, writeRotaSheet } from './rota-sheet.js'
import { spliceRota } from './splice-rota.js'
import { weekPlan, copyWeek } from './week-plan.js'
import { writeDirectory } from './write-directory.js'
import { emptyRota } from './empty-directory.js'
import { SheetNames } from './sheet-names.js'
import { knownTimeZone } from './time-zone.js'

export const usage = `Usage: npm run directory -- COMMAND [--file config/directory.yaml] [--dry-run]

In the store, which is what engines go by:

  apply FILE [--why TEXT]                     makes the file's changes a version, after showing what differs; what others have changed stays
  export [--version N] [--at INSTANT] [--out FILE]   the directory in force, or that of a version or an instant, as a directory file
  history [N] [--limit 20]                    every version with who, when and why; of version N, what it changed

In a file (which an engine that watches it applies when it is saved):

  check [FILE]                                every error of a directory file, with its line, and advice
  export --file FILE [--out FILE]             the file as a directory file in a fixed order
  import FILE                                 puts another file in the directory's place, after showing what differs
  diff OLD NEW                                what differs between two directory files
  rota-week LINE [--week DATE]                who is on and who is off, session by session
  rota-export LINE [--week DATE] [--out CSV]  the rota of a line for a week, for a spreadsheet
  rota-import LINE CSV [--week DATE]          takes such a sheet into the directory, after showing what differs
  rota-copy LINE --week DATE --to DATE        plans one week as another
  gaps [LINE]                                 when lines are open and nobody is on, in the next four weeks

--config names another settings file than config/ringround.yaml: there it stands where the store is. DATE is any day of the week that is meant, as 2026-01-12; without it, this week. --dry-run shows what would change, and changes nothing.
Days that are over are changed only with --past (in a terminal, the command asks).`

/** The commands' output; injected for tests. */
export interface CommandOutput {
  out(text: string): void
  error(text: string): void
  /** Asks a person at a terminal; missing where there is none. @returns whether they said yes */
  ask?(question: string): Promise<boolean>
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
      options: {
        file: { type: 'string' },
        out: { type: 'string' },
        week: { type: 'string' },
        to: { type: 'string' },
        'dry-run': { type: 'boolean' },
        past: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    const [command, ...rest] = positionals
    if (values.help === true || command === undefined) {
      output.out(usage)
      return values.help === true ? 0 : 2
    }
    const file = values.file ?? process.env['RINGROUND_DIRECTORY_FILE'] ?? 'config/directory.yaml'
    const context: Context = {
      file,
      dryRun: values['dry-run'] === true,
      past: values.past === true,
      week: values.week,
      to: values.to,
      outFile: values.out,
      output,
      nowMs,
    }
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
    // parseArgs gives one line that names the option.
    output.error(messageOf(error))
    return 2
  }
}

interface Context {
  readonly file: string
  readonly dryRun: boolean
  readonly past: boolean
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
    if (!parsed.ok) throw new CommandError(withCount(parsed.errors))
    for (const advice of parsed.advice) context.output.out(`${advice.file}:${advice.line}: advice: ${advice.message}`)
    const { organisations, lines, clinicians, numbers } = parsed.directory
    context.output.out(
      `${file}: no errors. ${organisations.size} organisations, ${lines.size} lines, ${clinicians.size} clinicians, ${numbers.size} numbers`,
    )
    return 0
  },

  async export(context) {
    return give(context, writeDirectory(await load(context.file)))
  },

  async import(context, [from]) {
    if (from === undefined) throw new CommandError('Which file? npm run directory -- import FILE')
    const fresh = await load(from)
    const current = await loadDirectory(context.file)
    // A current directory with errors is replaced as a whole: that is how it is repaired.
    if (!current.ok) context.output.out(`${context.file} has errors or is not there; all of ${from} would be new`)
    else {
      const changes = diffDirectories(current.directory, fresh)
      context.output.out(showDiff(changes))
      // The same directory written differently: keep the current file, with its comments and order.
      if (changes.length === 0) {
        context.output.out(`${context.file} stays as it is`)
        return 0
      }
    }
    return putInPlace(context, await textOf(from))
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
      context.output.out(
        `${session.date} ${clock(session.from)}-${clock(session.to)} ${session.name}${session.changed ? ' (changed)' : ''}\n    on:  ${on}\n    off: ${session.off.map((entry) => names.show(entry)).join(', ') || 'nobody'}`,
      )
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
    const text = await textOf(context.file)
    const directory = await load(context.file)
    const line = lineOf(directory, lineId)
    const bytes = await readFile(sheet).catch((error: unknown) => {
      throw unusable(sheet, error)
    })
    const read = readRotaSheet(directory, line, monday(context, line), bytes, sheet)
    if (!read.ok) throw new CommandError([...read.errors.map(showError), `errors: ${read.errors.length}; nothing was taken in`].join('\n'))
    for (const note of read.notes) context.output.out(note)
    return changeRota(context, text, directory, line, read.rota, monday(context, line))
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
    if (context.week === undefined || context.to === undefined)
      throw new CommandError('Which weeks? npm run directory -- rota-copy LINE --week DATE --to DATE')
    const text = await textOf(context.file)
    const directory = await load(context.file)
    const line = lineOf(directory, lineId)
    const rota = directory.rotas.get(line.id) ?? emptyRota(line.id)
    const to = mondayOf(day(context.to))
    return changeRota(context, text, directory, line, copyWeek(rota, monday(context, line), to), to)
  },
}

/** How far ahead to look for gaps. */
const gapDays = 28

/** @returns `2026-01-12 09:00` in the line's time zone */
function wallClock(line: Line, atMs: number): string {
  const { day: date, minute } = knownTimeZone(line.timeZone).wallClockAt(atMs)
  return `${dateOf(date)} ${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(Math.floor(minute % 60)).padStart(2, '0')}`
}

function withCount(errors: readonly DirectoryError[]): string {
  return [...errors.map(showError), `errors: ${errors.length}`].join('\n')
}

async function load(file: string): Promise<Directory> {
  const parsed = await loadDirectory(file)
  if (!parsed.ok) throw new CommandError(withCount(parsed.errors))
  return parsed.directory
}

function lineOf(directory: Directory, id: string | undefined): Line {
  const line = id === undefined ? undefined : directory.lines.get(id)
  if (line === undefined)
    throw new CommandError(
      `There is no line "${id ?? ''}". The lines are ${[...directory.lines.keys()].slice(0, 20).join(', ')}${directory.lines.size > 20 ? ', ...' : ''}`,
    )
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

/** @param changed the Monday of the week being planned */
async function changeRota(
  context: Context,
  text: string,
  directory: Directory,
  line: Line,
  rota: Rota,
  changed: DayNumber,
): Promise<number> {
  const before = directory.rotas.get(line.id) ?? emptyRota(line.id)
  const spliced = spliceRota(text, directory, line.id, rota)
  const parsed = parseDirectory(spliced, context.file)
  if (!parsed.ok) throw new CommandError(parsed.errors.map(showError).join('\n'))
  const changes = diffDirectories(directory, parsed.directory)
  context.output.out(showDiff(changes))
  if (changes.length === 0) return 0
  const today = knownTimeZone(line.timeZone).dayAt(context.nowMs)
  const past = changedPast(before, rota, changed, today)
  if (past.length > 0 && !context.dryRun && !(await mayChangePast(context, past, today))) return 1
  return putInPlace(context, spliced)
}

/** A rota for past days is usually the wrong sheet or the wrong week. */
async function mayChangePast(context: Context, past: readonly string[], today: DayNumber): Promise<boolean> {
  if (context.past) return true
  const told = `This changes who was on for past days: ${past.join(', ')} (today is ${dateOf(today)}).`
  if (context.output.ask && (await context.output.ask(`${told} Change them?`))) return true
  context.output.error(
    `${told} Nothing was changed. If that is meant, add --past; if another week is, name it with ${context.to === undefined ? '--week' : '--to'} DATE.`,
  )
  return false
}

async function give(context: Context, text: string): Promise<number> {
  if (context.outFile === undefined) context.output.out(text)
  else {
    const { outFile } = context
    await writeFile(outFile, text).catch((error: unknown) => {
      throw unusable(outFile, error)
    })
    context.output.out(`written: ${outFile}`)
  }
  return 0
}

async function putInPlace(context: Context, text: string): Promise<number> {
  if (context.dryRun) {
    context.output.out('dry run: nothing was changed')
    return 0
  }
  const before = await replaceFile(context.file, text).catch((error: unknown) => {
    throw unusable(context.file, error)
  })
  context.output.out(
    `${context.file} is changed; a running engine takes it up within seconds.${before === undefined ? '' : ` What stood there is in ${before}`}`,
  )
  return 0
}

async function textOf(file: string): Promise<string> {
  const read = await readTextFile(file)
  if (!read.ok) throw new CommandError(showError({ file, ...read.problem }))
  return read.text
}

function unusable(file: string, error: unknown): CommandError {
  const { message, expected } = fileProblem(error)
  return new CommandError(`${file}: ${message}; expected: ${expected}`)
}
