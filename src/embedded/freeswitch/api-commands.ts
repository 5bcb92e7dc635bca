import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Media } from '../media/media.js'
import { startRecording, stopRecordings } from './applications.js'
import { bridge, part } from './bridging.js'
import type { Channel } from './channel.js'
import { FREESWITCH_VERSION } from './event-factory.js'

/** The state on which the api commands act. */
export interface ApiSurroundings {
  readonly engine: Media
  readonly profile: string
  /** `ip:port` of the SIP profile. */
  readonly sipAddress: string
  readonly maxSessions: number
  readonly startedAt: number
  /** Channels made since the start. */
  readonly sessionsMade: number
  channels(): Iterable<Channel>
  channel(uuid: string): Channel | undefined
  reloadXml(): void
}

/** @returns the reply text, as FreeSWITCH's own command would give it */
export type ApiCommand = (around: ApiSurroundings, argument: string) => string

const NO_CHANNEL = '-ERR No such channel!\n'

function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '')
}

/** A command on one channel, named first. */
function onChannel(
  usage: string,
  least: number,
  run: (channel: Channel, args: string[], around: ApiSurroundings) => string,
  missing = NO_CHANNEL,
): ApiCommand {
  return (around, argument) => {
    const [uuid, ...args] = words(argument)
    if (uuid === undefined || args.length < least) return `-USAGE: ${usage}\n`
    const channel = around.channel(uuid)
    return channel === undefined ? missing : run(channel, args, around)
  }
}

function uuidBridge(around: ApiSurroundings, argument: string): string {
  const [first, ...others] = words(argument)
  if (first === undefined || others[0] === undefined) return '-USAGE: <uuid> <other_uuid>\n'
  const a = around.channel(first)
  for (const other of others.slice(0, 2)) {
    const b = around.channel(other)
    if (a && b && bridge(around.engine, a, b)) return `+OK ${other}\n`
  }
  return '-ERR Invalid uuid\n'
}

/** `<uuid> [-bleg|-both] <applications> inline`: the only dialplan is `inline`; any other destination is not found and hangs up, as with an empty XML dialplan. */
function uuidTransfer(channel: Channel, args: string[], around: ApiSurroundings): string {
  const option = args[0]?.startsWith('-') ? args.shift() : undefined
  const [destination, dialplan] = args
  if (destination === undefined) return '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n'
  const { peer } = channel
  const moved = option === '-both' && peer ? [peer, channel] : option === '-bleg' && peer ? [peer] : [channel]
  if (peer) {
    part(around.engine, channel, peer)
    // The one that is left behind parks, as after the end of any bridge.
    for (const left of [channel, peer]) if (!moved.includes(left)) left.data.setState('CS_PARK')
  }
  for (const target of moved) transfer(target, destination, dialplan)
  return '+OK\n'
}

function transfer(channel: Channel, destination: string, dialplan: string | undefined): void {
  channel.redirect()
  channel.data.transferred(destination.split(/[:,]/, 1)[0] ?? '', dialplan ?? 'XML')
  channel.data.setState('CS_ROUTING')
  channel.setCallState('RINGING')
  channel.data.setState('CS_EXECUTE')
  channel.setCallState('ACTIVE')
  if (dialplan !== 'inline') {
    channel.hangup('NO_ROUTE_DESTINATION', 'application')
    return
  }
  for (const step of destination.split(',')) {
    const colon = step.indexOf(':')
    const application = colon < 0 ? step : step.slice(0, colon)
    if (application === 'park') channel.waitIn('park')
    else channel.execute(application, colon < 0 ? '' : step.slice(colon + 1), randomUUID())
  }
}

function uuidPark(channel: Channel, _: string[], around: ApiSurroundings): string {
  if (channel.peer) part(around.engine, channel, channel.peer)
  channel.redirect()
  channel.data.setState('CS_PARK')
  channel.publish('CHANNEL_PARK', 'full')
  return '+OK\n'
}

/** `start` is answered when the file has been requested: RECORD_START tells whether it could be made. */
function uuidRecord(channel: Channel, args: string[]): string {
  const [action, path = '', limit = '0'] = args
  if (action === 'start') {
    if (!path.toLowerCase().endsWith('.wav')) return '-ERR Cannot record session!\n'
    void startRecording(channel, path, Number(limit) || 0, channel.variable('RECORD_STEREO') === 'true')
    return '+OK Success\n'
  }
  if (action === 'stop') {
    if (path !== 'all' && !channel.recordings.has(path)) return '-ERR Cannot stop record session!\n'
    void stopRecordings(channel, path)
    return '+OK Success\n'
  }
  return '-USAGE: <uuid> [start|stop] <path> [<limit>]\n'
}

function uuidSendDtmf(channel: Channel, args: string[]): string {
  const [digits = '', ms] = (args[0] ?? '').split('@')
  try {
    void channel.media.sendDigits(digits, Number(ms) > 0 ? { durationMs: Number(ms) } : {})
    return `+OK ${channel.uuid} sent DTMF ${args[0] ?? ''}.\n`
  } catch {
    return '-ERR Operation failed\n'
  }
}

function uuidRecvDtmf(channel: Channel, args: string[]): string {
  const digits = args[0] ?? ''
  for (const digit of digits.replace(/@.*$/, '')) channel.keyPressed(digit, 0, 'APP')
  return `+OK ${channel.uuid} received DTMF ${digits}.\n`
}

/** `<uuid> <file or app::arg> [aleg|bleg|both]` */
function uuidBroadcast(channel: Channel, args: string[]): string {
  const [path = '', which = 'aleg'] = args
  const targets = [
    which.includes('aleg') || which.includes('both') ? channel : undefined,
    which.includes('bleg') || which.includes('both') ? channel.peer : undefined,
  ]
  const application = /^([a-z_]+)::(.*)$/s.exec(path)
  for (const target of targets) target?.execute(application?.[1] ?? 'playback', application?.[2] ?? path, randomUUID())
  return '+OK Message sent\n'
}

function uuidBuglist(channel: Channel): string {
  const bugs = [...channel.recordings.keys()].map(
    (path) =>
      ` <media-bug>\n  <function>session_record</function>\n  <target>${path}</target>\n  <thread-locked>0</thread-locked>\n </media-bug>\n`,
  )
  return `<media-bugs>\n${bugs.join('')}</media-bugs>\n`
}

/** Writes the counters of the audio into `rtp_audio_*`, where `uuid_dump` then shows them. */
function uuidSetMediaStats(channel: Channel): string {
  const { stats } = channel.media
  const set = (name: string, value: number): void => channel.data.setVariable(`rtp_audio_${name}`, `${Math.round(value)}`)
  set('in_raw_bytes', stats.bytesIn)
  set('in_media_bytes', stats.bytesIn)
  set('in_packet_count', stats.packetsIn)
  set('in_media_packet_count', stats.packetsIn)
  set('in_skip_packet_count', stats.lost)
  set('out_raw_bytes', stats.bytesOut)
  set('out_media_bytes', stats.bytesOut)
  set('out_packet_count', stats.packetsOut)
  set('out_media_packet_count', stats.packetsOut)
  set('rtcp_packet_count', stats.reportsIn)
  // FreeSWITCH sets these when it finds the party elsewhere than described; here they tell where it was found in any case.
  const { found } = channel.media
  channel.data.setVariable('remote_audio_ip', found?.address)
  channel.data.setVariable('remote_audio_port', found && `${found.port}`)
  return '+OK:\n'
}

function sofia(around: ApiSurroundings, argument: string): string {
  const [verb, kind, name] = words(argument)
  if (verb !== 'status') return '-ERR Unknown command!\n'
  if (kind === undefined) return sofiaStatus(around)
  if (kind !== 'profile' || name === undefined) return 'Invalid Syntax!\n'
  return name === around.profile ? sofiaProfile(around) : 'Invalid Profile!\n'
}

const RULE = '='.repeat(97)

function sofiaStatus(around: ApiSurroundings): string {
  const row = (name: string, type: string, data: string, state: string): string =>
    `${name.padStart(25)}\t${type.padStart(7)}\t${data.padStart(42)}\t${state}\n`
  return (
    row('Name', '   Type', 'Data', 'State') +
    `${RULE}\n` +
    row(around.profile, 'profile', `sip:mod_sofia@${around.sipAddress}`, 'RUNNING (0)') +
    `${RULE}\n1 profile 0 aliases\n`
  )
}

function sofiaProfile(around: ApiSurroundings): string {
  const calls = [...around.channels()].length
  const row = (name: string, value: string): string => `${name.padEnd(16)}\t${value}\n`
  return (
    `${RULE}\n` +
    row('Name', around.profile) +
    row('Domain Name', 'N/A') +
    row('Auto-NAT', 'false') +
    row('DBName', `sofia_reg_${around.profile}`) +
    row('Dialplan', 'XML') +
    row('Context', 'mrf') +
    row('URL', `sip:mod_sofia@${around.sipAddress}`) +
    row('BIND-URL', `sip:mod_sofia@${around.sipAddress};transport=udp`) +
    row('CODECS IN', 'PCMU,PCMA') +
    row('CODECS OUT', 'PCMU,PCMA') +
    row('TEL-EVENT', '101') +
    row('DTMF-MODE', 'rfc2833') +
    row('CALLS-IN', `${calls}`) +
    row('REGISTRATIONS', '0') +
    `${RULE}\n`
  )
}

/** `Up-Time` in the words of HEARTBEAT and `status`. */
export function upTime(ms: number): string {
  const unit = (value: number, name: string): string => `${value} ${name}${value === 1 ? '' : 's'}`
  const seconds = Math.floor(ms / 1000)
  return [
    unit(Math.floor(seconds / 31_536_000), 'year'),
    unit(Math.floor((seconds % 31_536_000) / 86_400), 'day'),
    unit(Math.floor((seconds % 86_400) / 3600), 'hour'),
    unit(Math.floor((seconds % 3600) / 60), 'minute'),
    unit(seconds % 60, 'second'),
    unit(Math.floor(ms % 1000), 'millisecond'),
    unit(0, 'microsecond'),
  ].join(', ')
}

function status(around: ApiSurroundings): string {
  const count = [...around.channels()].length
  return (
    `UP ${upTime(Date.now() - around.startedAt)}\n` +
    `FreeSWITCH (Version ${FREESWITCH_VERSION}) is ready\n` +
    `${around.sessionsMade} session(s) since startup\n` +
    `${count} session(s) - peak ${count}, last 5min ${count}\n` +
    `0 session(s) per Sec out of max ${around.maxSessions}, peak 0, last 5min 0\n` +
    `${around.maxSessions} session(s) max\n` +
    'min idle cpu 0.00/100.00\n'
  )
}

/** `channels|calls [count] [as json]`: `calls` counts bridged pairs and lone channels. */
function show(around: ApiSurroundings, argument: string): string {
  const [what, ...rest] = words(argument)
  if (what !== 'channels' && what !== 'calls') return `-USAGE: show channels [count] [as json]|calls [count]\n`
  const channels = [...around.channels()].filter((channel) => what === 'channels' || !channel.peer || channel.uuid < channel.peer.uuid)
  if (rest.includes('json')) {
    if (rest.includes('count')) return JSON.stringify({ row_count: channels.length })
    const rows = channels.map((channel) => row(channel))
    return JSON.stringify(rows.length === 0 ? { row_count: 0 } : { row_count: rows.length, rows })
  }
  if (rest.includes('count') || channels.length === 0) return `\n${channels.length} total.\n`
  const rows = channels.map((channel) => row(channel))
  const columns = Object.keys(rows[0] ?? {})
  return `${columns.join(',')}\n${rows.map((entry) => Object.values(entry).join(',')).join('\n')}\n\n${channels.length} total.\n`
}

function row(channel: Channel): Record<string, string> {
  return {
    uuid: channel.uuid,
    direction: 'inbound',
    created_epoch: `${Math.floor(Number(channel.data.createdAt) / 1_000_000)}`,
    name: channel.name,
    state: channel.data.state,
    application: channel.variable('current_application') ?? '',
    application_data: channel.variable('current_application_data') ?? '',
    dialplan: 'XML',
    context: 'mrf',
    read_codec: channel.variable('read_codec') ?? '',
    hostname: hostname(),
    callstate: channel.data.callState,
    call_uuid: channel.peer ? channel.peer.uuid : '',
  }
}

function hangUpAll(around: ApiSurroundings, argument: string): string {
  const cause = argument.trim() === '' ? 'MANAGER_REQUEST' : argument.trim()
  for (const channel of [...around.channels()]) channel.hangup(cause, 'api')
  return `+OK hangup all channels with cause ${cause}\n`
}

/** Every supported command. Any other gets `-ERR <name> Command not found!`. */
export const API_COMMANDS: ReadonlyMap<string, ApiCommand> = new Map<string, ApiCommand>([
  ['create_uuid', () => randomUUID()],
  ['echo', (_, argument) => argument],
  ['hostname', () => hostname()],
  ['hupall', hangUpAll],
  [
    'reloadxml',
    (around) => {
      around.reloadXml()
      return '+OK [Success]\n'
    },
  ],
  ['show', show],
  ['sofia', sofia],
  ['status', status],
  ['uptime', (around) => `${Math.floor((Date.now() - around.startedAt) / 1000)}\n`],
  ['version', () => `FreeSWITCH Version ${FREESWITCH_VERSION}\n`],
  ['uuid_bridge', uuidBridge],
  [
    'uuid_break',
    onChannel('<uuid> [all]', 0, (channel, args) => {
      channel.break()
      if (args[0]?.includes('both')) channel.peer?.break()
      return '+OK\n'
    }),
  ],
  ['uuid_broadcast', onChannel('<uuid> <path> [aleg|bleg|holdb|both]', 1, uuidBroadcast, '-ERR invalid uuid\n')],
  ['uuid_buglist', onChannel('<uuid>', 0, uuidBuglist, '-ERR Cannot locate session!\n')],
  ['uuid_dump', onChannel('<uuid> [format]', 0, (channel) => channel.dump())],
  ['uuid_exists', (around, argument) => (around.channel(argument.trim()) === undefined ? 'false' : 'true')],
  ['uuid_getvar', onChannel('<uuid> <var>', 1, (channel, args) => channel.variable(args[0] ?? '') ?? '_undef_')],
  [
    'uuid_kill',
    onChannel('<uuid> [cause]', 0, (channel, args) => {
      channel.hangup(args[0] ?? 'NORMAL_CLEARING', 'api')
      return '+OK\n'
    }),
  ],
  ['uuid_park', onChannel('<uuid>', 0, uuidPark)],
  ['uuid_record', onChannel('<uuid> [start|stop] <path> [<limit>]', 2, uuidRecord, '-ERR Cannot locate session!\n')],
  ['uuid_recv_dtmf', onChannel('<uuid> <dtmf_data>', 1, uuidRecvDtmf, '-ERR Cannot locate session!\n')],
  ['uuid_send_dtmf', onChannel('<uuid> <dtmf_data>', 1, uuidSendDtmf, '-ERR Cannot locate session!\n')],
  // Every channel takes audio only from the described address, unless its own variables say otherwise.
  ['global_getvar', (_around, argument) => (argument.trim() === 'disable_rtp_auto_adjust' ? 'true' : '')],
  [
    'uuid_set_media_stats',
    (around, argument) => onChannel('<uuid>', 0, uuidSetMediaStats, `-ERR No such channel ${argument.trim()}!\n`)(around, argument),
  ],
  [
    'uuid_setvar',
    onChannel('<uuid> <var> [value]', 1, (channel, args) => {
      const value = args.slice(1).join(' ')
      channel.setVariable(args[0] ?? '', value === '' ? undefined : value)
      return '+OK\n'
    }),
  ],
  [
    'uuid_setvar_multi',
    onChannel('<uuid> <var>=<value>;<var>=<value>...', 1, (channel, args) => {
      for (const item of args.join(' ').split(';')) {
        const equals = item.indexOf('=')
        if (equals > 0) channel.setVariable(item.slice(0, equals), item.slice(equals + 1) || undefined)
      }
      return '+OK\n'
    }),
  ],
  ['uuid_transfer', onChannel('<uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]', 1, uuidTransfer)],
])
