import { expect, it } from 'vitest'
import { ToneListening } from './tone-listening.js'

/** A channel that tells what was begun on it, and whose codec is settled when the test says so. */
function channel() {
  const begun: string[] = []
  const waiting: (() => void)[] = []
  return {
    begun,
    gone: false,
    codecSettled: () => new Promise<void>((resolve) => waiting.push(resolve)),
    begin: (application: string) => void begun.push(application),
    async settles(): Promise<void> {
      for (const settle of waiting.splice(0)) settle()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

it('begins and stops listening as it is told, once the codec is settled', async () => {
  const one = channel()
  const tones = new ToneListening(one)
  tones.set(true)
  expect(one.begun).toEqual([])
  await one.settles()
  expect(one.begun).toEqual(['start_dtmf'])
  tones.set(false)
  await one.settles()
  tones.set(true)
  await one.settles()
  expect(one.begun).toEqual(['start_dtmf', 'stop_dtmf', 'start_dtmf'])
})

it('says nothing when what is wanted is in force by the time', async () => {
  const one = channel()
  const tones = new ToneListening(one)
  tones.set(true)
  tones.set(false)
  await one.settles()
  expect(one.begun).toEqual([])
  tones.set(true)
  await one.settles()
  tones.set(true)
  await one.settles()
  expect(one.begun).toEqual(['start_dtmf'])
})

it('does nothing on a channel that has gone', async () => {
  const one = channel()
  one.gone = true
  new ToneListening(one).set(true)
  await one.settles()
  expect(one.begun).toEqual([])
})
