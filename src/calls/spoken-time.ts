import { Temporal } from 'temporal-polyfill'
import type { SentenceId } from '../prompts/sentences.js'
import type { SpeechPart } from '../prompts/speech.js'
import { sentence } from './saying.js'

const dayIds = ['day-mon', 'day-tue', 'day-wed', 'day-thu', 'day-fri', 'day-sat', 'day-sun'] as const

/**
 * When a line opens next, as it is said: "It opens tomorrow at nine thirty in the morning".
 * @param opensAt ms since the epoch; undefined, or more than six days ahead: "It does not open in the coming week"
 */
export function openingWords(opensAt: number | undefined, now: number, timeZone: string): readonly SpeechPart[] {
  if (opensAt === undefined) return [sentence('line-not-this-week')]
  const today = zoned(now, timeZone)
  const opens = zoned(opensAt, timeZone)
  const daysAhead = today.toPlainDate().until(opens.toPlainDate(), { largestUnit: 'day' }).days
  const day = dayWord(daysAhead, opens.dayOfWeek)
  if (day === undefined) return [sentence('line-not-this-week')]
  return [sentence('line-opens'), sentence(day), sentence('time-at'), ...timeWords(opens.hour, opens.minute)]
}

/** A time of day: "nine o'clock in the morning", "one oh five in the afternoon", "midday". */
export function timeWords(hour: number, minute: number): readonly SpeechPart[] {
  if (minute === 0 && hour === 0) return [sentence('time-midnight')]
  if (minute === 0 && hour === 12) return [sentence('time-midday')]
  const partOfDay: SentenceId = hour < 12 ? 'time-morning' : hour < 18 ? 'time-afternoon' : 'time-evening'
  return [...numberWords(hour % 12 === 0 ? 12 : hour % 12), ...minuteWords(minute), sentence(partOfDay)]
}

/** A whole number from 0 to 59. */
export function numberWords(number: number): readonly SpeechPart[] {
  if (number < 10) return [{ kind: 'digits', digits: String(number) }]
  if (number <= 20) return [sentence(`number-${number}` as SentenceId)]
  const tens = Math.floor(number / 10) * 10
  return [sentence(`number-${tens}` as SentenceId), ...(number === tens ? [] : numberWords(number - tens))]
}

function minuteWords(minute: number): readonly SpeechPart[] {
  if (minute === 0) return [sentence('time-oclock')]
  return minute < 10 ? [sentence('time-oh'), ...numberWords(minute)] : numberWords(minute)
}

function dayWord(daysAhead: number, dayOfWeek: number): SentenceId | undefined {
  if (daysAhead === 0) return 'day-today'
  if (daysAhead === 1) return 'day-tomorrow'
  return daysAhead < 7 ? dayIds[dayOfWeek - 1] : undefined
}

function zoned(at: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
}
