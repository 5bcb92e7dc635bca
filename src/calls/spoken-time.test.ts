import { describe, expect, it } from 'vitest'
import { sentences } from '../prompts/sentences.js'
import type { SpeechPart } from '../prompts/speech.js'
import { openingWords, timeWords } from './spoken-time.js'

function read(parts: readonly SpeechPart[]): string {
  return parts
    .map((part) =>
      part.kind === 'sentence' ? sentences[part.id] : part.kind === 'digits' ? sentences[`digit-${part.digits}` as 'digit-0'] : '?',
    )
    .join(' ')
}

describe('when a line opens, as it is said', () => {
  it.each([
    [9, 0, "nine o'clock in the morning"],
    [9, 30, 'nine thirty in the morning'],
    [9, 5, 'nine oh five in the morning'],
    [12, 0, 'midday'],
    [12, 15, 'twelve fifteen in the afternoon'],
    [13, 45, 'one forty five in the afternoon'],
    [18, 30, 'six thirty in the evening'],
    [0, 0, 'midnight'],
    [0, 20, 'twelve twenty in the morning'],
    [23, 59, 'eleven fifty nine in the evening'],
  ])('%i:%i', (hour, minute, words) => {
    expect(read(timeWords(hour, minute))).toBe(words)
  })

  it('can say every minute of a day', () => {
    for (let minute = 0; minute < 24 * 60; minute++)
      expect(read(timeWords(Math.floor(minute / 60), minute % 60))).not.toContain('undefined')
  })

  const monday = Date.UTC(2024, 5, 3, 9)
  it.each([
    ['today', Date.UTC(2024, 5, 3, 17, 30), 'It opens today at six thirty in the evening'],
    ['tomorrow', Date.UTC(2024, 5, 4, 8), "It opens tomorrow at nine o'clock in the morning"],
    ['a day of the week', Date.UTC(2024, 5, 7, 11), 'It opens on Friday at midday'],
    ['in more than six days', Date.UTC(2024, 5, 10, 8), 'It does not open in the coming week.'],
    ['never', undefined, 'It does not open in the coming week.'],
  ])('%s', (_when, opensAt, words) => {
    expect(read(openingWords(opensAt, monday, 'Europe/London'))).toBe(words)
  })

  it('counts days in the line’s own time zone: at midnight there, not here', () => {
    const lateEvening = Date.UTC(2024, 5, 3, 22, 30)
    expect(read(openingWords(Date.UTC(2024, 5, 3, 23, 30), lateEvening, 'Europe/London'))).toBe(
      'It opens tomorrow at twelve thirty in the morning',
    )
  })
})
