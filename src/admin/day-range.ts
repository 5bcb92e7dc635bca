import { boundOf } from '../reports/asked-calls.js'
import { answerOf } from './answers.js'

/**
 * As `boundOf`.
 * @returns wall-clock ms
 * @throws ApiError badRequest
 */
export function bound(text: string, side: 'from' | 'to', timeZone: string): number {
  return answerOf(boundOf(text, side, timeZone))
}
