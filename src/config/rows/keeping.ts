import { returnTypes } from '../../figures/monthly-return.js'
import { text, optional, wholeNumber, oneOf, period, auditPeriod, list } from '../parsers.js'
import { row, type SettingRow } from '../setting-row.js'

/** What is kept, how it is sealed, for how long, and what it is measured by. */
export const keepingRows = {
  recordingsSealed: row(
    'recordings.sealed',
    'RINGROUND_RECORDINGS_SEALED',
    'true',
    '`true`: new recordings are encrypted on the disk (docs/sealing.md); `false`: they are plain MP3. Older ones stay readable either way',
    oneOf('true', 'false'),
  ),
  masterKeyFile: row(
    'keys.masterFile',
    'RINGROUND_MASTER_KEY_FILE',
    '',
    'File with the master key, under which everything is sealed; with `keys.masterCommand`, that key as wrapped by a KMS. Empty: `master.key` in the data folder, made at the first start',
    optional,
  ),
  masterKey: row(
    'keys.master',
    'RINGROUND_MASTER_KEY',
    '',
    'The master key itself, for the environment: 32 bytes as 64 hexadecimal digits or as base64; earlier ones after commas',
    optional,
    { secret: true },
  ),
  masterKeyCommand: row(
    'keys.masterCommand',
    'RINGROUND_MASTER_KEY_COMMAND',
    '',
    'Command that asks a KMS: it gets the content of `keys.masterFile` on standard input and answers with the master key',
    optional,
    { secret: true },
  ),
  chainHeadsFile: row(
    'chain.headsFile',
    'RINGROUND_CHAIN_HEADS_FILE',
    '',
    'File to which the head of the chain is written once an hour, for `npm run verify`: best where nobody who can write the database can change it (docs/integrity.md). Empty: `chain-heads.txt` in the data folder',
    optional,
  ),
  retentionRecordings: row(
    'retention.recordings',
    'RINGROUND_RETENTION_RECORDINGS',
    '3 years',
    'How long recordings are kept, unless the directory says otherwise for an organisation (`keepRecordings`): days, months or years such as `3 years`, or `forever` (docs/retention.md)',
    period,
  ),
  retentionRecords: row(
    'retention.records',
    'RINGROUND_RETENTION_RECORDS',
    '1 year',
    'How long the record of a call is kept (its facts, attempts, outcome), never less than its recording, unless the directory says otherwise for an organisation (`keepRecords`). Sums of months stay',
    period,
  ),
  retentionAudit: row(
    'retention.audit',
    'RINGROUND_RETENTION_AUDIT',
    '3 years',
    'How long the audit is kept; at least 6 months',
    auditPeriod,
  ),
  retentionDaily: row(
    'retention.daily',
    'RINGROUND_RETENTION_DAILY',
    'true',
    '`true`: what is due is deleted every night, by one engine; `false`: only by `npm run retention -- --run`',
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
    'Outcomes that mean no referral was needed, ids separated by commas: `diverted` in that return',
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
    'The same from the choice of the line, per line',
    wholeNumber(1, 3_600),
  ),
  targetAnswerRate: row(
    'targets.answerRate',
    'RINGROUND_TARGET_ANSWER_RATE',
    '80',
    'The same: percentage of offered calls that are answered',
    wholeNumber(0, 100),
  ),
  targetWait: row('targets.wait', 'RINGROUND_TARGET_WAIT', '60', 'The same: seconds for which nobody waits longer', wholeNumber(1, 3_600)),
} as const satisfies Record<string, SettingRow<unknown>>
