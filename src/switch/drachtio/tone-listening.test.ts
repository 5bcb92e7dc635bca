import { expect, it } from 'vitest'
import { ToneListening } from './tone-listening.js'

/** A channel whose applications end when the test says so. */
function channel() {
  const ran: string[] = []
  const running: (() => void)[] = []
  return {
    ran,
    gone: false,
    codecSettled: () => Promise.resolve(),
    run: (application: string) => {
      ran.push(application)
      return new Promise<never>((resolve) => running.push(() => resolve(undefined as never)))
    },
    /** The application that runs ends. */
    async ends(): Promise<void> {
      running.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const soon = () => new Promise((resolve) => setImmediate(resolve))

it('begins and stops listening as it is told, one command after the other', async () => {
  const one = channel()
  const tones = new ToneListening(one)
  tones.set(true)
  await soon()
  tones.set(false)
  expect(one.ran).toEqual(['start_dtmf'])
  await one.ends()
  expect(one.ran).toEqual(['start_dtmf', 'stop_dtmf'])
  await one.ends()
  tones.set(true)
  await soon()
  expect(one.ran).toEqual(['start_dtmf', 'stop_dtmf', 'start_dtmf'])
})

it('says nothing when what is wanted is in force by the time', async () => {
  const one = channel()
  const tones = new ToneListening(one)
  tones.set(true)
  await soon()
  tones.set(false)
  tones.set(true)
  await one.ends()
  expect(one.ran).toEqual(['start_dtmf'])
  tones.set(true)
  await soon()
  expect(one.ran).toEqual(['start_dtmf'])
})

it('does nothing on a channel that has gone', async () => {
  const one = channel()
  one.gone = true
  new ToneListening(one).set(true)
  await soon()
  expect(one.ran).toEqual([])
})
