import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rootMeanSquare } from '../embedded/protocols/rtp/goertzel.js'
import { conversations, spokenTexts, type ConversationId } from './conversations.js'
import { announcement, manifestOf, turnSamples } from './voice-files.js'

const folder = new URL('./voices/', import.meta.url)
const spoken = spokenTexts()

describe('what is said in the demo', () => {
  it('was spoken with just these words, and nothing else lies there: `npm run voices` makes it so', () => {
    expect(JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8'))).toEqual(manifestOf(spoken))
    expect(
      readdirSync(folder)
        .filter((file) => file.endsWith('.wav'))
        .sort(),
    ).toEqual(spoken.map(({ file }) => file).sort())
  })

  it('is small enough to be shipped', () => {
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(new URL(file, folder)).size, 0)
    expect(bytes).toBeLessThan(2_500_000)
  })

  it('is loud enough to be heard, in every turn', () => {
    for (const id of Object.keys(conversations) as ConversationId[]) {
      for (const [index, { text }] of conversations[id].turns.entries()) {
        const samples = turnSamples(id, index)
        if (text === '') expect(samples).toBeUndefined()
        else expect(rootMeanSquare(samples ?? new Int16Array()), `${id} ${index + 1}`).toBeGreaterThan(500)
      }
    }
    expect(announcement('voicemail').length).toBeGreaterThan(8_000)
  })

  it('is said by two voices that can be told apart', () => {
    for (const { voices } of Object.values(conversations)) expect(voices.first).not.toBe(voices.other)
  })
})
