import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectDrachtioSwitch, whenReady } from '../../src/switch/drachtio/connect.js'
import type { DrachtioSwitchSettings, ServerSet } from '../../src/switch/drachtio/settings.js'
import type { Audio, Switch } from '../../src/switch/port.js'
import { TestPhone, until, type CallOptions, type PhoneCall } from './phone/phone.js'
import { translated } from '../keeping/translated.js'
import type { MediaWorld } from './media-contract.js'
import type { MediaServers } from './media-servers.js'
import type { Caller, Left, Manner, Person, RungPhone } from './world.js'

/** Where the servers are, and how to look into them. */
export interface Servers {
  readonly set: ServerSet
  /** Where drachtio listens for SIP over UDP. */
  readonly sip: { readonly address: string; readonly port: number }
  /** Channels that the media server holds. */
  channels(): Promise<number>
  /** Where there are several media servers. */
  readonly media?: MediaServers
  stop(): Promise<void>
}

/** A world of real SIP and RTP over loopback around the adapter. */
export class SocketWorld implements MediaWorld {
  readonly switch: Switch
  servers: Servers
  readonly folder = mkdtempSync(join(tmpdir(), 'ringround-contract-'))
  readonly notices: string[] = []
  readonly #phones: TestPhone[] = []
  readonly #settings: DrachtioSwitchSettings
  #files = 0

  private constructor(servers: Servers, settings: Partial<DrachtioSwitchSettings>) {
    this.servers = servers
    this.#settings = { servers: [servers.set], trunks: [], ...settings, onNotice: (notice) => this.notices.push(notice.text) }
    this.switch = connectDrachtioSwitch(this.#settings)
  }

  static async open(servers: Servers, settings: Partial<DrachtioSwitchSettings> = {}): Promise<SocketWorld> {
    const world = new SocketWorld(servers, settings)
    if (!(await whenReady(world.switch, 10_000))) {
      await world.close()
      throw new Error(`the servers are not there: ${world.notices.join(' / ')}`)
    }
    await world.#warm()
    return world
  }

  /** The same servers, started again: they may listen for SIP elsewhere. */
  moveTo(servers: Servers): void {
    this.servers = servers
  }

  /** A phone to place calls from, or to be rung. */
  async telephone(): Promise<TestPhone> {
    const phone = await TestPhone.open()
    this.#phones.push(phone)
    return phone
  }

  get dialIn(): string {
    return `sip:7001@${this.servers.sip.address}:${this.servers.sip.port}`
  }

  async place(options: CallOptions = {}): Promise<PhoneCall> {
    return (await this.telephone()).call(this.dialIn, { from: '<sip:01865000001@127.0.0.1>', ...options })
  }

  async call(options: { readonly alien?: boolean } = {}): Promise<Caller> {
    return new SipCaller(await this.place(options))
  }

  async phone(manner: Manner): Promise<RungPhone> {
    const telephone = await this.telephone()
    const rung = new SipRungPhone(telephone)
    telephone.onCall = (call) => rung.rings(call, manner)
    return rung
  }

  async leftBy(engine: 'withCaller' | 'withTalk' | 'withBothUntold'): Promise<Left> {
    // Both engines get calls in turn: those that are not for the one that dies are refused.
    this.switch.onIncoming((call) => call.reject(486))
    const ward = await this.telephone()
    const recording = this.spool()
    const program = await translated('test/contract/doomed-engine.ts', [])
    const doomed = spawn(process.execPath, [program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        DOOMED: JSON.stringify({
          set: this.servers.set,
          recording,
          rings: engine === 'withCaller' ? null : ward.uri,
          untold: engine === 'withBothUntold',
        }),
      },
    })
    let said = ''
    doomed.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    const line = (index: number): Promise<string> =>
      until(
        () => said.split('\n').slice(0, -1)[index],
        45_000,
        () => `the engine that is to die said only: ${said}`,
      )
    try {
      await line(0)
      const called = engine !== 'withCaller' ? ward.nextCall(45_000) : undefined
      const call = await this.#answeredBy(() => this.place())
      const rung = await called
      rung?.answer()
      const handles = JSON.parse(await line(1)) as readonly [caller: string, other?: string]
      // In the very moment of the bridge FreeSWITCH 1.11.1 loses one of the two (docs/survival.md).
      if (engine === 'withTalk') await this.elapse(500)
      return {
        caller: new SipCaller(call),
        callerHandle: handles[0],
        other: rung && { person: new SipPerson(rung), handle: handles[1] ?? '' },
        recording,
      }
    } finally {
      const gone = new Promise((resolve) => doomed.once('exit', resolve))
      doomed.kill('SIGKILL')
      await gone
    }
  }

  /** Rings until the call is answered: other engines refuse it. */
  async #answeredBy(place: () => Promise<PhoneCall>): Promise<PhoneCall> {
    for (let tries = 0; tries < 10; tries++) {
      const call = await place()
      if (
        (await until(
          () => (call.answeredAt !== undefined ? 'answered' : call.refused ? 'refused' : undefined),
          5_000,
          'nobody takes the call',
        )) === 'answered'
      )
        return call
    }
    throw new Error('every call was refused')
  }

  file(ms: number, frequency = 600): Audio {
    const path = join(this.folder, `prompt-${ms}-${frequency}.wav`)
    writeFileSync(path, wav(frequency, ms))
    return { kind: 'file', path }
  }

  spool(): string {
    return join(this.folder, `spool-${++this.#files}.wav`)
  }

  async settled<T>(promise: Promise<T>, withinMs = 30_000): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>(
      (_, reject) => (timer = setTimeout(() => reject(new Error(`not settled within ${withinMs} ms`)), withinMs)),
    )
    return Promise.race([promise, late]).finally(() => clearTimeout(timer))
  }

  elapse(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms))
  }

  async eventually(holds: () => boolean): Promise<void> {
    await until(
      () => (holds() ? true : undefined),
      5_000,
      () => `never came true: ${String(holds)}`,
    )
  }

  now(): number {
    return performance.now()
  }

  /** Legs of the engine and channels of the media server, without those kept warm. */
  async leaks(): Promise<string[]> {
    for (const phone of this.#phones.splice(0)) {
      await this.elapse(0)
      phone.close()
    }
    const idle = () => this.idle
    const found = async () => {
      const { legs } = this.switch.health()
      const channels = (await this.servers.channels()) - idle()
      return [...(legs === 0 ? [] : [`${legs} legs`]), ...(channels <= 0 ? [] : [`${channels} channels`])]
    }
    // BYEs and their answers are on their way when a test ends.
    for (let tries = 0; tries < 60; tries++) {
      if ((await found()).length === 0) return []
      await this.elapse(50)
    }
    return found()
  }

  async mediaDies(): Promise<void> {
    await this.servers.media?.kill()
  }

  /** As at the beginning: every media server is up, and has a spare channel. */
  async mediaIsBack(): Promise<void> {
    await this.servers.media?.restore()
    const spares = 2 + (this.servers.set.others?.length ?? 0)
    const asBefore = () =>
      this.idle >= spares &&
      this.switch
        .health()
        .media.detail.split('; ')
        .every((each) => each.endsWith(': connected'))
    await until(
      () => (asBefore() ? true : undefined),
      20_000,
      () => `${this.idle} of ${spares} spare channels: ${this.switch.health().media.detail}`,
    )
  }

  async close(): Promise<void> {
    for (const phone of this.#phones) phone.close()
    await this.switch.close()
    rmSync(this.folder, { recursive: true, force: true })
    await this.servers.stop()
  }

  /** Channels that the adapter keeps ready. */
  get idle(): number {
    return (this.switch as unknown as { idleChannels: number }).idleChannels
  }

  async #warm(): Promise<void> {
    await until(() => (this.idle >= 1 ? true : undefined), 5_000, 'no spare channel')
  }
}

class SipPerson implements Person {
  constructor(readonly call: PhoneCall) {}

  press(key: string): void {
    void this.call.media.press(key)
  }

  hangUp(): void {
    this.call.bye()
  }

  get released(): boolean {
    return this.call.byeAt !== undefined
  }
}

class SipCaller extends SipPerson implements Caller {
  override hangUp(): void {
    if (this.call.answeredAt === undefined) this.call.cancel()
    else this.call.bye()
    // The CANCEL and our 200 crossed: a phone hangs up then (RFC 3261 section 9.1).
    void until(() => (this.call.answeredAt !== undefined && this.call.byeAt === undefined ? true : undefined), 1_000, '').then(
      () => this.call.bye(),
      () => undefined,
    )
  }

  override get released(): boolean {
    return this.call.byeAt !== undefined || this.call.refused !== undefined
  }

  get refusedWith(): number | undefined {
    return this.call.refused?.status
  }
}

class SipRungPhone implements RungPhone {
  readonly #phone: TestPhone
  #call: PhoneCall | undefined
  #person: SipPerson | undefined

  constructor(phone: TestPhone) {
    this.#phone = phone
  }

  get target(): RungPhone['target'] {
    return { kind: 'uri', uri: this.#phone.uri }
  }

  get ringing(): boolean {
    return this.#call !== undefined && this.#person === undefined && this.#call.cancelledAt === undefined
  }

  get person(): Person | undefined {
    return this.#person
  }

  rings(call: PhoneCall, manner: Manner): void {
    this.#call = call
    if (manner === 'never') return call.ring()
    if ('refusesWith' in manner) return call.reject(manner.refusesWith)
    call.ring()
    setTimeout(() => this.answer(), manner.answersAfterMs)
  }

  answer(): void {
    const call = this.#call
    if (!call || call.cancelledAt !== undefined) return
    call.answer()
    this.#person = new SipPerson(call)
  }
}

/** 8 kHz, 16 bit, mono: a sine of this length. */
export function wav(frequency: number, ms: number): Buffer {
  const samples = ms * 8
  const data = Buffer.alloc(44 + samples * 2)
  data.write('RIFF', 0)
  data.writeUInt32LE(36 + samples * 2, 4)
  data.write('WAVEfmt ', 8)
  data.writeUInt32LE(16, 16)
  data.writeUInt16LE(1, 20)
  data.writeUInt16LE(1, 22)
  data.writeUInt32LE(8_000, 24)
  data.writeUInt32LE(16_000, 28)
  data.writeUInt16LE(2, 32)
  data.writeUInt16LE(16, 34)
  data.write('data', 36)
  data.writeUInt32LE(samples * 2, 40)
  for (let index = 0; index < samples; index++)
    data.writeInt16LE(Math.round(9_000 * Math.sin((2 * Math.PI * frequency * index) / 8_000)), 44 + index * 2)
  return data
}
