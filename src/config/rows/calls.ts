import type { IdentityRule } from '../../guard/caller-identity.js'
import { defaultAllowance } from '../../guard/allowance.js'
import { defaultDialable } from '../../guard/dial-plan.js'
import { readIdentityLine, readIdentityList } from '../identity.js'
import { readTrunkLine, readTrunkList, type TrunkSetting } from '../trunks.js'
import { outboundNumber, text, wholeNumber, oneOf, ranges, networks } from '../parsers.js'
import { row, type SettingRow } from '../setting-row.js'

/** Which calls are taken and placed. */
export const callRows = {
  outboundNumber: row(
    'calls.outboundNumber',
    'RINGROUND_OUTBOUND_NUMBER',
    '+441632960000',
    'Single outbound number: what every called party sees',
    outboundNumber,
  ),
  outboundName: row('calls.outboundName', 'RINGROUND_OUTBOUND_NAME', 'Advice line', 'Name shown beside the single outbound number', text),
  trunks: row(
    'calls.trunks',
    'RINGROUND_TRUNKS',
    '',
    'Trunks for calls to telephone numbers, in order of preference: `name=host:port`, `name=user:password@host:port`, with `;srtp=optional` or `;srtp=required` behind it for SRTP, and `[uk-mobile +353]` where a trunk carries ranges of its own; by commas, or in the file as a list (docs/guard.md)',
    (value): readonly TrunkSetting[] => readTrunkLine(value),
    { parseList: readTrunkList, secret: true },
  ),
  callers: row(
    'calls.from',
    'RINGROUND_CALLERS',
    '127.0.0.0/8, ::1',
    'Addresses and networks from which calls are taken: your practices and trunks; all others get 403',
    networks,
  ),
  identity: row(
    'calls.identity',
    'RINGROUND_CALLERS_IDENTITY',
    '',
    'Which headers are trusted for the identity of the caller, per network of `calls.from`; the first one that has an identity counts: `192.0.2.0/24=P-Asserted-Identity From`; by commas, or in the file as a list (docs/guard.md). From all others: `From`',
    (value): readonly IdentityRule[] => readIdentityLine(value),
    { parseList: readIdentityList },
  ),
  dialable: row(
    'calls.dialable',
    'RINGROUND_DIALABLE',
    defaultDialable.join(', '),
    'Ranges that may be dialled through trunks without their own: these names, and prefixes such as `+353`',
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
    '`native` (libmp3lame), `wasm` (LAME as WebAssembly), or `auto`: native if the library is installed',
    oneOf('auto', 'native', 'wasm'),
  ),
} as const satisfies Record<string, SettingRow<unknown>>
