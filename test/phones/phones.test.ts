import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { metronome } from '../../src/embedded/phones/metronome.js'
import { Phone, type KeyForm } from '../../src/embedded/phones/phone.js'
import type { PhoneOptions } from '../../src/embedded/phones/phone-options.js'
import {
  acceptsAtSecondPrompt,
  answersFast,
  answersThenHangsUp,
  behave,
  declines,
  isBusy,
  neverAnswers,
  pressesWrongKeyFirst,
  voicemail,
} from '../../src/embedded/phones/temperament.js'
import { babble } from '../../src/embedded/phones/voice.js'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { GoertzelDtmf } from '../../src/embedded/protocols/rtp/goertzel-dtmf.js'
import { decodeWav } from '../../src/embedded/protocols/rtp/wav.js'

const open: Phone[] = []

async function phone(options: PhoneOptions): Promise<Phone> {
  const opened = await Phone.open(options)
  open.push(opened)
  return opened
}

afterEach(async () => {
  const used = open.splice(0)
  await Promise.all(used.map((opened) => opened.close()))
  expect(metronome.listeners, 'no phone goes on sending').toBe(0)
  for (const { userAgent } of used)
    expect([userAgent.dialogCount, userAgent.layer.counts], 'nothing is left of the calls').toEqual([
      0,
      { client: 0, server: 0, unacknowledged: 0 },
    ])
})

describe.each(['udp', 'tcp'] as const)('two phones over %s', (protocol) => {
  it('hear each other, each its own tone, and hang up', async () => {
    const gp = await phone({ name: 'GP', protocol, toneHz: 700 })
    const specialist = await phone({ name: 'Specialist', protocol, toneHz: 1100 })
    const dialled = gp.dials(specialist.uri)
    await specialist.answers()
    expect(await dialled).toEqual({ kind: 'connected' })
    await Promise.all([gp.hears(1100), specialist.hears(700)])
    await gp.hangsUp()
    expect(await specialist.isHungUp()).toMatchObject({ kind: 'remote' })
    expect(gp.audioCounts.lost + specialist.audioCounts.lost).toBe(0)
  })

  it('are refused, cancelled, busy', async () => {
    const gp = await phone({ name: 'GP', protocol })
    const second = await phone({ name: 'Second GP', protocol })
    const specialist = await phone({ name: 'Specialist', protocol })
    const refused = gp.dials(specialist.uri)
    await specialist.declines()
    expect(await refused).toMatchObject({ kind: 'refused', status: 603 })

    const cancelled = gp.dials(specialist.uri)
    await specialist.rings()
    expect(await second.dials(specialist.uri)).toMatchObject({ kind: 'refused', status: 486 })
    await gp.hangsUp()
    expect(await cancelled).toEqual({ kind: 'cancelled' })
    await specialist.stopsRinging()
    expect(specialist.state).toBe('idle')
  })

  it('hold and resume: the held one hears nothing', async () => {
    const gp = await phone({ name: 'GP', protocol, toneHz: 700 })
    const specialist = await phone({ name: 'Specialist', protocol, toneHz: 1100 })
    const dialled = gp.dials(specialist.uri)
    await specialist.answers()
    await dialled
    await gp.hears(1100)
    expect(await specialist.holds('inactive')).toMatchObject({ kind: 'answered' })
    await Promise.all([gp.hearing.silence(), specialist.hearing.silence()])
    expect(await specialist.resumes()).toMatchObject({ kind: 'answered' })
    await Promise.all([gp.hears(1100), specialist.hears(700)])
  })

  it('talk after an INVITE without SDP', async () => {
    const gp = await phone({ name: 'GP', protocol, toneHz: 700, lateOffer: true })
    const specialist = await phone({ name: 'Specialist', protocol, toneHz: 1100 })
    const dialled = gp.dials(specialist.uri)
    await specialist.answers()
    expect(await dialled).toEqual({ kind: 'connected' })
    await Promise.all([gp.hears(1100), specialist.hears(700)])
  })
})

it('has its own keys understood in RFC 4733, in-band and both INFO forms', async () => {
  const gp = await phone({ name: 'GP' })
  const switchboard = await phone({ name: 'Switchboard' })
  const dialled = gp.dials(switchboard.uri)
  await switchboard.answers()
  await dialled
  const told: string[] = []
  switchboard.session!.handlers.info = (request) => {
    told.push(`${request.contentType} ${request.body.toString().trim().replaceAll('\r\n', ' ')}`)
    return 200
  }
  await gp.presses('12#', { form: 'rfc4733' })
  await switchboard.waits(100)
  expect(switchboard.keysHeard.join('')).toBe('12#')
  await gp.presses('4', { form: 'info-relay' })
  await gp.presses('5', { form: 'info-dtmf' })
  expect(told).toEqual(['application/dtmf-relay Signal=4 Duration=100', 'application/dtmf 5'])

  const folder = await mkdtemp(join(tmpdir(), 'phones-'))
  try {
    await switchboard.records(join(folder, 'heard.wav'))
    await gp.presses('79*', { form: 'inband' })
    await switchboard.waits(200)
    await gp.hangsUp()
    await switchboard.isHungUp()
    await switchboard.close()
    const heard: string[] = []
    const detector = new GoertzelDtmf(({ digit }) => heard.push(digit))
    const wav = decodeWav(await readFile(join(folder, 'heard.wav')))
    detector.push(wav.channels[0]!)
    detector.flush()
    expect(heard.join('')).toBe('79*')
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('records what it heard, tone and all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'phones-'))
  try {
    const gp = await phone({ name: 'GP', toneHz: 700 })
    const specialist = await phone({ name: 'Specialist' })
    const dialled = gp.dials(specialist.uri)
    await specialist.answers()
    await dialled
    await specialist.hears(700)
    const path = join(folder, 'heard.wav')
    await specialist.records(path)
    await specialist.waits(500)
    await specialist.hangsUp()
    await specialist.close()
    const { channels, durationMs } = decodeWav(await readFile(path))
    expect(durationMs).toBeGreaterThan(300)
    expect(toneShare(channels[0]!, 700)).toBeGreaterThan(0.9)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('says what it hears instead of what it should hear', async () => {
  const gp = await phone({ name: 'GP', toneHz: 700 })
  const specialist = await phone({ name: 'Specialist' })
  const dialled = gp.dials(specialist.uri)
  await specialist.answers()
  await dialled
  await specialist.hears(700)
  await expect(specialist.hears(1500, { withinMs: 300 })).rejects.toThrow(/Specialist should hear 1500 Hz, but hears mainly 700 Hz/)
  await expect(specialist.hearing.no(700, 300)).rejects.toThrow(/should not/)
  await specialist.hearing.no(900, 200)
})

describe('temperaments', () => {
  const keyForms: KeyForm[] = ['rfc4733', 'info-relay']

  it.each(keyForms)('one who answers fast presses 1 (%s) while the prompt runs', async (form) => {
    const caller = await phone({ name: 'Whisperer' })
    const specialist = await phone({ name: 'Specialist' })
    behave(specialist, answersFast({ afterMs: 50, thinkMs: 50, form }))
    expect(await caller.dials(specialist.uri)).toEqual({ kind: 'connected' })
    const infos: string[] = []
    caller.session!.handlers.info = (request) => {
      infos.push(request.body.toString())
      return 200
    }
    const said = caller.says(babble(3000))
    await expect.poll(() => specialist.log.count('pressed'), { timeout: 30_000 }).toBe(1)
    await caller.waits(100)
    expect(form === 'rfc4733' ? caller.keysHeard : infos).toHaveLength(1)
    await caller.hangsUp()
    await said
  })

  it('the busy one, the one who declines, the one who never answers', async () => {
    const caller = await phone({ name: 'Caller' })
    const specialist = await phone({ name: 'Specialist' })
    behave(specialist, isBusy())
    expect(await caller.dials(specialist.uri)).toMatchObject({ status: 486 })
    behave(specialist, declines({ afterMs: 50 }))
    expect(await caller.dials(specialist.uri)).toMatchObject({ status: 603 })
    behave(specialist, neverAnswers())
    const dialled = caller.dials(specialist.uri)
    await specialist.rings()
    await caller.waits(300)
    expect(caller.state).toBe('dialling')
    await caller.hangsUp()
    expect(await dialled).toEqual({ kind: 'cancelled' })
  })

  it('voicemail speaks, beeps and presses nothing', async () => {
    const caller = await phone({ name: 'Caller' })
    const box = await phone({ name: 'Box' })
    behave(box, voicemail({ afterMs: 50, greetingMs: 700, beepHz: 1000 }))
    expect(await caller.dials(box.uri)).toEqual({ kind: 'connected' })
    await caller.hearing.speech()
    await caller.hears(1000)
    await caller.hearing.silence({ forMs: 200 })
    expect(caller.keysHeard).toEqual([])
    expect(box.log.count('pressed')).toBe(0)
  })

  it('one accepts at the second prompt only', async () => {
    const caller = await phone({ name: 'Whisperer' })
    const specialist = await phone({ name: 'Specialist' })
    behave(specialist, acceptsAtSecondPrompt({ afterMs: 50, thinkMs: 50, pauseMs: 500 }))
    await caller.dials(specialist.uri)
    await caller.says(babble(900))
    await caller.waits(800)
    expect(caller.keysHeard).toEqual([])
    const second = caller.says(babble(1500))
    await expect.poll(() => caller.keysHeard.join(''), { timeout: 30_000 }).toBe('1')
    await caller.hangsUp()
    await second
  })

  it('one presses a wrong key first, one answers and hangs up', async () => {
    const caller = await phone({ name: 'Whisperer' })
    const specialist = await phone({ name: 'Specialist' })
    behave(specialist, pressesWrongKeyFirst({ afterMs: 20, thinkMs: 20, betweenMs: 100, wrongKey: '7' }))
    await caller.dials(specialist.uri)
    const said = caller.says(babble(3000))
    await expect.poll(() => caller.keysHeard.join(''), { timeout: 30_000 }).toBe('71')
    await caller.hangsUp()
    await said
    behave(specialist, answersThenHangsUp({ afterMs: 20, staysMs: 50 }))
    await specialist.waits(50)
    expect(await caller.dials(specialist.uri)).toEqual({ kind: 'connected' })
    expect(await caller.isHungUp()).toMatchObject({ kind: 'remote' })
  })
})
