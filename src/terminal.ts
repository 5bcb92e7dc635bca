/** The program's output on the terminal while it runs. Plain lines; the log has the same in full. */
import { relative } from 'node:path'
import { summariseChanges, type DirectoryChange } from './directory/directory-diff.js'
import type { DirectoryError } from './directory/form.js'

/** The most errors shown of one file; the log has them all. */
const maxErrors = 5

export function directoryReloaded(changes: readonly DirectoryChange[]): string {
  return changes.length === 0
    ? 'Directory is free of mistakes again; nothing has changed.'
    : `Directory reloaded: ${summariseChanges(changes)}. Applies to new calls.`
}

export function directoryRefused(errors: readonly DirectoryError[]): string {
  const told = errors
    .slice(0, maxErrors)
    .map((error) => `  ${fromHere(error.file)}:${error.line}: ${error.message}; expected: ${error.expected}`)
  const more = errors.length > told.length ? [`  and ${errors.length - told.length} more`] : []
  return [
    `Directory not reloaded; the previous one stays current. ${errors.length === 1 ? 'One mistake:' : `${errors.length} mistakes:`}`,
    ...told,
    ...more,
  ].join('\n')
}

export function switchNotReady(why: string): string {
  return `Calls cannot be taken: ${why}. (npm run doctor looks at all of it.)`
}

export const switchReady = 'Calls can be taken.'

export const runOver =
  'This engine stood still or was cut off, and the other engines have taken its place. It ends, and can be started again.'

/**
 * @param running calls now
 * @param untilMs wall-clock ms at which the remaining ones are ended
 */
export function stopping(running: number, untilMs: number): string {
  if (running === 0) return 'Stopping: no call is running.'
  const until = new Date(untilMs).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  return `Stopping: waiting for ${calls(running)} to end, until ${until} at most. New calls are refused. Ctrl-C again ends ${running === 1 ? 'it' : 'them'} at once.`
}

export function stoppingAtOnce(running: number): string {
  return running === 0 ? 'Stopping at once.' : `Stopping at once: ${calls(running)} ${running === 1 ? 'is' : 'are'} ended.`
}

/** A line of the demo's story, with the time of day. */
export function demoLine(text: string): string {
  return `${new Date().toLocaleTimeString('en-GB')}  ${text}`
}

function calls(count: number): string {
  return count === 1 ? '1 call' : `${count} calls`
}

/** A path as a user would type it. */
function fromHere(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}
