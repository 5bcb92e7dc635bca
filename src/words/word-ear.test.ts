import { describe, expect, it } from 'vitest'
import { weightCount } from './net.js'
import { quiet, sound, speech, tone } from './test-sounds.js'
import { WordEar, type EarTold } from './word-ear.js'

/** Takes every sound that the gate lets through for the word: what is tested are the rules around it. */
const everything = { weights: new Float32Array(weightCount), threshold: 0.5 }
/** Takes nothing for it. */
const deaf = { weights: new Float32Array(weightCount), threshold: 0.6 }

function listening(net = everything) {
  const told: EarTold[] = []
  const ear = new WordEar(net, (one) => told.push(one))
  return { ear, told, kinds: () => told.map((one) => (one.kind === 'keyOnly' ? one.why : one.kind)) }
}

describe('a leg that is listened to', () => {
  it('says the word when it is asked for, and again', () => {
    const { ear, kinds } = listening()
    ear.push(quiet(3_000))
    ear.open()
    ear.push(sound(quiet(800), speech(400), quiet(600)))
    expect(kinds()).toEqual(['word'])
    ear.push(quiet(2_500))
    ear.open()
    ear.push(sound(quiet(500), speech(400), quiet(600)))
    expect(kinds()).toEqual(['word', 'word'])
  })

  it('is not heard before the word is asked for, nor with what began before that', () => {
    const { ear, told } = listening()
    ear.push(sound(quiet(1_000), speech(400), quiet(800), speech(200)))
    ear.open()
    ear.push(sound(speech(200), quiet(800)))
    expect(told).toEqual([])
  })

  it('is decided within half a second of the end of the word', () => {
    const { ear, told } = listening()
    ear.push(quiet(1_000))
    ear.open()
    ear.push(sound(quiet(400), speech(400)))
    ear.push(quiet(400))
    expect(told).toEqual([])
    ear.push(quiet(130))
    expect(told).toHaveLength(1)
  })

  it.each([
    ['speaks for two seconds of the first six', 'talking', [quiet(300), speech(1_100), quiet(600), speech(1_150), quiet(100)]],
    ['goes on speaking while the whisper is spoken', 'talking', [quiet(3_200), speech(400), quiet(800), speech(400), quiet(100)]],
    ['speaks for longer than a word takes', 'stretch', [quiet(1_500), speech(1_300)]],
    ['sounds a tone', 'beep', [quiet(1_000), tone(300, 1_000)]],
  ])('has the key alone once it %s, whatever comes then', (_what, why, parts) => {
    const { ear, kinds } = listening()
    ear.push(sound(...parts))
    ear.open()
    ear.push(sound(quiet(1_000), speech(400), quiet(800)))
    expect(kinds()).toEqual([why])
    expect(ear.keyOnly).toBe(why)
  })

  it('has the key alone when it goes on talking after the word, as a greeting does', () => {
    const { ear, kinds } = listening()
    ear.push(quiet(6_500))
    ear.open()
    ear.push(sound(quiet(500), speech(400), quiet(600)))
    ear.push(sound(speech(300), quiet(600), speech(300), quiet(600)))
    expect(kinds()).toEqual(['word', 'goesOn'])
  })

  it('has the key alone when it answers the question for the word with something else', () => {
    const { ear, kinds } = listening()
    ear.push(quiet(6_500))
    ear.open()
    ear.push(sound(quiet(500), speech(400), quiet(2_000)))
    ear.open()
    ear.push(sound(quiet(500), speech(90), quiet(700)))
    expect(kinds()).toEqual(['word', 'goesOn'])
  })

  it('may say something else before it says the word', () => {
    const { ear, told } = listening(deaf)
    ear.open()
    ear.push(sound(quiet(1_000), speech(400), quiet(800), speech(400), quiet(800)))
    expect(told).toEqual([])
    expect(ear.keyOnly).toBeUndefined()
  })

  it('hears the same in pieces of any size', () => {
    const samples = sound(quiet(1_000), speech(400), quiet(800))
    const [whole, pieces] = [listening(), listening()]
    whole.ear.open()
    pieces.ear.open()
    whole.ear.push(samples)
    for (let at = 0; at < samples.length; at += 37) pieces.ear.push(samples.subarray(at, at + 37))
    expect(pieces.told).toEqual(whole.told)
    expect(whole.told).toHaveLength(1)
  })
})
