import type { Db } from './statements.js'
import { aliveAt } from './questions/alive-at.js'
import { arrangementFactsSince } from './questions/arrangement-facts-since.js'
import { arrivalsOf } from './questions/arrivals-of.js'
import { cameAgain } from './questions/came-again.js'
import { callsOfLine } from './questions/calls-of-line.js'
import { connectionsAtHours } from './questions/connections-at-hours.js'
import { entitiesChanged, entitiesInForce, entityPlaces } from './questions/directory-entities.js'
import { appliedBytes, appliedFile, fileDifferences } from './questions/directory-files.js'
import { directoryVersion, directoryVersionAt, directoryVersions, newestDirectoryVersion } from './questions/directory-versions.js'
import { deletedArrangements, deletedCalls, deletedEntries, deletionsInLedger, lastAuditCut, oldCalls } from './questions/deleted.js'
import { differing, differingTargets } from './questions/differing.js'
import { eventsOf } from './questions/events-of.js'
import { failingTargets } from './questions/failing-targets.js'
import { finishedRecordings } from './questions/finished-recordings.js'
import { heldElsewhere } from './questions/held-elsewhere.js'
import { lastSeq } from './questions/last-seq.js'
import { leftOpen } from './questions/left-open.js'
import { entriesAbout, entriesOf, latestOf, rowsAbout } from './questions/ledger-entries.js'
import { listCalls } from './questions/list-calls.js'
import { listTargets, listWatched, targetById } from './questions/list-targets.js'
import { outcomesByStaff } from './questions/outcomes-by-staff.js'
import { recordingById } from './questions/recording.js'
import { ringings } from './questions/ringings.js'
import { monthChanges, monthSums } from './questions/month-sums.js'
import { differingRollUps, notRolledUp, rollUps } from './questions/roll-ups.js'
import { earlierRotas, rotaHistory } from './questions/rota-history.js'
import { oldRecordings } from './questions/old-recordings.js'
import { recordingKey, recordingKeys } from './questions/recording-keys.js'
import { rungCandidates } from './questions/rung-candidates.js'
import {
  callsArrivedUntil,
  entriesBetween,
  entriesNumbered,
  factsOfCalls,
  lastEntry,
  lastLink,
  linksAfter,
  sealOfAudit,
  unlinkedCalls,
  versionsBetween,
} from './questions/links.js'
import { spentSince } from './questions/spent-since.js'

/**
 * When a question is asked. At the start and during calls nothing may be read that grows with the calls of the past: by its key, or from an index
 * and in pages. A list reads one page. A report
 * reads its period, by an index. Upkeep goes through everything, when an operator asks for it.
 */
export type When = 'start' | 'call' | 'list' | 'report' | 'upkeep'

export interface Question<Args extends readonly never[] = readonly never[], Answer = unknown> {
  readonly when: When
  readonly ask: (db: Db, ...args: Args) => Promise<Answer>
}

function asked<Args extends readonly unknown[], Answer>(when: When, ask: (db: Db, ...args: Args) => Promise<Answer>) {
  return { when, ask }
}

/** Everything that can be asked of an open store. Nothing else reaches its database. */
export const questions = {
  aliveAt: asked('start', aliveAt),
  leftOpen: asked('start', leftOpen),
  heldElsewhere: asked('start', heldElsewhere),
  cameAgain: asked('start', cameAgain),
  failingTargets: asked('start', failingTargets),
  rungCandidates: asked('start', rungCandidates),
  spentSince: asked('start', spentSince),
  arrangementFactsSince: asked('start', arrangementFactsSince),
  arrivalsOf: asked('start', arrivalsOf),
  outcomesByStaff: asked('start', outcomesByStaff),
  entriesOf: asked('start', entriesOf),
  entriesAbout: asked('call', entriesAbout),
  latestOf: asked('start', latestOf),
  events: asked('call', (db: Db, callId: string) => eventsOf(db, callId)),
  lastSeq: asked('call', lastSeq),
  recording: asked('call', recordingById),
  newestDirectoryVersion: asked('call', newestDirectoryVersion),
  entitiesInForce: asked('start', entitiesInForce),
  entitiesChanged: asked('start', entitiesChanged),
  entityPlaces: asked('call', entityPlaces),
  appliedFile: asked('start', appliedFile),
  appliedBytes: asked('start', appliedBytes),
  fileDifferences: asked('start', fileDifferences),
  directoryVersion: asked('list', directoryVersion),
  directoryVersionAt: asked('list', directoryVersionAt),
  directoryVersions: asked('list', directoryVersions),
  rotaHistory: asked('report', rotaHistory),
  earlierRotas: asked('report', earlierRotas),
  calls: asked('list', listCalls),
  targets: asked('list', listTargets),
  watched: asked('list', listWatched),
  target: asked('list', targetById),
  callsOfLine: asked('report', callsOfLine),
  ringings: asked('report', ringings),
  lastLink: asked('start', lastLink),
  linksAfter: asked('start', linksAfter),
  unlinkedCalls: asked('start', unlinkedCalls),
  callsArrivedUntil: asked('start', callsArrivedUntil),
  factsOfCalls: asked('call', factsOfCalls),
  lastEntry: asked('call', lastEntry),
  entriesBetween: asked('call', entriesBetween),
  entriesNumbered: asked('call', entriesNumbered),
  versionsBetween: asked('call', versionsBetween),
  sealOfAudit: asked('call', sealOfAudit),
  oldRecordings: asked('upkeep', oldRecordings),
  oldCalls: asked('upkeep', oldCalls),
  deletedCalls: asked('call', deletedCalls),
  deletedArrangements: asked('call', deletedArrangements),
  deletedEntries: asked('upkeep', deletedEntries),
  rowsAbout: asked('upkeep', rowsAbout),
  lastAuditCut: asked('call', lastAuditCut),
  deletionsInLedger: asked('upkeep', deletionsInLedger),
  recordingKey: asked('call', recordingKey),
  recordingKeys: asked('upkeep', recordingKeys),
  finishedRecordings: asked('start', finishedRecordings),
  rollUps: asked('report', rollUps),
  monthSums: asked('report', monthSums),
  monthChanges: asked('report', monthChanges),
  connectionsAtHours: asked('report', connectionsAtHours),
  notRolledUp: asked('list', notRolledUp),
  differing: asked('upkeep', differing),
  differingTargets: asked('upkeep', differingTargets),
  differingRollUps: asked('upkeep', differingRollUps),
} as const satisfies Readonly<Record<string, Question>>

export type Questions = typeof questions
export type QuestionName = keyof Questions
