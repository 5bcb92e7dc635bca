import { expect } from 'vitest'
import type { PhoneCall, TestPhone } from '../contract/phone/phone.js'
import type { ApiCall } from '../e2e/engine.js'

/** What the two say to each other, Hz. */
export const [gpTone, wardTone] = [530, 1_100]
/** What takes three seconds at most; a machine that has more to do takes longer. */
export const patience = { timeout: 40_000, interval: 50 }

/** The practice rings the line, and speaks. @param sip where calls come in */
export async function rings(gp: TestPhone, sip: string): Promise<PhoneCall> {
  const caller = await gp.call(`sip:4000@${sip}`)
  await caller.answered()
  caller.media.tones = [gpTone]
  return caller
}

/** The ward answers, hears the whisper, and accepts: the two hear each other. */
export async function accepts(ward: TestPhone, caller: PhoneCall): Promise<PhoneCall> {
  const called = await ward.nextCall(30_000)
  called.answer()
  called.media.tones = [wardTone]
  await expect.poll(() => called.media.samplesSince(0).some((sample) => Math.abs(sample) > 500), patience).toBe(true)
  await called.media.press('1')
  await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
  return called
}

/** The facts of a call, by their names. */
export const types = (call: ApiCall): readonly string[] => call.events.map(({ type }) => type)
