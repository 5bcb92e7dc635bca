import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openForReading } from '../../src/store/sqlite/open.js'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { header } from '../contract/phone/message.js'
import { Baresip } from './baresip.js'
import { delay, Engine } from './engine.js'
import { freePort } from './free-ports.js'
import { decodeMp3, msOfTone } from './listening.js'
import { Sipp } from './sipp.js'
import { world } from './world.js'

const patientTone = 530
const clinicianTone = 1_100

/** The music that patients wait with begins on these: C3 an octave up, E4. */
const musicTones = [262, 330]

describe('every kind of call, on the wire', { timeout: 60_000 }, () => {
  let engine: Engine
  /** Stands for the telephone network: whatever is dialled as a number arrives here. */
  let trunk: TestPhone
  let clinician: TestPhone
  let nursePort: number
  let bypassPort: number
  let receptionPort: number
  const phones: { stop(): Promise<void> }[] = []

  beforeAll(async () => {
    trunk = await TestPhone.open()
    clinician = await TestPhone.open()
    ;[nursePort, bypassPort, receptionPort] = [await freePort(), await freePort(), await freePort()]
    engine = await Engine.start({
      directory: world(
        [
          { id: 'cardiology', code: '21', rota: [clinician.uri] },
          { id: 'ent', code: '22', rota: [clinician.uri] },
          {
            id: 'epilepsy',
            kind: 'pifuAnswer',
            code: '31',
            number: '5001',
            access: 'nobody',
            rota: [`sip:nurse@127.0.0.1:${nursePort}`],
            ring: { ringSeconds: 20 },
          },
          {
            id: 'rheumatology',
            kind: 'pifuCallBack',
            code: '32',
            number: '5002',
            access: 'nobody',
            rota: [`sip:secretary@127.0.0.1:${nursePort}`],
          },
          { id: 'nobody-on', kind: 'pifuAnswer', code: '33', number: '5003', access: 'nobody', rota: [] },
        ],
        [
          {
            id: 'riverside',
            dialIn: '7001',
            code: '2101',
            bypass: `sip:bypass@127.0.0.1:${bypassPort}`,
            reception: `sip:reception@127.0.0.1:${receptionPort}`,
          },
        ],
        { clinicians: { okafor: [clinician.uri] }, trustDialIn: '7002', codeNumber: '5099', bypassNumber: '5098' },
      ),
      env: { RINGROUND_TRUNKS: `main=127.0.0.1:${trunk.port}`, RINGROUND_LOG_LEVEL: 'debug' },
    })
  })
  afterEach(async () => {
    for (const phone of phones.splice(0)) await phone.stop()
  })
  afterAll(async () => {
    try {
      for (const phone of [trunk, clinician]) phone.close()
      await engine.stop()
    } finally {
      await engine.dispose()
    }
  })

  async function specialist(scenario: string, port: number, holdMs = 1_500): Promise<Sipp> {
    const phone = await Sipp.specialist(scenario, { port, holdMs })
    phones.push(phone)
    return phone
  }

  it('PIFU option 1: a patient (baresip) waits with music, the nurse (SIPp) accepts, each hears the other, it is recorded', async () => {
    const nurse = await specialist('accept-late', nursePort, 14_000)
    const patient = await Baresip.start({ tone: patientTone })
    phones.push(patient)
    patient.dial(`sip:5001@${engine.sip}`)
    await patient.hasSeen('CALL_ESTABLISHED')
    await engine.callTo('5001', (call) => call.attempts[0]?.result === 'accepted', 25_000)
    await nurse.passed()
    const call = await engine.callTo('5001', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 20_000)
    expect(call).toMatchObject({ kind: 'pifuAnswer', line: 'epilepsy', ending: 'completed' })
    for (const tone of musicTones) expect(msOfTone(tone, patient.heard()), `${tone} Hz of the music`).toBeGreaterThan(300)
    const [left = new Int16Array()] = decodeMp3(await engine.mp3(call.callId)).channels
    expect(msOfTone(patientTone, left)).toBeGreaterThan(400)
  })

  it('PIFU option 1, nobody free: the patient (SIPp) presses a key, and the request is on disk and in the record', async () => {
    const caller = await Sipp.caller('keys-late', engine.sip, '5003', { keys: '1', holdMs: 9_000 })
    await caller.passed()
    const call = await engine.callTo('5003')
    expect(call).toMatchObject({ kind: 'pifuAnswer', ending: 'callBackRequested', callBackRequested: '+441632960555' })
  })

  it("PIFU option 2: the patient's call goes to the secretary's telephone (SIPp)", async () => {
    const secretary = await specialist('accept-hang-up', nursePort)
    const caller = await Sipp.caller('wait', engine.sip, '5002')
    await secretary.passed()
    await caller.passed()
    expect(await engine.callTo('5002')).toMatchObject({ kind: 'pifuCallBack', ending: 'completed', line: 'rheumatology' })
  })

  it('bypass: the practice by its code; its reception (SIPp) where the bypass number (SIPp) is engaged', async () => {
    const [desk, front] = [await specialist('busy', bypassPort), await specialist('silent', receptionPort)]
    const caller = await Sipp.caller('keys', engine.sip, '5098', { keys: '2101', holdMs: 2_000 })
    await caller.passed()
    await Promise.all([desk.passed(), front.passed()])
    const call = await engine.callTo('5098', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 15_000)
    expect(call).toMatchObject({ kind: 'bypass', ending: 'completed', reached: 'riverside' })
    expect(call.attempts.map(({ label, result }) => [label, result])).toEqual([
      ['riverside Surgery, bypass number', 'busy'],
      ['riverside Surgery, reception', 'connected'],
    ])
  })

  it('bypass by two stars on a Dial-In number', async () => {
    const desk = await specialist('silent', bypassPort)
    const caller = await Sipp.caller('keys', engine.sip, '7001', { keys: '**2101', holdMs: 1_500 })
    await caller.passed()
    await desk.passed()
    expect(await engine.callTo('7001')).toMatchObject({ kind: 'bypass', ending: 'completed' })
  })

  async function post(path: string, body: unknown, status = 201): Promise<Record<string, unknown>> {
    const answer = await engine.ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const text = await answer.text()
    expect(answer.status, text).toBe(status)
    return JSON.parse(text) as Record<string, unknown>
  }

  /** Answers a call that came over the trunk as the patient would, and says what the patient was shown. */
  async function patientAnswers(number: string): Promise<PhoneCall> {
    const call = await trunk.nextCall(8_000)
    expect(call.request.startLine).toContain(number)
    for (const name of ['From', 'P-Asserted-Identity']) expect(header(call.request, name)).toContain('+441632960000')
    call.answer()
    call.media.tones = [patientTone]
    return call
  }

  it('call-back (PIFU option 2): the engine rings the clinician, after acceptance the patient; one number is shown; recorded', async () => {
    const made = await post('/api/call-backs', {
      line: 'rheumatology',
      patientNumber: '01632 960888',
      nhsNumber: '943 476 5919',
      clinician: 'okafor',
      dueAt: new Date(Date.now() + 3_600_000).toISOString(),
    })
    const started = await post(`/api/call-backs/${String(made.id)}/start`, {}, 202)
    const near = await clinician.nextCall(8_000)
    near.answer()
    near.media.tones = [clinicianTone]
    await delay(1_500)
    expect(trunk.calls.some((call) => call.request.startLine.includes('960888'))).toBe(false)
    await near.media.press('1')
    const patient = await patientAnswers('+441632960888')
    await Promise.all([near.media.hears(patientTone), patient.media.hears(clinicianTone)])
    await delay(2_000)
    patient.bye()
    await delay(4_000)
    await near.media.press('1')
    await near.ended(20_000)
    const call = await engine.ended(String(started.callId))
    expect(call).toMatchObject({ kind: 'pifuCallBack', arrangement: made.id, ending: 'completed' })
    const [left = new Int16Array(), right = new Int16Array()] = decodeMp3(await engine.mp3(call.callId)).channels
    expect(msOfTone(clinicianTone, left)).toBeGreaterThan(1_500)
    expect(msOfTone(patientTone, right)).toBeGreaterThan(1_500)
  })

  it('Patient Connect: a PIN, keyed after star on the Dial-In number (SIPp), rings the patient; it is good once', async () => {
    const made = await post('/api/patient-connects', { nhsNumber: '943 476 5919', patientNumber: '01632 960889', clinician: 'okafor' })
    const caller = await Sipp.caller('keys', engine.sip, '7002', { keys: `*${String(made.pin)}`, holdMs: 2_000 })
    await patientAnswers('+441632960889')
    await caller.passed()
    const call = await engine.callTo('7002', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 15_000)
    expect(call).toMatchObject({ kind: 'patientConnect', arrangement: made.id, ending: 'completed' })
    expect(JSON.stringify(call.events)).not.toContain(String(made.pin))
  })

  it('a call-back code: bound to its number, good once; the clinician who had asked for advice has to accept', async () => {
    const made = await post('/api/call-back-codes', { thread: 'thread-1', to: '01632 960811' })
    expect(made.number).toContain('5099')
    const caller = await Sipp.caller('keys', engine.sip, '5099', { keys: String(made.code), holdMs: 4_000 })
    const asked = await trunk.nextCall(8_000)
    expect(asked.request.startLine).toContain('+441632960811')
    asked.answer()
    asked.media.tones = [patientTone]
    await delay(800)
    await asked.media.press('1')
    await asked.media.hears(530)
    await caller.passed()
    asked.bye()
    const call = await engine.callTo('5099', (one) => one.ending !== undefined, 15_000)
    expect(call).toMatchObject({ kind: 'callBackCode', arrangement: made.id, ending: 'completed' })

    const again = await Sipp.caller('keys', engine.sip, '5099', { keys: String(made.code), holdMs: 500 })
    await again.passed()
    const list = (await engine.list()).filter(({ dialledNumber }) => dialledNumber === '5099')
    const second = await engine.ended(list[0]?.callId ?? '')
    expect(second.attempts).toEqual([])
    expect(second.events.some(({ type, why }) => type === 'code.refused' && why === 'wrong')).toBe(true)
  })

  it('none of them leaves a number in the log or on the terminal', async () => {
    // The facts themselves: the API shows a number to nobody but those who may see it.
    const facts = openForReading(join(engine.folder, 'data', 'ringround.db'))
    onTestFinished(() => facts.close())
    const told = (await facts.db.selectFrom('call_events').select('data').execute()).map(({ data }) => data).join()
    // Numbers of people as a call's record has them: with the leading zero, or the country code.
    const seen = new Set([...told.matchAll(/(?:\+44|\b0)[1-9]\d{8,9}\b/g)].map(([number]) => number.replace(/^(?:\+44|0)/, '')))
    expect([...seen]).toEqual(expect.arrayContaining(['1632960889', '1632960811']))
    const { log } = engine
    expect(log).toContain('call.ended')
    expect([...seen].filter((number) => log.includes(number) || log.includes(number.slice(0, 4) + ' ' + number.slice(4)))).toEqual([])
    expect(log.replaceAll(' ', '')).not.toContain('9434765919')
  })
})
