import { existsSync } from 'node:fs'
import { messageOf } from '../common/errors.js'
import { dateOf } from '../directory/calendar.js'
import { loadDirectory, showError } from '../directory/load-directory.js'
import type { Directory, Line } from '../directory/model.js'
import { knownTimeZone } from '../directory/time-zone.js'
import { directoryVersionsOf } from '../store/kept-directory.js'
import { PeriodQueries } from '../store/period-queries.js'
import type { OpenDatabase } from '../store/database.js'
import { openForAsking } from '../store/open-for-asking.js'
import { readTextFile } from '../text/read-text-file.js'
import { changesInWords, assumptions, type Told } from './assumptions.js'
import { OptionError, readOptions, usage, type Options } from './options.js'
import { checkLine, report } from './report.js'
import { readRotaFile } from './rota-file.js'
import { whatIf, type Change } from './what-if.js'

/** The engine's data paths. */
export interface Places {
  readonly directoryFile: string
  readonly databaseFile: string
  /** A PostgreSQL database instead of that file. */
  readonly postgres?: { readonly url: string; readonly readUrl: string | undefined } | undefined
}

export interface CommandSurroundings {
  /** Reads the settings. @param config file; undefined: the usual one. @throws Error whose message says what is wrong in the settings */
  readonly places: (config: string | undefined) => Places
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  /** Called with the progress, if it is shown. */
  readonly progress?: (done: number, of: number) => void
  /** Wall-clock ms. */
  readonly now: number
}

/**
 * `npm run what-if`: replays the recorded calls of a period with another rota or policy.
 * @returns the exit code: 0, or 1 with a line that says what is wrong
 */
export async function whatIfCommand(args: readonly string[], surroundings: CommandSurroundings): Promise<number> {
  try {
    const options = readOptions(args, knownTimeZone('Europe/London').dayAt(surroundings.now))
    surroundings.out(options === undefined ? usage : await run(options, surroundings))
    return 0
  } catch (error) {
    surroundings.error(messageOf(error))
    return 1
  }
}

async function run(options: Options, surroundings: CommandSurroundings): Promise<string> {
  const places = surroundings.places(options.config)
  // SQLite would make a file that is not there.
  const database =
    places.postgres === undefined && !existsSync(places.databaseFile)
      ? undefined
      : await openForAsking({ file: places.databaseFile, postgres: places.postgres })
  try {
    return await replay(options, surroundings, places, database)
  } finally {
    await database?.close()
  }
}

async function replay(
  options: Options,
  surroundings: CommandSurroundings,
  places: Places,
  database: OpenDatabase | undefined,
): Promise<string> {
  const versions = database && directoryVersionsOf(database.db)
  // A store never used by an engine has no directory yet.
  const directory = (await versions?.inForce())?.directory ?? (await theDirectory(places.directoryFile))
  const line = theLine(directory, options.line)
  const change = { ...(options.rotaFile === undefined ? {} : await rotaChange(options.rotaFile, directory, line)), ring: options.ring }
  const zone = knownTimeZone(line.timeZone)
  const period = `${dateOf(options.from)} to ${dateOf(options.to)}`
  if (database === undefined || versions === undefined)
    throw new OptionError(
      `${places.databaseFile} is not there: no calls have been recorded. --config names the settings of an engine that has some.`,
    )
  const result = await whatIf({
    directory,
    line,
    from: zone.instantOf(options.from, 0),
    to: zone.instantOf(options.to + 1, 0),
    past: new PeriodQueries(database.db),
    history: await versions.rotaHistory(line.id),
    change,
    runs: options.runs,
    seed: options.seed,
    now: surroundings.now,
    onRun: (done) => surroundings.progress?.(done, options.runs),
  })
  if (result.kind === 'noCalls') {
    const others = result.broken + result.withoutHunt
    throw new OptionError(
      `No call on ${line.id} reached the hunt from ${period}${others === 0 ? '' : `; ${others} calls did not get so far`}. Name days on which there were calls.`,
    )
  }
  const { comparison, grounds } = result
  const rotaFrom = change.rota?.from
  const told: Told = {
    title: `${line.name} (${line.id})`,
    period,
    runs: options.runs,
    seed: options.seed,
    changes: changesInWords(grounds, rotaFrom),
    rotaFrom,
    grounds,
  }
  if (!options.json) return report(comparison, told)
  return JSON.stringify(
    {
      line: line.id,
      period: { from: dateOf(options.from), to: dateOf(options.to) },
      runs: options.runs,
      seed: options.seed,
      changes: told.changes,
      ...comparison,
      assumptions: assumptions(told),
      checkInWords: checkLine(comparison),
      policies: { asItWas: grounds.asItWas.ring, ...(grounds.changed ? { changed: grounds.changed.ring } : {}) },
    },
    null,
    2,
  )
}

async function theDirectory(file: string): Promise<Directory> {
  const parsed = await loadDirectory(file)
  if (parsed.ok) return parsed.directory
  throw new OptionError(parsed.errors.map(showError).join('\n'))
}

function theLine(directory: Directory, id: string): Line {
  const line = directory.lines.get(id)
  if (line !== undefined) return line
  const names = [...directory.lines.keys()]
  throw new OptionError(`There is no line "${id}". The lines are ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', ...' : ''}.`)
}

async function rotaChange(file: string, directory: Directory, line: Line): Promise<Pick<Change, 'rota' | 'clinicians' | 'line'>> {
  const found = await readTextFile(file)
  if (!found.ok) throw new OptionError(`--rota ${showError({ file, ...found.problem })}`)
  const read = readRotaFile(found.text, file, directory, line)
  if (!read.ok) throw new OptionError(read.errors.map(showError).join('\n'))
  return read.change
}
