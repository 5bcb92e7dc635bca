import type { DirectoryChange } from '../directory/directory-diff.js'
import { sectionInFile } from '../directory/entity-line.js'
import type { Refused } from '../operations/result.js'
import { view, type Answer, type FieldError } from './site.js'

/** Shared by the pages that change the directory: the differences are shown before saving, and each change has its reason. */

const [maxDiffers, longestWhy] = [200, 500]

/** The differences, before saving. @param sent the fields for the form to send again */
export function differs(
  action: string,
  back: string,
  sent: Readonly<Record<string, string>>,
  changes: readonly DirectoryChange[],
  why: string,
  errors: readonly FieldError[],
): Answer {
  const words = { added: 'is new', removed: 'is removed', changed: 'changes' } as const
  return view(
    'directory-differs.njk',
    'What changes',
    {
      action,
      back,
      sent,
      why,
      changes: changes
        .slice(0, maxDiffers)
        .map(({ section, id, kind, details }) => ({ what: `${sectionInFile[section]}: ${id}`, kind: words[kind], details })),
      more: Math.max(0, changes.length - maxDiffers),
    },
    { errors },
  )
}

export function wrongReason(why: string): FieldError | undefined {
  const length = why.trim().length
  if (length > 0 && length <= longestWhy) return undefined
  return { field: 'why', message: length === 0 ? 'Enter why you are changing it' : `A reason has at most ${longestWhy} characters` }
}

/** Each problem, beside its field. */
export function problemsOf(
  { message, field = '', problems = [{ field, message }] }: Refused,
  fieldOf: (path: string) => string,
): readonly FieldError[] {
  return problems.slice(0, 20).map((problem) => ({
    field: fieldOf(problem.field),
    message: sentence(problem.message.startsWith(`${problem.field}: `) ? problem.message.slice(problem.field.length + 2) : problem.message),
  }))
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '')
}
