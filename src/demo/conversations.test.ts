import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rootMeanSquare } from '../embedded/protocols/rtp/goertzel.js'
import { conversations, spokenTexts, type ConversationId } from './conversations.js'
import { announcement, manifestOf, turnSamples } from './voice-files.js'

const folder = new URL('./voices/', import.meta.url)
const spoken = spokenTexts()

describe('the demo’s conversations', () => {
  it('have a file for exactly these words, and no others: `npm run voices` makes them', () => {
    expect(JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8'))).toEqual(manifestOf(spoken))
    expect(
      readdirSync(folder)
        .filter((file) => file.endsWith('.wav'))
        .sort(),
    ).toEqual(spoken.map(({ file }) => file).sort())
  })

  it('are small enough to ship', () => {
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(new URL(file, folder)).size, 0)
    expect(bytes).toBeLessThan(2_500_000)
  })

  it('are loud enough in every turn', () => {
    for (const id of Object.keys(conversations) as ConversationId[]) {
      for (const [index, { text }] of conversations[id].turns.entries()) {
        const samples = turnSamples(id, index)
        if (text === '') expect(samples).toBeUndefined()
        else expect(rootMeanSquare(samples ?? new Int16Array()), `${id} ${index + 1}`).toBeGreaterThan(500)
      }
    }
    expect(announcement('voicemail').length).toBeGreaterThan(8_000)
  })

  it('have two distinguishable voices', () => {
    for (const { voices } of Object.values(conversations)) expect(voices.first).not.toBe(voices.other)
  })
})
