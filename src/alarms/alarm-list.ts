/**
 * How urgent an alarm is. `critical`: callers are turned away, or what has to be kept is not: act at once, at any hour. `major`: calls go on, and something is lost or
 * out of order: within the hour. `minor`: look into it today.
 */
export type Severity = 'critical' | 'major' | 'minor'
export const severities: readonly Severity[] = ['critical', 'major', 'minor']

export interface AlarmEntry {
  /** What is wrong, in a sentence. */
  readonly meaning: string
  readonly severity: Severity
  /** What to do about it. */
  readonly action: string
  /** The subject, if each has an alarm of its own: it follows the name, `trunk.failing: main`. */
  readonly subject?: string
  /** It reports an event that cannot be over: it is up until the engine stops. */
  readonly untilRestart?: true
}

/** Every alarm there is. An alarm missing here does not compile; names are stable, because people's own alerts depend on them. */
export const alarmList = {
  'arrangements.notKept': {
    meaning: 'Steps of arranged calls are not on disk yet; they are kept in memory and written as soon as they can be.',
    severity: 'critical',
    action: 'Make the database writable (see store.cannotWrite), and do not stop the engine before: it would forget them.',
  },
  'callBack.notStored': {
    meaning: 'A patient asked to be called back, heard that it could not be recorded, and the request was not on disk at that moment.',
    severity: 'major',
    action: 'Look into the list of call-backs; where the request is missing, call the patient: the record of the call has the number.',
    untilRestart: true,
  },
  'callBacks.many': {
    meaning: 'One caller has left many different numbers to be called back within an hour.',
    severity: 'minor',
    action: 'Look at these requests before anyone calls the numbers; close those that are obviously false.',
  },
  'calls.limitReached': {
    meaning: 'A limit of outgoing calls or minutes is reached; what goes beyond is refused.',
    severity: 'major',
    action:
      'Find out who makes the calls. If they are legitimate, raise calls.concurrent, calls.concurrentPerLine or calls.minutesPerLine.',
  },
  'calls.overloaded': {
    meaning: 'More calls arrive than can be answered in time; some are refused with 503 before the answer.',
    severity: 'critical',
    action: 'See who calls, and how often. Give the engine a faster machine, or spread the callers over several.',
  },
  'chain.headNotWritten': {
    meaning: 'The head of the chain cannot be written down outside of the database; calls and the chain go on.',
    severity: 'minor',
    action: 'Make the file of chain.headsFile (else chain-heads.txt in the data folder) writable for the engine.',
  },
  'chain.notContinued': {
    meaning:
      'What is kept does not enter the chain: a later change of it would not be noticed. It is tried again every minute, and nothing is lost by the delay.',
    severity: 'minor',
    action: 'Look at the detail; run npm run verify once it has been fixed.',
  },
  'codes.locked': {
    meaning: 'Too many wrong PINs or codes were keyed; those callers or numbers are locked for a while.',
    severity: 'minor',
    action: 'See in the calls who keyed them. The lock ends by itself; a clinician who needs a call now starts it through the API.',
  },
  'codes.usedUp': {
    meaning: 'So many PINs or codes were issued in 24 hours that guessing one has become feasible; no more are issued.',
    severity: 'major',
    action: 'Find out who requests so many. Each is free again after 24 hours; codes can be issued for another number.',
    subject: 'which kind of code',
  },
  'descriptors.runningOut': {
    meaning: 'A process has few file descriptors left; without any, callers are refused.',
    severity: 'critical',
    action: 'Raise LimitNOFILE (65536 is ample) and start the engine again when few calls run.',
  },
  'device.locked': {
    meaning: 'Repeated wrong passwords for a telephone; that address is locked for a while.',
    severity: 'minor',
    action: 'If the telephone is set up wrongly, give it a new password. If nobody knows the address, keep it out at the firewall.',
    subject: 'the user of the device; none: names that no device has',
  },
  'directory.conflict': {
    meaning:
      'The directory file was saved with changes that do not go together with what others have changed meanwhile; nothing of it was applied.',
    severity: 'major',
    action:
      'Look at the lines that it names: take over what is in force (npm run directory -- export), or put back what was there, and save.',
  },
  'directory.errors': {
    meaning: 'The directory file as saved has errors; nothing of it was applied.',
    severity: 'major',
    action: 'Run npm run directory, mend the lines that it names, and save.',
  },
  'directory.notDialable': {
    meaning: 'Telephones of the directory are outside the ranges that may be dialled, and are never rung.',
    severity: 'major',
    action: 'Correct the numbers, or allow their range in calls.dialable or at a trunk.',
  },
  'directory.notKept': {
    meaning:
      'A change of the directory could not be written into the store, and is not in force; or the old rota history could not be migrated.',
    severity: 'major',
    action:
      'Repair the store (it has an alarm of its own); the directory file is retried automatically. If rota-history.jsonl is damaged: run npm run doctor, and ask for help before you change the file.',
  },
  'drachtio.down': {
    meaning: 'A drachtio-server cannot be reached; new calls come and go through the others, where there are any.',
    severity: 'major',
    action: 'Check that it runs and which address it listens on: the detail has the error. The calls that it carried have ended.',
    subject: 'which server, by host and port',
  },
  'engine.gone': {
    meaning: 'An engine stopped responding; the other engines have ended its run and taken over its calls.',
    severity: 'major',
    action: 'Check its log and its machine, and start it again. Exit code 75 means that it was frozen or cut off from the database.',
    subject: 'which engine',
  },
  'fleet.notShared': {
    meaning: 'Redis cannot be reached: live state is not shared between the engines; calls continue.',
    severity: 'major',
    action:
      'Restore Redis (redis.url). Until then each engine counts only its own calls and wrong PINs, its pages show only its own calls and alarms, a telephone that has just registered is rung only by the engine where it registered, and a specialist may be rung for two callers.',
  },
  'freeswitch.down': {
    meaning: 'A FreeSWITCH cannot be reached, or makes no channels; its calls go on at the others, where there are any.',
    severity: 'major',
    action:
      'Check that it runs: the detail says what is wrong, and what to set if it refuses channels. With two servers, calls end if the other one fails too.',
    subject: 'which server, by host and port',
  },
  'keys.storeLost': {
    meaning:
      'The store is new, and there are recordings that are sealed under keys of another one: they cannot be played. Calls are taken, and what is recorded from now on opens with the keys of the new store.',
    severity: 'critical',
    action: 'Stop the engine, and put the database back from a backup before anything more is kept: docs/production.md.',
    untilRestart: true,
  },
  'keys.unavailable': {
    meaning: 'The keys of sealed recordings cannot be had: sealed recordings cannot be heard, and new ones stay in the spool.',
    severity: 'critical',
    action:
      'Restore the master key as the detail says (docs/sealing.md); it is retried every half minute. Do not delete anything in the spool, and do not make a new master key.',
  },
  'mail.notSent': {
    meaning: 'Messages cannot be sent: invitations, links and alarms by e-mail wait in the outbox.',
    severity: 'minor',
    action:
      'The detail has the mail server’s answer; the page Outbox has each message. Correct mail.smtp or mail.from, or the server. Nothing is lost: messages are retried for three days.',
  },
  'push.notSent': {
    meaning:
      'Push services refuse our messages: clinicians get no notification that they are on soon, that a call has no outcome, that a call-back is due, or of alarms.',
    severity: 'minor',
    action:
      'The detail has the push service’s answer; the page Outbox has each message. The engine needs HTTPS to the hosts of push.services. Outdated messages are not sent late.',
  },
  'line.allNotNow': {
    meaning:
      'Everyone who is on a line has said "not now". They are still rung, after the National Consultant Network where the line has it.',
    severity: 'major',
    action: 'Ask one of them, or someone else, to be on: change the rota, or end their "not now" for them (page Availability).',
    subject: 'which line',
  },
  'number.failing': {
    meaning: 'A telephone has failed several times in a row; it is rung after the others.',
    severity: 'minor',
    action: "Ask its owner for the right number and correct the directory, or clear it on the page's watch list once it has been mended.",
    subject: 'whose telephone',
  },
  'program.fault': {
    meaning: 'An error in the program reached nobody who could deal with it; calls go on.',
    severity: 'major',
    action: 'Report it, with the lines of the log around it. Over an hour after the last one.',
  },
  'recording.notStarted': {
    meaning: 'A conversation is not, or was not, recorded.',
    severity: 'critical',
    action: 'See the detail: usually the disk of the spool is full, or FreeSWITCH may not write there.',
  },
  'recordings.damaged': {
    meaning: 'A sealed recording is not as it was sealed: it was changed, cut off, or exchanged for another.',
    severity: 'major',
    action: 'Put it back from the backup. If the disk is in order, find out who has written there.',
    untilRestart: true,
  },
  'recordings.empty': {
    meaning: 'A recording has nothing that can be played, though people talked.',
    severity: 'major',
    action: "The file is kept where the detail says. Look into the media server's log at the time of the call.",
    untilRestart: true,
  },
  'recordings.encoder': {
    meaning: 'The process that makes MP3s died or froze, or runs without libmp3lame; no recording is lost.',
    severity: 'minor',
    action: 'If it comes back, reinstall libmp3lame or set recordings.encoder to wasm.',
  },
  'recordings.locked': {
    meaning: 'A sealed recording was requested, and its key is not available.',
    severity: 'major',
    action: 'Was the database or the master key replaced? Put back the ones that belong to the recordings (docs/sealing.md).',
    untilRestart: true,
  },
  'recordings.lost': {
    meaning: 'An MP3 is not where the store says.',
    severity: 'major',
    action: 'Find out who has moved or deleted it, and put it back from the backup.',
    untilRestart: true,
  },
  'recordings.missing': {
    meaning: 'The media server was asked to record but left no file.',
    severity: 'major',
    action: 'See whether engine and media server look at the same spool folder, and whether it may write there.',
    untilRestart: true,
  },
  'recordings.notFinished': {
    meaning: 'Recordings could not be made into MP3; their spool files are kept and tried again.',
    severity: 'major',
    action: 'Make room on the disk of the recordings; see the log for what failed. Do not delete anything in the spool.',
  },
  'recordings.notWritable': {
    meaning: 'The folder of the spool or of the recordings cannot be written, or has no room.',
    severity: 'critical',
    action: 'Make room, or correct the owner and the mode of the folder that the detail names.',
  },
  'recordings.orphans': {
    meaning: 'Files in the spool belong to no call that is known; they are kept.',
    severity: 'minor',
    action: 'Was the database put back from a backup? Listen to them before anything is deleted.',
    untilRestart: true,
  },
  'recordings.short': {
    meaning: 'A recording is shorter than the conversation.',
    severity: 'major',
    action: 'The record of the call says by how much. Look for a full disk, or a media server that died, at that time.',
    untilRestart: true,
  },
  'recordings.stillGrowing': {
    meaning: 'A recording whose call has ended is still being written to; it will be finished at the next start.',
    severity: 'minor',
    action: 'See in the media server which channel still writes it, and end that channel.',
    untilRestart: true,
  },
  'recordings.unknown': {
    meaning: 'The engine was asked to finish a recording that it never began.',
    severity: 'minor',
    action: 'Report it, with the lines of the log around it: this is an error in the program.',
    untilRestart: true,
  },
  'reservations.failed': {
    meaning: 'Engines cannot share reservations; specialists are still rung, but may be rung for two callers.',
    severity: 'major',
    action: 'Check Redis (redis.url): is it up, and can the engine reach it?',
  },
  'retention.notDone': {
    meaning:
      'Data due for deletion was not deleted today; this is retried every quarter of an hour, and deletions already begun are completed.',
    severity: 'minor',
    action:
      'Look at the detail: a recording that cannot be deleted, a hold that cannot be read, or the store. npm run retention -- --dry-run says what is due.',
  },
  'speech.failed': {
    meaning: 'A sentence could not be spoken; the caller heard a beep.',
    severity: 'major',
    action: 'See whether prompts.folder has its files (npm run doctor), and whether the disk answers.',
  },
  'store.cannotWrite': {
    meaning: 'The database cannot be written: nobody is connected, and new callers are turned away.',
    severity: 'critical',
    action:
      "Make room on the disk of the data folder, or correct the file's owner and mode; with database.url, bring the server back. Without it facts are kept in the memory of the engine: do not stop it before.",
  },
  'store.diskFull': {
    meaning: 'The disk of the database is full; facts are written from the reserve.',
    severity: 'critical',
    action: 'Make room at once: the detail says how much of the reserve is left.',
  },
  'store.factsLost': {
    meaning: 'The engine stopped before all facts were on disk, or could write them only after another one had gone on with their calls.',
    severity: 'critical',
    action: 'Make the database writable before the next start. Calls of the last minutes may lack their ends; the log has them.',
    untilRestart: true,
  },
  'store.factsMoved': {
    meaning: 'Facts had the same number as another fact of their call; they were given the next free one.',
    severity: 'minor',
    action:
      'Does another engine write facts of the same calls? Each engine needs its own name (engine.name) and, without database.url, its own data folder.',
    untilRestart: true,
  },
  'store.listenerFailed': {
    meaning: 'A part of the engine failed while processing a fact; the fact itself is stored.',
    severity: 'major',
    action: 'Report it, with the lines of the log around it. Start the engine again when few calls run: page and figures may be wrong.',
    untilRestart: true,
  },
  'store.nameTaken': {
    meaning: 'Another engine of the same name writes to the database.',
    severity: 'critical',
    action: 'Give each engine a name of its own (engine.name): the next start of either would close the running calls of the other.',
  },
  'store.noReserve': {
    meaning: 'The reserve for a full disk is smaller than it should be.',
    severity: 'major',
    action: 'Make room on the disk of the data folder: the detail says how much is needed.',
  },
  'store.notSpilled': {
    meaning: 'The database is away, and facts cannot be kept on the disk of the engine either.',
    severity: 'critical',
    action: 'Make room on the disk of the data folder, and do not stop the engine before the database is back.',
  },
  'store.replicaBehind': {
    meaning:
      'The replica that lists and reports are read from is behind the database by more than half a minute, or does not answer. Calls go on, and every fact is kept; lists and reports say as of when they are.',
    severity: 'major',
    action:
      'Look at the replica of database.readUrl: is it running, is its replay paused (select pg_is_wal_replay_paused()), is the connection to its primary up (pg_stat_wal_receiver)? No monthly return can be handed in until it has caught up. Without database.readUrl, everything is read from the database itself.',
  },
  'store.slow': {
    meaning: 'A fact was not on disk in time; what waited for it went on without it.',
    severity: 'major',
    action: 'See what else keeps the disk, or the database server, busy. A SQLite file wants a local disk, not a network share.',
  },
  'switch.down': {
    meaning: 'No calls can be taken or made: there is no drachtio-server with a FreeSWITCH, or no embedded switch.',
    severity: 'critical',
    action: 'Bring back what the detail names (npm run doctor looks at all of it); the engine finds it again by itself.',
  },
  'switch.exhausted': {
    meaning: 'The embedded switch has run out of ports, channels, connections or descriptors: callers are refused.',
    severity: 'critical',
    action:
      'The detail says of what. Widen rtp.from and rtp.to, or raise LimitNOFILE; for more calls, take drachtio-server and FreeSWITCH.',
  },
  'trunk.failing': {
    meaning: 'A trunk refuses calls or does not answer; the others are tried first.',
    severity: 'major',
    action: 'Ask the provider. Check address, user and password in calls.trunks (npm run doctor tries each).',
    subject: 'which trunk',
  },
} as const satisfies Readonly<Record<string, AlarmEntry>>

/** The stable name of an alarm, without its subject. */
export type AlarmKind = keyof typeof alarmList
type WithSubject = { [K in AlarmKind]: (typeof alarmList)[K] extends { readonly subject: string } ? K : never }[AlarmKind]

/** As it is raised: `store.slow`, `trunk.failing: main`. */
export type AlarmName = AlarmKind | `${WithSubject}: ${string}`

/** @returns `trunk.failing` of `trunk.failing: main` */
export function kindOf(alarm: AlarmName): AlarmKind {
  // The text before the first colon is the kind: no kind contains one.
  return /^[^:]*/.exec(alarm)?.[0] as AlarmKind
}

export function entryOf(alarm: AlarmName): AlarmEntry {
  return alarmList[kindOf(alarm)]
}

/** The list as a Markdown table, by urgency and name, as docs/alarms.md has it. */
export function alarmTable(): string {
  const rows = (Object.entries(alarmList) as [AlarmKind, AlarmEntry][]).sort(
    ([a, one], [b, other]) => severities.indexOf(one.severity) - severities.indexOf(other.severity) || (a < b ? -1 : 1),
  )
  return [
    '| alarm | severity | what is the matter | what to do | over |',
    '|---|---|---|---|---|',
    ...rows.map(
      ([kind, { severity, meaning, action, subject, untilRestart }]) =>
        `| \`${kind}\`${subject === undefined ? '' : ` (one for each: ${subject})`} | ${severity} | ${meaning} | ${action} | ${untilRestart ? 'when the engine stops' : 'by itself'} |`,
    ),
  ].join('\n')
}
