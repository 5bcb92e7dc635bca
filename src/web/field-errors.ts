import type { Refused } from '../operations/result.js'
import type { FieldError } from './render.js'

/** A refusal as a page shows it: each problem beside its field. */
export function fieldErrors({
  message,
  field = '',
  problems = [{ field, message: message.replace(/\.$/, '') }],
}: Refused): readonly FieldError[] {
  return problems.map((one) => ({ field: one.field, message: one.message }))
}
