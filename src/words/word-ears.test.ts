import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readWav } from '../embedded/protocols/rtp/wav.js'
import { WavSpoolWriter } from '../embedded/protocols/rtp/wav-spool-writer.js'
import { quiet, sound, speech } from './test-sounds.js'
import { WordEars } from './word-ears.js'

let folder: string
let ears: WordEars
let troubles: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ears-'))
  troubles = []
  ears = new WordEars({ most: 2, onTrouble: (why) => troubles.push(why) })
  await ears.start()
})
afterEach(async () => {
  await ears.close()
  await rm(folder, { recursive: true })
})

/** A leg's recording, and what is heard on it. */
function follow(name: string) {
  const path = join(folder, `${name}.wav`)
  const told: string[] = []
  const ear = ears.follow(path, {
    word: (word, score) => told.push(`${word} ${score > 0.5 ? 'surely' : 'perhaps'}`),
    noWords: (why) => told.push(why),
  })
  return { path, told, ear }
}

async function says(path: string, ...parts: readonly Int16Array[]): Promise<void> {
  const writer = await WavSpoolWriter.open(path, { channels: 1 })
  writer.append(sound(...parts))
  await writer.end()
}

async function prompt(name: string): Promise<Int16Array> {
  return (await readWav(fileURLToPath(new URL(`../../prompts/rendered/${name}.wav`, import.meta.url)))).channels[0] ?? new Int16Array()
}

describe('the recogniser', () => {
  it('hears "one" in the recording of a leg while it is open', async () => {
    const { path, told, ear } = follow('leg')
    ear?.open()
    await says(path, quiet(1_000), await prompt('digit-1'), quiet(1_000))
    await expect.poll(() => [...told, ...troubles]).toEqual(['one surely'])
    ear?.stop()
  })

  it.each(['2', '3', '4', '5', '6', '7', '8', '9'])('takes %s for something else', async (digit) => {
    const { path, told, ear } = follow('leg')
    ear?.open()
    await says(path, quiet(1_000), await prompt(`digit-${digit}`), quiet(1_000), speech(1_400))
    await expect.poll(() => [...told, ...troubles]).toEqual(['stretch'])
  })

  it('hears nothing where the recording does not come, and says so', { timeout: 20_000 }, async () => {
    const { told } = follow('never')
    await expect.poll(() => told).toEqual(['lost'])
    expect(troubles.join()).toContain('does not grow')
  })

  it('listens to no more legs than it may, and tells those it listened to when it ends', async () => {
    const [first, second] = [follow('first'), follow('second')]
    expect(ears.ready).toBe(false)
    expect(follow('third').ear).toBeUndefined()
    first.ear?.stop()
    expect(ears.ready).toBe(true)
    await ears.close()
    expect(first.told).toEqual([])
    expect(second.told).toEqual(['lost'])
    expect(ears.ready).toBe(false)
  })
})
