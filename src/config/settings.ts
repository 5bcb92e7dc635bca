import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { isAbsolute, resolve } from 'node:path'
import { defaultAllowance } from '../guard/allowance.js'
import { defaultDialable, parseRange, type DialableRange } from '../guard/dial-plan.js'
import type { IdentityRule } from '../guard/caller-identity.js'
import { parseNetwork } from '../guard/source-gate.js'
import { expectedPeriod, parsePeriod, type Period } from '../directory/period.js'
import { readTextFileSync } from '../text/read-text-file.js'
import { parseDocument, LineCounter, isMap, isScalar, isSeq, type Document } from 'yaml'
import { readIdentityLine, readIdentityList } from './identity.js'
import { defaultSecondFactorRoles, isRole, roleNames, type RoleName } from '../accounts/roles.js'
import { defaultPushServices, isPushService } from '../outbox/push/address.js'
import { returnTypes } from '../figures/monthly-return.js'
import type { ProviderSetting } from '../accounts/open-id-provider.js'
import { readProviderList, readProviderText } from './sign-in-providers.js'
import { readTrunkLine, readTrunkList, type TrunkSetting } from './trunks.js'

export type { TrunkSetting } from './trunks.js'

/** A setting that cannot be used, in one line: where it stands, what is wrong, what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** `host:port` of a server that exists already, with its secret. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

type Parse<T> = (text: string) => T

/** One row of the table in the README: the name in the file, the variable, the default, what it means. */
export interface SettingRow<T> {
  readonly key: string
  readonly env: string
  readonly fallback: string
  readonly meaning: string
  readonly parse: Parse<T>
  /** Reads it where the file has a list instead of one value. */
  readonly parseList?: (list: readonly unknown[]) => T
  /** It may hold a password: what was written is never repeated in an error message. */
  readonly secret?: true
}

const text: Parse<string> = (value) => value
const optional: Parse<string | undefined> = (value) => (value === '' ? undefined : value)

const address: Parse<string> = (value) => {
  if (isIP(value) === 0) throw new Error('an IP address such as 127.0.0.1')
  return value
}

/** @param least 0 where "any free port" makes sense */
function port(least: 0 | 1): Parse<number> {
  return (value) => wholeNumber(least, 65_535)(value)
}

const optionalPort: Parse<number | undefined> = (value) => (value === '' ? undefined : port(0)(value))

function wholeNumber(least: number, most: number): Parse<number> {
  return (value) => {
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < least || number > most) throw new Error(`a whole number from ${least} to ${most}`)
    return number
  }
}

function oneOf<const T extends string>(...choices: readonly T[]): Parse<T> {
  return (value) => {
    const choice = choices.find((candidate) => candidate === value)
    if (choice === undefined) throw new Error(`one of ${choices.join(', ')}`)
    return choice
  }
}

const period: Parse<Period> = (value) => {
  const read = parsePeriod(value)
  if (read === undefined) throw new Error(expectedPeriod)
  return read
}

/** Security logs are asked for half a year later. */
const auditPeriod: Parse<Period> = (value) => {
  const read = period(value)
  if (read.kind === 'for' && read.count * { days: 1, months: 30.4, years: 365 }[read.unit] < 182) throw new Error('at least 6 months')
  return read
}

/** A list with commas between its entries. */
function list<T>(entry: Parse<T>): Parse<readonly T[]> {
  return (value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(entry)
}

const secondFactorRoles: Parse<readonly RoleName[]> = (value) =>
  value === 'none'
    ? []
    : list((role) => {
        if (!isRole(role)) throw new Error(`none, or roles of ${roleNames.join(', ')}, with commas between them`)
        return role
      })(value)

const addresses: Parse<readonly string[]> = (value) => {
  const all = list(address)(value)
  if (all.length === 0) throw new Error('an IP address such as 127.0.0.1, or several with commas between them')
  if (new Set(all).size < all.length) throw new Error('addresses of which none comes twice')
  return all
}

/** No address, one, or one of each family. */
const onePerFamily: Parse<readonly string[]> = (value) => {
  const all = list(address)(value)
  if (new Set(all.map(isIP)).size < all.length)
    throw new Error('an IP address such as 192.0.2.10, or one of IPv4 and one of IPv6 with a comma between them')
  return all
}

const ranges: Parse<readonly DialableRange[]> = list(parseRange)

const networks: Parse<readonly string[]> = list((text) => {
  parseNetwork(text)
  return text
})

const servers: Parse<readonly ServerAddress[]> = list((entry) => {
  const match = /^(.+):(\d{1,5})$/.exec(entry)
  const number = Number(match?.[2])
  if (match?.[1] === undefined || number < 1 || number > 65_535) throw new Error('addresses as host:port, with commas between them')
  return { host: match[1], port: number }
})

const redisUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^rediss?:\/\/[^\s]+$/.test(value)) throw new Error('an address such as redis://127.0.0.1:6379')
  return value
}

const databaseUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^postgres(?:ql)?:\/\/[^\s]+$/.test(value)) throw new Error('an address such as postgres://ringround@127.0.0.1:5432/ringround')
  return value
}

const publicUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^https?:\/\/[^\s/?#]+\/?$/.test(value)) throw new Error('an address without a path, such as https://advice.example.nhs.uk')
  return value.replace(/\/$/, '')
}

const webSocketUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^wss?:\/\/[^\s/?#]+\/?$/.test(value)) throw new Error('an address such as ws://10.0.0.5:8081')
  return value
}

const iceServers: Parse<readonly string[]> = list((text) => {
  if (!/^(?:stuns?:[^\s?@/]+|turns?:[^\s?@/]+(?:\?transport=(?:udp|tcp))?)$/.test(text))
    throw new Error(
      'addresses such as stun:stun.example.nhs.uk:3478 and turns:turn.example.nhs.uk:443?transport=tcp, with commas between them',
    )
  return text
})

const smtpUrl: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^smtps?:\/\/[^\s/?#]+\/?$/.test(value)) throw new Error('an address such as smtp://user:password@mail.example.nhs.uk:587')
  return value
}

const mailbox: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^(?:[^<>"\r\n@]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value))
    throw new Error('an address such as Ringround <advice@example.nhs.uk>')
  return value
}

const pushContact: Parse<string | undefined> = (value) => {
  if (value === '') return undefined
  if (!/^(?:mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s/]+\S*)$/.test(value)) throw new Error('an address such as mailto:advice@example.nhs.uk')
  return value
}

const pushServices: Parse<readonly string[]> = list((service) => {
  if (!isPushService(service)) throw new Error('hosts such as fcm.googleapis.com or *.push.apple.com, with commas between them')
  return service
})

const outboundNumber: Parse<string> = (value) => {
  if (!/^\+?\d{3,15}$/.test(value.replaceAll(' ', ''))) throw new Error('a telephone number such as +441865922021')
  return value.replaceAll(' ', '')
}

const realm: Parse<string> = (value) => {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(value))
    throw new Error('letters, digits, dots and hyphens, such as ringround or sip.example.org')
  return value
}

const engineName: Parse<string> = (value) => {
  if (!/^[A-Za-z0-9._-]{0,64}$/.test(value)) throw new Error('letters, digits, dots, hyphens and underscores, such as engine-1')
  return value
}

function row<T>(
  key: string,
  env: string,
  fallback: string,
  meaning: string,
  parse: Parse<T>,
  more: Pick<SettingRow<T>, 'parseList' | 'secret'> = {},
): SettingRow<T> {
  return { key, env, fallback, meaning, parse, ...more }
}

/** Every setting there is. The table in the README is this table; a test holds the two together. */
export const settingRows = {
  sipAddresses: row(
    'sip.address',
    'RINGROUND_SIP_ADDRESS',
    '127.0.0.1',
    'Addresses on which calls arrive (embedded switch): one, or several such as `127.0.0.1, ::1`; `0.0.0.0` is all of IPv4, `::` all of IPv6',
    addresses,
  ),
  sipPort: row('sip.port', 'RINGROUND_SIP_PORT', '5060', 'Port on which calls arrive, UDP and TCP; 0: any free one', port(0)),
  sipTlsPort: row(
    'sip.tlsPort',
    'RINGROUND_SIP_TLS_PORT',
    '',
    'Port for SIP over TLS at the same addresses (embedded switch), usually 5061; trunks with `;transport=tls` need it as well. Needs `tls.certificate`. Empty: none',
    optionalPort,
  ),
  sipWsAddress: row(
    'sip.wsAddress',
    'RINGROUND_SIP_WS_ADDRESS',
    '127.0.0.1',
    'Address for SIP over WebSocket in the clear (embedded switch): for browsers by way of the pages and of proxies on this machine',
    address,
  ),
  sipWsPort: row('sip.wsPort', 'RINGROUND_SIP_WS_PORT', '0', 'Port of it; 0: any free one', port(0)),
  sipWssPort: row(
    'sip.wssPort',
    'RINGROUND_SIP_WSS_PORT',
    '',
    'Port for SIP over WebSocket with TLS at `sip.address` (embedded switch), for browsers and softphones that do not come by way of the pages. Needs `tls.certificate`. Empty: none',
    optionalPort,
  ),
  tlsCertificate: row(
    'tls.certificate',
    'RINGROUND_TLS_CERTIFICATE',
    '',
    'File with our certificate (PEM, with those between it and the root behind it), for SIP over TLS and wss; read again when it changes',
    optional,
  ),
  tlsKey: row('tls.key', 'RINGROUND_TLS_KEY', '', 'File with its private key (PEM)', optional),
  tlsCa: row(
    'tls.ca',
    'RINGROUND_TLS_CA',
    '',
    'File with the certificates (PEM) by which those of trunks are checked. Empty: the public authorities that Node.js comes with',
    optional,
  ),
  sipExternalAddresses: row(
    'sip.externalAddress',
    'RINGROUND_SIP_EXTERNAL_ADDRESS',
    '',
    'Address by which phones reach this machine, where it is not `sip.address`: behind NAT, or with `sip.address: 0.0.0.0`; one for IPv4 and one for IPv6 at most',
    onePerFamily,
  ),
  sipRealm: row(
    'sip.realm',
    'RINGROUND_SIP_REALM',
    'ringround',
    'Realm of the passwords of SIP telephones; with another one all of them need new passwords',
    realm,
  ),
  leastRegistrationSeconds: row(
    'sip.leastRegistrationSeconds',
    'RINGROUND_LEAST_REGISTRATION_SECONDS',
    '30',
    'Shortest registration that is granted to a SIP telephone; the longest is an hour',
    wholeNumber(1, 3_600),
  ),
  sipTraceFile: row(
    'sip.traceFile',
    'RINGROUND_SIP_TRACE_FILE',
    '',
    'File into which every SIP message is written (embedded switch), a pcap for Wireshark and sngrep, 100 MB and the 100 before; it holds telephone numbers. Empty: none',
    optional,
  ),
  rtpAddresses: row(
    'rtp.address',
    'RINGROUND_RTP_ADDRESS',
    '',
    'Address for voice packets, one for IPv4 and one for IPv6 at most; empty: as `sip.address`',
    onePerFamily,
  ),
  rtpFrom: row('rtp.from', 'RINGROUND_RTP_FROM', '20000', 'First port for voice packets', port(1)),
  rtpTo: row('rtp.to', 'RINGROUND_RTP_TO', '29999', 'Last port for voice packets', port(1)),
  rtpSockets: row(
    'rtp.sockets',
    'RINGROUND_RTP_SOCKETS',
    'node',
    "How voice packets are sent and received (embedded switch): `native`: by system calls, on Linux (x86-64, arm64); `node`: by Node's own sockets, which takes more; `auto`: native where it can be had",
    oneOf('auto', 'native', 'node'),
  ),
  rtpTakenFrom: row(
    'rtp.takenFrom',
    'RINGROUND_RTP_TAKEN_FROM',
    'nat',
    'From where a voice is taken: `signalled`: only from the address and port that the party names; `nat`: a party behind NAT may also show its port, once, at the address of its signalling; `host`: any party may, at the address that it names (docs/guard.md)',
    oneOf('signalled', 'nat', 'host'),
  ),
  httpAddress: row(
    'http.address',
    'RINGROUND_HTTP_ADDRESS',
    '127.0.0.1',
    'Address of the pages and the API; people sign in over HTTPS alone, by a proxy before it, and over loopback (docs/accounts.md)',
    address,
  ),
  httpPort: row('http.port', 'RINGROUND_HTTP_PORT', '8080', 'Port of the pages and the API; 0: any free one', port(0)),
  httpPublicUrl: row(
    'http.publicUrl',
    'RINGROUND_HTTP_PUBLIC_URL',
    '',
    'Where browsers find the pages, such as `https://advice.example.nhs.uk`: written into links and known to sign-in providers. Empty: the address on which they listen',
    publicUrl,
  ),
  httpConnections: row(
    'http.connections',
    'RINGROUND_HTTP_CONNECTIONS',
    '1000',
    'Connections to the pages and the API at the same time; never more than a quarter of the file descriptors',
    wholeNumber(10, 100_000),
  ),
  httpConnectionsPerAddress: row(
    'http.connectionsPerAddress',
    'RINGROUND_HTTP_CONNECTIONS_PER_ADDRESS',
    '100',
    'The same, from one address (of IPv6: from one /64 network)',
    wholeNumber(5, 100_000),
  ),
  httpStreams: row(
    'http.eventStreams',
    'RINGROUND_HTTP_EVENT_STREAMS',
    '500',
    'Event streams (`/api/wallboard`: every browser that shows the wallboard has one; `/api/live`) at the same time, of each',
    wholeNumber(1, 100_000),
  ),
  httpStreamsPerAddress: row(
    'http.eventStreamsPerAddress',
    'RINGROUND_HTTP_EVENT_STREAMS_PER_ADDRESS',
    '50',
    'The same, to one address',
    wholeNumber(1, 100_000),
  ),
  httpProxies: row(
    'http.proxies',
    'RINGROUND_HTTP_PROXIES',
    '',
    'Addresses and networks of reverse proxies before the pages: their clients are counted by `X-Forwarded-For`, and connections only in all',
    networks,
  ),
  dataFolder: row('folders.data', 'RINGROUND_DATA_FOLDER', 'data', 'Database, spool of running recordings, spoken names', text),
  recordingsFolder: row('folders.recordings', 'RINGROUND_RECORDINGS_FOLDER', 'recordings', 'Finished MP3 recordings, by date', text),
  sharedGroup: row(
    'folders.sharedGroup',
    'RINGROUND_SHARED_GROUP',
    '',
    'Group that the engine shares with a FreeSWITCH that runs as another user: it may write the spool and read the spoken names (docs/production.md); empty: nobody but the engine',
    optional,
  ),
  directoryFile: row(
    'directory.file',
    'RINGROUND_DIRECTORY_FILE',
    'config/directory.yaml',
    'Organisations, lines, rotas, clinicians, numbers: a change of it is applied to the directory in the store',
    text,
  ),
  engineName: row(
    'engine.name',
    'RINGROUND_ENGINE_NAME',
    '',
    'Name of this engine, written beside every fact; of several engines each has its own. Empty: the name of the machine',
    engineName,
  ),
  outboundNumber: row(
    'calls.outboundNumber',
    'RINGROUND_OUTBOUND_NUMBER',
    '+441632960000',
    'Single outbound number: what every called party sees',
    outboundNumber,
  ),
  outboundName: row('calls.outboundName', 'RINGROUND_OUTBOUND_NAME', 'Advice line', 'Name shown beside the single outbound number', text),
  browserCalls: row(
    'browser.calls',
    'RINGROUND_BROWSER_CALLS',
    'true',
    '`true`: clinicians who have signed in may call from the browser, and be rung there; `false`: they may not (docs/browser-calling.md)',
    oneOf('true', 'false'),
  ),
  browserSip: row(
    'browser.sip',
    'RINGROUND_BROWSER_SIP',
    '',
    'Where drachtio-server takes SIP over WebSocket, `ws://host:port`: browsers reach it by way of the pages. Empty: the embedded switch; with `drachtio.addresses` nobody calls from the browser',
    webSocketUrl,
  ),
  browserIceServers: row(
    'browser.iceServers',
    'RINGROUND_ICE_SERVERS',
    '',
    'STUN and TURN servers that browsers are told of, `stun:host:port` and `turns:host:443?transport=tcp` by commas',
    iceServers,
  ),
  browserTurnSecret: row(
    'browser.turnSecret',
    'RINGROUND_TURN_SECRET',
    '',
    'Secret shared with the TURN servers (coturn: `static-auth-secret`), of which passwords for one session are made',
    optional,
    { secret: true },
  ),
  mailSmtp: row(
    'mail.smtp',
    'RINGROUND_MAIL_SMTP',
    '',
    'Mail server that takes messages to staff, `smtp://user:password@host:587` or `smtps://host:465`; empty: none are sent, and links are given out by hand (docs/outbox.md)',
    smtpUrl,
    { secret: true },
  ),
  mailFrom: row('mail.from', 'RINGROUND_MAIL_FROM', '', 'From whom they come: `Ringround <advice@example.nhs.uk>`', mailbox),
  pushContact: row(
    'push.contact',
    'RINGROUND_PUSH_CONTACT',
    '',
    'Whom push services write to about us, `mailto:advice@example.nhs.uk` or `https://…`: with it clinicians may have their browsers told of things (docs/pocket.md); empty: none is told',
    pushContact,
  ),
  pushServices: row(
    'push.services',
    'RINGROUND_PUSH_SERVICES',
    defaultPushServices.join(', '),
    'Push services to which the engine posts, by their hosts, `*.` for any below: those of browsers. Nothing is posted elsewhere',
    pushServices,
  ),
  signInProviders: row(
    'signIn.providers',
    'RINGROUND_SIGN_IN_PROVIDERS',
    '',
    'Where people sign in who have an account elsewhere (NHS CIS2, Entra ID, OpenID Connect): in the file a list, in the environment the same as JSON (docs/accounts.md)',
    (value): readonly ProviderSetting[] => readProviderText(value),
    { parseList: readProviderList, secret: true },
  ),
  secondFactorFor: row(
    'signIn.secondFactorFor',
    'RINGROUND_SECOND_FACTOR_FOR',
    defaultSecondFactorRoles.join(', '),
    `Roles that nobody has without a second factor; whoever signs in without one sets it up before anything else. Of these, with commas between them: ${roleNames.map((role) => `\`${role}\``).join(', ')}; or \`none\``,
    secondFactorRoles,
  ),
  trunks: row(
    'calls.trunks',
    'RINGROUND_TRUNKS',
    '',
    'Where calls to telephone numbers go, the first one first: `name=host:port`, `name=user:password@host:port`, with `;srtp=optional` or `;srtp=required` behind it for SRTP, and `[uk-mobile +353]` where a trunk carries ranges of its own; by commas, or in the file as a list (docs/guard.md)',
    (value): readonly TrunkSetting[] => readTrunkLine(value),
    { parseList: readTrunkList, secret: true },
  ),
  callers: row(
    'calls.from',
    'RINGROUND_CALLERS',
    '127.0.0.0/8, ::1',
    'Addresses and networks from which calls are taken: your practices and trunks; anybody else gets 403',
    networks,
  ),
  identity: row(
    'calls.identity',
    'RINGROUND_CALLERS_IDENTITY',
    '',
    'Which headers are believed about who calls, per network of `calls.from`, the first that names somebody before the others: `192.0.2.0/24=P-Asserted-Identity From`; by commas, or in the file as a list (docs/guard.md). From anybody else: `From`',
    (value): readonly IdentityRule[] => readIdentityLine(value),
    { parseList: readIdentityList },
  ),
  dialable: row(
    'calls.dialable',
    'RINGROUND_DIALABLE',
    defaultDialable.join(', '),
    'Ranges that may be dialled, through trunks that have none of their own: these names, and prefixes such as `+353`',
    ranges,
  ),
  concurrentCalls: row(
    'calls.concurrent',
    'RINGROUND_CONCURRENT_CALLS',
    String(defaultAllowance.concurrent),
    'Outgoing calls through trunks at the same time',
    wholeNumber(1, 100_000),
  ),
  concurrentCallsPerLine: row(
    'calls.concurrentPerLine',
    'RINGROUND_CONCURRENT_CALLS_PER_LINE',
    String(defaultAllowance.concurrentPerAccount),
    'The same, for one line',
    wholeNumber(1, 100_000),
  ),
  minutesPerLine: row(
    'calls.minutesPerLine',
    'RINGROUND_MINUTES_PER_LINE',
    String(defaultAllowance.minutesPerAccountPerDay),
    'Minutes on outgoing calls through trunks that one line may spend in a day',
    wholeNumber(1, 1_000_000),
  ),
  mediaTimeoutSeconds: row(
    'calls.mediaTimeoutSeconds',
    'RINGROUND_MEDIA_TIMEOUT_SECONDS',
    '60',
    'Hang up a leg after this long without RTP, unless it still answers OPTIONS (it is muted, or holds the call); 0: never',
    wholeNumber(0, 3_600),
  ),
  mp3Encoder: row(
    'recordings.encoder',
    'RINGROUND_MP3_ENCODER',
    'auto',
    '`native` (libmp3lame), `wasm` (LAME as WebAssembly), or `auto`: native where the library is there',
    oneOf('auto', 'native', 'wasm'),
  ),
  recordingsSealed: row(
    'recordings.sealed',
    'RINGROUND_RECORDINGS_SEALED',
    'true',
    '`true`: what is recorded from now on is encrypted on the disk (docs/sealing.md); `false`: it is written as plain MP3. Those from before stay readable either way',
    oneOf('true', 'false'),
  ),
  masterKeyFile: row(
    'keys.masterFile',
    'RINGROUND_MASTER_KEY_FILE',
    '',
    'File with the master key, under which everything is sealed; with `keys.masterCommand`, with that key as a KMS has wrapped it. Empty: `master.key` in the data folder, made at the first start',
    optional,
  ),
  masterKey: row(
    'keys.master',
    'RINGROUND_MASTER_KEY',
    '',
    'The master key itself, for the environment: 32 bytes as 64 hexadecimal digits or as base64; behind a comma those from before',
    optional,
    { secret: true },
  ),
  masterKeyCommand: row(
    'keys.masterCommand',
    'RINGROUND_MASTER_KEY_COMMAND',
    '',
    'Command that asks a KMS: it is given the content of `keys.masterFile` on its standard input and answers with the master key',
    optional,
    { secret: true },
  ),
  chainHeadsFile: row(
    'chain.headsFile',
    'RINGROUND_CHAIN_HEADS_FILE',
    '',
    'File in which the head of the chain is written down once an hour, for `npm run verify`: best where nobody who can write the database can change it (docs/integrity.md). Empty: `chain-heads.txt` in the data folder',
    optional,
  ),
  retentionRecordings: row(
    'retention.recordings',
    'RINGROUND_RETENTION_RECORDINGS',
    '3 years',
    'How long recordings are kept where an organisation says nothing else in the directory (`keepRecordings`): days, months or years such as `3 years`, or `forever` (docs/retention.md)',
    period,
  ),
  retentionRecords: row(
    'retention.records',
    'RINGROUND_RETENTION_RECORDS',
    '1 year',
    'How long the record of a call is kept (its facts, who was rung, its outcome), never less than its recording, where an organisation says nothing else in the directory (`keepRecords`). Sums of months stay',
    period,
  ),
  retentionAudit: row(
    'retention.audit',
    'RINGROUND_RETENTION_AUDIT',
    '3 years',
    'How long it is kept who saw or changed what; at least 6 months',
    auditPeriod,
  ),
  retentionDaily: row(
    'retention.daily',
    'RINGROUND_RETENTION_DAILY',
    'true',
    '`true`: what is over its time is deleted every night, by one engine; `false`: only by `npm run retention -- --run`',
    oneOf('true', 'false'),
  ),
  returnType: row(
    'returns.type',
    'RINGROUND_RETURN_TYPE',
    'other',
    'What advice by telephone counts as in the monthly return for commissioners, as the ICB decides (docs/figures.md)',
    oneOf(...returnTypes),
  ),
  returnDiverted: row(
    'returns.diverted',
    'RINGROUND_RETURN_DIVERTED',
    'referral-avoided',
    'Outcomes by which a referral was not needed, by their ids with commas between them: `diverted` in that return',
    list(text),
  ),
  targetDialToVoice: row(
    'targets.dialToVoice',
    'RINGROUND_TARGET_DIAL_TO_VOICE',
    '33',
    "Target of the wallboard: seconds from dialling to a specialist's voice, menu included, the median of a day",
    wholeNumber(1, 3_600),
  ),
  targetConnection: row(
    'targets.connection',
    'RINGROUND_TARGET_CONNECTION',
    '33',
    'The same from the choice of the line, for each line',
    wholeNumber(1, 3_600),
  ),
  targetAnswerRate: row(
    'targets.answerRate',
    'RINGROUND_TARGET_ANSWER_RATE',
    '80',
    'The same: how many per cent of the calls offered are answered',
    wholeNumber(0, 100),
  ),
  targetWait: row('targets.wait', 'RINGROUND_TARGET_WAIT', '60', 'The same: seconds for which nobody waits longer', wholeNumber(1, 3_600)),
  promptsFolder: row(
    'prompts.folder',
    'RINGROUND_PROMPTS_FOLDER',
    'prompts',
    'WAV files of what is said; `recorded/` in it takes precedence over `rendered/`',
    text,
  ),
  tts: row(
    'prompts.tts',
    'RINGROUND_TTS',
    'auto',
    'Speaks names that have no WAV yet: `flite`, `none`, or `auto`: flite where there is one',
    oneOf('auto', 'flite', 'none'),
  ),
  drachtio: row(
    'drachtio.addresses',
    'RINGROUND_DRACHTIO',
    '',
    'drachtio-server application ports, `host:port` by commas; empty: the embedded switch',
    servers,
  ),
  drachtioSecret: row(
    'drachtio.secret',
    'RINGROUND_DRACHTIO_SECRET',
    '',
    'Secret of the drachtio servers; the embedded switch makes its own at each start',
    text,
    { secret: true },
  ),
  freeswitch: row(
    'freeswitch.addresses',
    'RINGROUND_FREESWITCH',
    '',
    'FreeSWITCH event sockets, `host:port` by commas; needed with `drachtio.addresses`. Calls go on at another one when theirs dies',
    servers,
  ),
  freeswitchSecret: row(
    'freeswitch.secret',
    'RINGROUND_FREESWITCH_SECRET',
    '',
    'Password of the event sockets; the embedded switch makes its own at each start',
    text,
    { secret: true },
  ),
  eventSocketAddress: row(
    'freeswitch.listenAddress',
    'RINGROUND_EVENT_SOCKET_ADDRESS',
    '127.0.0.1',
    'Our address, as FreeSWITCH can reach it, for its outbound event sockets',
    address,
  ),
  allowDefaultSecrets: row(
    'servers.allowDefaultSecrets',
    'RINGROUND_ALLOW_DEFAULT_SECRETS',
    'no',
    '`yes`: take servers that still have the secret they were installed with (`cymru`, `ClueCon`), which anybody can look up',
    oneOf('no', 'yes'),
  ),
  redisUrl: row(
    'redis.url',
    'RINGROUND_REDIS_URL',
    '',
    'Redis by which several engines share who is being rung, `redis://host:port`; empty: one engine, in memory',
    redisUrl,
    { secret: true },
  ),
  databaseUrl: row(
    'database.url',
    'DATABASE_URL',
    '',
    'PostgreSQL in which facts, lists and the ledger are kept, `postgres://user:password@host:port/database`; of several engines each needs its own `engine.name`. Empty: a SQLite file in the data folder',
    databaseUrl,
    { secret: true },
  ),
  databaseReadUrl: row(
    'database.readUrl',
    'DATABASE_READ_URL',
    '',
    'A replica of it that is read for lists and reports; it may be some seconds behind. Empty: the same server',
    databaseUrl,
    { secret: true },
  ),
  logLevel: row(
    'log.level',
    'RINGROUND_LOG_LEVEL',
    'info',
    'How much is logged: debug (every fact of every call, without telephone numbers), info, warn, error',
    oneOf('debug', 'info', 'warn', 'error'),
  ),
  logFile: row(
    'log.file',
    'RINGROUND_LOG_FILE',
    '',
    'File for the log (JSON lines); empty: `ringround.log` in the data folder; `-`: standard error',
    optional,
  ),
} as const satisfies Record<string, SettingRow<unknown>>

type Rows = typeof settingRows

export type Settings = { readonly [Name in keyof Rows]: ReturnType<Rows[Name]['parse']> }

/** Where in the settings file a value stands, for error messages. */
interface Found {
  readonly value: string
  readonly where: string
  /** Where the file has a list: its entries, scalars as they were written. */
  readonly list?: readonly unknown[]
}

/**
 * Reads the settings: environment variable before file before default. Paths are made absolute against `root`.
 * @param file YAML; undefined: `config/ringround.yaml` below `root`, which may be missing
 * @throws SettingsError one line per thing that is wrong, all of them at once
 */
export function readSettings(options: {
  readonly root: string
  readonly file?: string | undefined
  readonly env: NodeJS.ProcessEnv
}): Settings {
  const file = options.file ?? resolve(options.root, 'config', 'ringround.yaml')
  if (options.file !== undefined && !existsSync(file))
    throw new SettingsError(`${file}: there is no such settings file. Name one that exists, or leave --config out.`)
  const problems: string[] = []
  const inFile = existsSync(file) ? fileValues(file, problems) : new Map<string, Found>()
  const settings: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries<SettingRow<unknown>>(settingRows)) {
    const fromEnv = options.env[setting.env]
    const found =
      fromEnv !== undefined
        ? { value: fromEnv.trim(), where: setting.env }
        : (inFile.get(setting.key) ?? { value: setting.fallback, where: 'the default' })
    inFile.delete(setting.key)
    try {
      if (found.list === undefined) settings[name] = setting.parse(found.value)
      else if (setting.parseList) settings[name] = setting.parseList(found.list)
      else problems.push(notOneValue(found.where, setting.key))
    } catch (error) {
      const written = setting.secret || found.list ? '' : ` is "${found.value}"; it`
      problems.push(`${found.where}: ${setting.key}${written} has to be ${error instanceof Error ? error.message : String(error)}.`)
    }
  }
  for (const [key, found] of inFile)
    problems.push(found.list ? notOneValue(found.where, key) : `${found.where}: there is no setting "${key}". ${nearest(key)}`)
  const known = new Set<string>(Object.values(settingRows).map((setting) => setting.env))
  for (const name of Object.keys(options.env)) {
    // Variables of the test suite and of the bench carry their own prefixes.
    if (name.startsWith('RINGROUND_') && !name.startsWith('RINGROUND_TEST_') && !known.has(name))
      problems.push(`${name}: there is no such environment variable of Ringround. The README lists them.`)
  }
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))
  const result = settings as unknown as Settings
  checkTogether(result)
  const absolute = (path: string) => (isAbsolute(path) ? path : resolve(options.root, path))
  return {
    ...result,
    dataFolder: absolute(result.dataFolder),
    recordingsFolder: absolute(result.recordingsFolder),
    directoryFile: absolute(result.directoryFile),
    promptsFolder: absolute(result.promptsFolder),
    sipTraceFile: result.sipTraceFile === undefined ? undefined : absolute(result.sipTraceFile),
    masterKeyFile: result.masterKeyFile === undefined ? undefined : absolute(result.masterKeyFile),
    chainHeadsFile: result.chainHeadsFile === undefined ? undefined : absolute(result.chainHeadsFile),
    tlsCertificate: result.tlsCertificate === undefined ? undefined : absolute(result.tlsCertificate),
    tlsKey: result.tlsKey === undefined ? undefined : absolute(result.tlsKey),
    tlsCa: result.tlsCa === undefined ? undefined : absolute(result.tlsCa),
  }
}

function checkTogether(settings: Settings): void {
  for (const everywhere of settings.sipAddresses.filter((each) => /^(0\.0\.0\.0|::)$/.test(each))) {
    if (settings.sipExternalAddresses.some((each) => isIP(each) === isIP(everywhere))) continue
    throw new SettingsError(
      `sip.address is ${everywhere}: phones need an address to answer to; give it as sip.externalAddress (RINGROUND_SIP_EXTERNAL_ADDRESS).`,
    )
  }
  if ((settings.tlsCertificate === undefined) !== (settings.tlsKey === undefined))
    throw new SettingsError(
      'tls.certificate and tls.key belong together: set both (RINGROUND_TLS_CERTIFICATE, RINGROUND_TLS_KEY), or neither.',
    )
  for (const [key, wanted] of [
    ['sip.tlsPort', settings.sipTlsPort],
    ['sip.wssPort', settings.sipWssPort],
  ] as const) {
    if (wanted !== undefined && settings.tlsCertificate === undefined)
      throw new SettingsError(
        `${key} is set and tls.certificate is not: name the files with a certificate and its key (RINGROUND_TLS_CERTIFICATE, RINGROUND_TLS_KEY).`,
      )
  }
  const secureTrunk = settings.trunks.find((trunk) => /;transport=tls$/.test(trunk.address))
  if (secureTrunk !== undefined && settings.sipTlsPort === undefined && settings.drachtio.length === 0)
    throw new SettingsError(
      `the trunk "${secureTrunk.name}" is called over TLS and sip.tlsPort is not set: it needs a port and a certificate of ours (RINGROUND_SIP_TLS_PORT).`,
    )
  if (settings.rtpTo < settings.rtpFrom + 3)
    throw new SettingsError(`rtp.from ${settings.rtpFrom} to rtp.to ${settings.rtpTo}: a call needs four ports; make the range larger.`)
  if (settings.drachtio.length > 0 && settings.freeswitch.length === 0)
    throw new SettingsError(
      'drachtio.addresses is set and freeswitch.addresses is not: name the event socket of a FreeSWITCH as well (RINGROUND_FREESWITCH).',
    )
  if (settings.browserTurnSecret === undefined && settings.browserIceServers.some((uri) => uri.startsWith('turn')))
    throw new SettingsError(
      'browser.iceServers has a TURN server and browser.turnSecret is empty: nobody would be let in there (RINGROUND_TURN_SECRET).',
    )
  if (settings.freeswitch.length > 0 && settings.drachtio.length === 0)
    throw new SettingsError(
      'freeswitch.addresses is set and drachtio.addresses is not: name the application port of a drachtio-server as well (RINGROUND_DRACHTIO).',
    )
  if (settings.masterKey !== undefined && (settings.masterKeyCommand !== undefined || settings.masterKeyFile !== undefined)) {
    throw new SettingsError(
      'keys.master is set, and keys.masterFile or keys.masterCommand as well: the master key comes from one place; leave one of them empty.',
    )
  }
  if (settings.masterKeyCommand !== undefined && settings.masterKeyFile === undefined) {
    throw new SettingsError(
      'keys.masterCommand is set and keys.masterFile is not: name the file with the wrapped key that the command is given (RINGROUND_MASTER_KEY_FILE).',
    )
  }
  if ((settings.mailSmtp === undefined) !== (settings.mailFrom === undefined))
    throw new SettingsError('mail.smtp and mail.from belong together: set both (RINGROUND_MAIL_SMTP, RINGROUND_MAIL_FROM), or neither.')
  checkSecrets(settings)
}

/** The secrets that the servers come with. */
const installedSecrets = { drachtio: 'cymru', freeswitch: 'ClueCon' } as const

/** Whoever can command these servers can dial at our cost, listen and record: a secret that everybody knows is none. */
function checkSecrets(settings: Settings): void {
  if (settings.drachtio.length === 0) return
  const asked = [
    {
      key: 'drachtio.secret',
      env: 'RINGROUND_DRACHTIO_SECRET',
      secret: settings.drachtioSecret,
      installed: installedSecrets.drachtio,
      where: '<admin secret="..."> in drachtio.conf.xml',
    },
    {
      key: 'freeswitch.secret',
      env: 'RINGROUND_FREESWITCH_SECRET',
      secret: settings.freeswitchSecret,
      installed: installedSecrets.freeswitch,
      where: '"password" in event_socket.conf.xml',
    },
  ]
  const problems = asked.flatMap(({ key, env, secret, installed, where }) => {
    if (secret === '') return [`${key} is not set: give the secret of your servers (${env}; ${where}).`]
    if (secret !== installed || settings.allowDefaultSecrets === 'yes') return []
    return [
      `${key} is "${installed}", which the server was installed with and anybody can look up: change it there (${where}) and here (${env}), or set servers.allowDefaultSecrets: yes.`,
    ]
  })
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))
}

function notOneValue(where: string, key: string): string {
  return `${where}: "${key}" has to be one value; lists are written with commas: "a, b".`
}

function nearest(key: string): string {
  const last = key.split('.').at(-1) ?? key
  const near = Object.values(settingRows).find((setting) => setting.key.endsWith(`.${last}`))
  return near ? `Did you mean "${near.key}"?` : 'The README lists them.'
}

/** The scalars of the file by their dotted path, with the line on which each stands. */
function fileValues(file: string, problems: string[]): Map<string, Found> {
  const lines = new LineCounter()
  const values = new Map<string, Found>()
  const read = readTextFileSync(file)
  if (!read.ok) {
    problems.push(`${file}:${read.problem.line}: ${read.problem.message}; expected: ${read.problem.expected}`)
    return values
  }
  const document: Document = parseDocument(read.text, { lineCounter: lines })
  for (const error of document.errors)
    problems.push(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0] ?? 'not YAML'}`)
  const walk = (node: unknown, path: string): void => {
    if (!isMap(node)) return
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : ''
      const name = path === '' ? key : `${path}.${key}`
      const line = isScalar(pair.key) && pair.key.range ? lines.linePos(pair.key.range[0]).line : 1
      const where = `${file}:${line}`
      if (isMap(pair.value)) walk(pair.value, name)
      else if (isScalar(pair.value) || pair.value === null) {
        // The text as it was written: a telephone number must not become a floating-point one.
        values.set(name, { value: isScalar(pair.value) ? (pair.value.source ?? '').trim() : '', where })
      } else if (isSeq(pair.value)) values.set(name, { value: '', where, list: pair.value.items.map(written) })
      else problems.push(notOneValue(where, name))
    }
  }
  walk(document.contents, '')
  return values
}

/** Mappings and lists as such, scalars as the text that stands there: a password of digits keeps its zeros. */
function written(node: unknown): unknown {
  if (isScalar(node)) return (node.source ?? '').trim()
  if (isSeq(node)) return node.items.map(written)
  if (isMap(node))
    return Object.fromEntries(node.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', written(pair.value)]))
  return undefined
}

/** The settings as a Markdown table, for the README. */
export function settingsTable(): string {
  const rows = Object.values(settingRows).map(
    (setting) =>
      `| \`${setting.key}\` | \`${setting.env}\` | ${setting.fallback === '' ? '(empty)' : `\`${setting.fallback}\``} | ${setting.meaning} |`,
  )
  return ['| in the file | environment variable | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}
