import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { closeAfterwards, mediaBench, stillOpen, until } from './bench-set-up.js'
import { connectMrf, quick, type Endpoint, type EslEvent } from './drachtio-packages.js'
import { silence } from './silence.js'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'endpoints-'))
  closeAfterwards(() => rmSync(path, { recursive: true }))
  return path
}

const OFFER =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n'

async function endpoint(
  ms: { createEndpoint(o?: { remoteSdp?: string }): Promise<Endpoint> },
  remoteSdp: string | undefined = OFFER,
): Promise<Endpoint> {
  return quick(await ms.createEndpoint({ remoteSdp }))
}

test('files, tones, silence and lists are played as long as they are; a missing file is an error alone and skipped in a list', async () => {
  const { ms } = await mediaBench()
  const path = folder()
  writeFileSync(join(path, 'beep.wav'), silence(400))
  const ep = await endpoint(ms)
  const events: string[] = []
  ep.on('playback-start', ({ file }: { file: string }) => events.push(`start ${file.slice(-8)}`))
  ep.on('playback-stop', ({ file }: { file: string }) => events.push(`stop ${file.slice(-8)}`))
  expect((await ep.play(join(path, 'beep.wav'))).playbackMilliseconds).toBe('400')
  expect((await ep.play('tone_stream://%(200,0,440)')).playbackLastOffsetPos).toBe('1600')
  expect((await ep.play('silence_stream://100')).playbackMilliseconds).toBe('100')
  await expect(ep.play('/nowhere.wav')).rejects.toThrow('File Not Found')
  const list = await ep.play(['/nowhere.wav', join(path, 'beep.wav'), 'silence_stream://100'])
  expect(list.playbackMilliseconds).toBe('100')
  expect(events.slice(0, 2)).toEqual(['start beep.wav', 'stop beep.wav'])
  expect(events.filter((event) => event.endsWith('beep.wav'))).toHaveLength(4)
})

test('plays that are asked for at once nest: the second is heard first, the first goes on afterwards; uuid_break ends both', async () => {
  const { ms } = await mediaBench()
  const ep = await endpoint(ms)
  const order: string[] = []
  const first = ep.play('tone_stream://%(300,0,440)').then(() => order.push('first'))
  const second = ep.play('tone_stream://%(300,0,523)').then(() => order.push('second'))
  await Promise.all([first, second])
  expect(order).toEqual(['second', 'first'])
  const long = ep.play('tone_stream://%(9000,0,440);loops=-1')
  const longer = ep.play('tone_stream://%(9000,0,523);loops=-1')
  expect(await stillOpen(long, 100)).toBe(true)
  expect((await ep.api('uuid_break', `${ep.uuid} all`)).body).toBe('+OK\n')
  await Promise.all([long, longer])
})

test('digits are collected: a key, a terminator, too few, a wrong one and none', async () => {
  const { ms } = await mediaBench()
  const ep = await endpoint(ms)
  const press = (digits: string): Promise<unknown> => ep.api('uuid_recv_dtmf', `${ep.uuid} ${digits}`)
  const collect = (options: Record<string, unknown>) =>
    ep.playCollect({
      file: 'silence_stream://2000',
      invalidFile: 'silence_stream://20',
      tries: 1,
      timeout: 1000,
      digitTimeout: 300,
      min: 1,
      max: 4,
      ...options,
    })
  const during = collect({ max: 1 })
  await press('5')
  expect((await during).digits).toBe('5')
  const ended = collect({ file: 'silence_stream://20' })
  await new Promise((resolve) => setTimeout(resolve, 100))
  await press('12#')
  expect(await ended).toMatchObject({ digits: '12', terminatorUsed: '#' })
  const few = collect({ file: 'silence_stream://20', min: 3 })
  await new Promise((resolve) => setTimeout(resolve, 100))
  await press('1')
  expect((await few).digits).toBe('1')
  const wrong = collect({ file: 'silence_stream://20', max: 1, regexp: '[12]' })
  await new Promise((resolve) => setTimeout(resolve, 100))
  await press('9')
  expect(await wrong).toMatchObject({ invalidDigits: '9' })
  expect((await collect({ file: 'silence_stream://20' })).digits ?? null).toBeNull()
})

test('variables are set, shown and deleted; FreeSWITCH says its own words about what it does not know', async () => {
  const { ms } = await mediaBench()
  const ep = await endpoint(ms)
  await ep.set({ fruit: 'apple', colour: 'red' })
  await ep.set('quote', "it's")
  await ep.export('shared', 'yes')
  const shown = await ep.getChannelVariables(true)
  expect(shown).toMatchObject({
    variable_fruit: 'apple',
    variable_colour: 'red',
    variable_quote: "it's",
    variable_shared: 'yes',
    variable_read_codec: 'PCMA',
  })
  expect(Number.isNaN(shown.variable_rtp_audio_out_packet_count)).toBe(false)
  expect((await ep.api('uuid_getvar', `${ep.uuid} fruit`)).body).toBe('apple')
  await ep.execute('unset', 'fruit')
  expect((await ep.api('uuid_getvar', `${ep.uuid} fruit`)).body).toBe('_undef_')
  expect(await ms.api('no_such_thing at all')).toBe('-ERR no_such_thing Command not found!\n')
  expect(await ms.api('conference x list count')).toBe('-ERR conference Command not found!\n')
  expect(await ms.api('uuid_kill nobody')).toBe('-ERR No such channel!\n')
  expect(await ms.api('uuid_bridge a b')).toBe('-ERR Invalid uuid\n')
  expect(await ms.api('uuid_bridge')).toBe('-USAGE: <uuid> <other_uuid>\n')
  expect(await ms.api(`uuid_exists ${ep.uuid}`)).toBe('true')
  expect(await ms.api('show channels count')).toBe('\n1 total.\n')
  expect(JSON.parse(await ms.api('show channels as json'))).toMatchObject({ row_count: 1 })
  expect(await ms.api('status')).toContain('1 session(s)')
  expect(await ms.api('version')).toContain('FreeSWITCH Version 1.11.1')
  expect(await ms.api('sofia status profile drachtio_mrf')).toContain('CALLS-IN')
  expect(await ms.api('reloadxml')).toBe('+OK [Success]\n')
})

test('an unknown application ends the call with DESTINATION_OUT_OF_ORDER, as on the real server', async () => {
  const { ms } = await mediaBench()
  const ep = await endpoint(ms)
  const gone = once(ep, 'destroy')
  void ep.execute('conference', 'room')
  const [{ reason }] = (await gone) as [{ reason: string }]
  expect(reason).toBe('DESTINATION_OUT_OF_ORDER')
})

test('a session is recorded in stereo with silence in its place, and closed when it is stopped or the call ends', async () => {
  const { ms } = await mediaBench()
  const path = folder()
  const ep = await endpoint(ms)
  await ep.set('RECORD_STEREO', 'true')
  await ep.recordSession(join(path, 'stopped.wav'))
  await ep.recordSession(join(path, 'ended.wav'))
  expect((await ep.api('uuid_buglist', ep.uuid)).body).toContain('stopped.wav')
  await ep.play('tone_stream://%(400,0,440)')
  const stopped = await ep.execute('stop_record_session', join(path, 'stopped.wav'))
  expect(Number(stopped.getHeader('variable_record_ms'))).toBeGreaterThanOrEqual(380)
  await ep.destroy()
  await until(() => readFileSync(join(path, 'ended.wav')).readUInt32LE(40) > 0, 'the second file to be closed')
  for (const name of ['stopped.wav', 'ended.wav']) {
    const wav = readFileSync(join(path, name))
    expect([wav.toString('latin1', 0, 4), wav.readUInt16LE(22), wav.readUInt32LE(24)]).toEqual(['RIFF', 2, 8000])
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44)
    expect(wav.length).toBeGreaterThan(380 * 32)
  }
})

test('what cannot be recorded is told by the missing file only, and the call goes on', async () => {
  const { ms } = await mediaBench()
  const ep = await endpoint(ms)
  expect((await ep.recordSession('/proc/nowhere/x.wav')).getHeader('Application-Response')).toBe('_none_')
  expect((await ep.recordSession('/tmp/x-not-spoken.mp3')).getHeader('Application-Response')).toBe('_none_')
  expect(existsSync('/tmp/x-not-spoken.mp3')).toBe(false)
  expect((await ep.play('silence_stream://20')).playbackMilliseconds).toBe('20')
})

test('a message is recorded until its time is up', async () => {
  const { ms } = await mediaBench()
  const path = join(folder(), 'message.wav')
  const ep = await endpoint(ms)
  const result = await ep.record(path, { timeLimitSecs: 1 })
  expect(Number(result.recordMilliseconds)).toBeGreaterThan(900)
})

test('bridged, parted, bridged again; when one ends the other stays and can be played to', async () => {
  const { ms, embedded } = await mediaBench()
  const a = await endpoint(ms)
  const b = await endpoint(ms)
  await a.bridge(b)
  await a.unbridge()
  expect((await a.play('silence_stream://20')).playbackMilliseconds).toBe('20')
  expect((await b.play('silence_stream://20')).playbackMilliseconds).toBe('20')
  await b.bridge(a.uuid)
  const playing = a.play('tone_stream://%(100,0,440)')
  await playing
  await b.destroy()
  expect(a.connected).toBe(true)
  expect((await a.play('silence_stream://20')).playbackMilliseconds).toBe('20')
  await a.destroy()
  await until(() => embedded.load().channels === 0, 'no channel')
})

test('hangup_after_bridge takes the other one along', async () => {
  const { ms } = await mediaBench()
  const a = await endpoint(ms)
  const b = await endpoint(ms)
  await a.set('hangup_after_bridge', 'true')
  await a.bridge(b)
  const gone = once(a, 'destroy')
  await b.destroy()
  expect(((await gone) as [{ reason: string }])[0].reason).toBe('NORMAL_CLEARING')
})

test('an endpoint that is killed lets its play hang, as on the real server, and says that it is gone', async () => {
  const { ms, embedded } = await mediaBench()
  const ep = await endpoint(ms)
  const playing = ep.play('tone_stream://%(9000,0,440);loops=-1')
  const gone = once(ep, 'destroy')
  expect(await stillOpen(playing, 50)).toBe(true)
  expect(await ms.api(`uuid_kill ${ep.uuid}`)).toBe('+OK\n')
  await gone
  expect(await stillOpen(playing, 200)).toBe(true)
  expect(embedded.load().channels).toBe(0)
})

test('no audio for the time that was set ends the call with MEDIA_TIMEOUT', async () => {
  const { ms } = await mediaBench()
  const ep = await endpoint(ms)
  const gone = once(ep, 'destroy')
  await ep.set('rtp_timeout_sec', '1')
  expect(((await gone) as [{ reason: string }])[0].reason).toBe('MEDIA_TIMEOUT')
})

test('an endpoint without SDP offers G.711, takes the late answer, and is renegotiated by re-INVITE', async () => {
  const { ms } = await mediaBench()
  const ep = quick(await ms.createEndpoint())
  expect(ep.local.sdp).toMatch(/m=audio \d+ RTP\/AVP 0 8 101/)
  await ep.modify(OFFER)
  expect(ep.remote.sdp).toBe(OFFER)
  expect((await ep.getChannelVariables()).variable_read_codec).toBe('PCMA')
  await expect(
    ep.dialog.modify(OFFER.replace('8 101', '18').replace(/a=rtpmap:8.*\r\n/, 'a=rtpmap:18 G729/8000\r\n')),
  ).rejects.toMatchObject({ status: 488 })
  expect((await ep.play('silence_stream://20')).playbackMilliseconds).toBe('20')
})

test('a key that comes by SIP INFO is an event like any other', async () => {
  const { ms } = await mediaBench()
  const ep = await endpoint(ms)
  const key = once(ep, 'dtmf') as Promise<[{ dtmf: string; duration: string; source: string }]>
  await ep.dialog.request({ method: 'INFO', headers: { 'Content-Type': 'application/dtmf-relay' }, body: 'Signal=#\r\nDuration=200\r\n' })
  expect((await key)[0]).toMatchObject({ dtmf: '#', duration: '1600', source: 'ENDPOINT' })
})

test('no common codec, no application named, no room: 488, 404 and 503', async () => {
  const { ms, srf, where, embedded } = await mediaBench({ freeswitch: { maxSessions: 1 } })
  await expect(ms.createEndpoint({ remoteSdp: OFFER.replace('8 101', '18') })).rejects.toMatchObject({ status: 488 })
  await expect(srf.createUAC(`sip:drachtio@127.0.0.1:${where.freeswitch.sip.port}`, { localSdp: OFFER })).rejects.toMatchObject({
    status: 404,
  })
  const ep = await endpoint(ms)
  await expect(ms.createEndpoint({ remoteSdp: OFFER })).rejects.toMatchObject({ status: 503 })
  await ep.destroy()
  await until(() => embedded.load().channels === 0, 'room again')
  await (await endpoint(ms)).destroy()
})

test('the media server tells of itself by heartbeat, and the wrong secret is refused', async () => {
  const { ms, srf, where } = await mediaBench({ freeswitch: { heartbeatSeconds: 0.05, maxSessions: 77 } })
  await until(() => ms.maxSessions === 77, 'a heartbeat')
  expect(ms.fsVersion).toContain('1.11.1')
  await expect(connectMrf(srf, where, { secret: 'wrong' })).rejects.toThrow('does not accept the password')
})

test('the application that hangs up its socket ends the channel', async () => {
  const { ms, embedded } = await mediaBench()
  const ep = await endpoint(ms)
  ep.conn.socket!.destroy()
  await until(() => embedded.load().channels === 0, 'no channel')
})

test('events reach an inbound connection that asked for them, filters and nixevent included', async () => {
  const { ms } = await mediaBench()
  const seen: string[] = []
  const conn = ms.conn as unknown as {
    subscribe(e: string[], cb?: () => void): void
    on(e: string, h: (event: EslEvent) => void): void
    sendRecv(c: string, cb: (event: EslEvent) => void): void
  }
  await new Promise<void>((resolve) => conn.subscribe(['ALL'], resolve))
  const names = [
    'CHANNEL_CREATE',
    'CHANNEL_ANSWER',
    'CHANNEL_EXECUTE',
    'RECORD_START',
    'RECORD_STOP',
    'CHANNEL_BRIDGE',
    'CHANNEL_UNBRIDGE',
    'CHANNEL_PARK',
    'CHANNEL_HANGUP',
    'CHANNEL_HANGUP_COMPLETE',
    'CHANNEL_DESTROY',
  ]
  for (const name of names) conn.on(`esl::event::${name}::*`, (event) => seen.push(event.getHeader('Event-Name') ?? ''))
  await new Promise<void>((resolve) => conn.sendRecv('nixevent CHANNEL_ANSWER', () => resolve()))
  const job = new Promise<string>((resolve) => conn.on('esl::event::BACKGROUND_JOB::*', (event) => resolve(event.getBody())))
  await new Promise<void>((resolve) => conn.sendRecv('bgapi echo hello', () => resolve()))
  expect(await job).toBe('hello')
  const ep = await endpoint(ms)
  await ep.recordSession(join(folder(), 'x.wav'))
  const other = await endpoint(ms)
  await ep.bridge(other)
  await other.destroy()
  await ep.destroy()
  await until(() => seen.includes('RECORD_STOP'), 'the end of the recording')
  for (const name of names) expect(seen.includes(name), name).toBe(name !== 'CHANNEL_ANSWER')
  const replies: string[] = []
  for (const command of [
    'filter Unique-ID x',
    'filter delete Unique-ID x',
    'filter',
    'event nothing',
    'noevents',
    'noevents',
    'linger',
    'divert_events on',
    'myevents nobody',
    'sendmsg nobody',
    'gibberish',
  ]) {
    await new Promise<void>((resolve) => conn.sendRecv(command, (event) => (replies.push(event.getHeader('Reply-Text') ?? ''), resolve())))
  }
  expect(replies).toEqual([
    '+OK filter added. [Unique-ID]=[x]',
    '+OK filter deleted. [Unique-ID][x]',
    '-ERR invalid syntax',
    '-ERR no keywords supplied',
    '+OK no longer listening for events',
    '-ERR not listening for events',
    '-ERR not controlling a session',
    '-ERR not controlling a session.',
    '-ERR invalid uuid',
    '-ERR invalid session id [nobody]',
    '-ERR command not found',
  ])
})
