import { join } from 'node:path'
import { messageOf } from '../common/errors.js'
import { Accounts } from '../accounts/accounts.js'
import { ArrangedCalls } from '../arrangements/arranged-calls.js'
import type { SharedGuess } from '../arrangements/guess-guard.js'
import { auditOf } from '../audit/audit.js'
import { handlesLeft } from '../calls/left-legs.js'
import { systemClock } from '../clock/system-clock.js'
import type { Directory } from '../directory/model.js'
import { trunksFor } from '../guard/dial-plan.js'
import { watchLinesAllNotNow } from '../availability/all-not-now.js'
import { Availability } from '../availability/not-now.js'
import { KeyRing } from '../keys/key-ring.js'
import { sealedSecrets } from '../keys/sealed-secrets.js'
import { masterKeySource } from '../master-key-source.js'
import { createRecordings } from '../recordings/recordings.js'
import { StartError } from '../start-error.js'
import { defaultReserveBytes } from '../store/disk-reserve.js'
import { openWatchList } from '../store/kept-watch-list.js'
import { openStore, type Store } from '../store/store.js'
import { storePlace } from '../store-place.js'
import type { Fleet } from './fleet.js'
import type { Ground } from './ground.js'
import { continueChainRegularly } from './regular-chain.js'
import { warnOfLostStore } from './lost-store.js'
import { retainRegularly } from './regular-retention.js'
import { tidyAccountsRegularly } from './regular-tidying.js'
import { keepStoreUpRegularly } from './regular-upkeep.js'

/** Begins to open the store: its threads start while the directory is read. Rejects with a StartError. */
export function beginStore({ settings, alarms, opened, self, runOver }: Ground): Promise<Store> {
  const opening = openStore({
    ...storePlace(settings),
    alarms,
    node: self.name,
    incarnation: self.incarnation,
    onRunOver: runOver,
    reserveBytes: defaultReserveBytes,
  }).catch((error: unknown) => {
    throw new StartError(messageOf(error))
  })
  // A failure reaches the code that awaits it.
  opening.catch(() => undefined)
  opened.push('the store', () =>
    opening.then(
      (store) => store.close(),
      () => undefined,
    ),
  )
  return opening
}

/** Everything that outlives a call: its facts, its recording, arrangements, failing telephones. Calls that the last run left open are closed first. */
export async function openKept(ground: Ground, opening: Promise<Store>, fleetOpening: Promise<Fleet>, directory: () => Directory) {
  const { self, settings, log, alarms, opened } = ground
  const store = await opening
  const fleet = await fleetOpening
  const open = await store.left.open()
  // Without a leg that can be found again no call can continue.
  const interrupted = await store.left.claim(open.filter(({ events }) => handlesLeft(events).length === 0))
  await store.left.close(interrupted)
  if (interrupted.length > 0)
    log.warn({ calls: interrupted.map(({ callId }) => callId) }, 'calls that an engine which is gone left open were closed as interrupted')
  const left = new Set(open.map(({ callId }) => callId))
  for (const { callId } of interrupted) left.delete(callId)

  continueChainRegularly(ground, store)
  keepStoreUpRegularly(ground, store, fleet.turns)

  const keys = await KeyRing.open({
    ledger: store.ledger,
    recordingKeys: store.recordingKeys,
    master: masterKeySource(settings),
    alarms,
    node: settings.databaseUrl === undefined ? undefined : self.name,
  })
  warnOfLostStore(ground, keys)
  opened.push('the keys', () => keys.close())
  const recordings = await createRecordings({
    spoolFolder: join(settings.dataFolder, 'spool'),
    recordingsFolder: settings.recordingsFolder,
    store,
    alarms,
    encoder: settings.mp3Encoder,
    keys,
    sealed: settings.recordingsSealed === 'true',
    lineName: (line) => directory().lines.get(line)?.name,
  })
  opened.push('the recordings', () => recordings.close())
  const recovered = await recordings.recover((callId) => left.has(callId))
  if (recovered.queued > 0 || recovered.orphans.length > 0) log.warn(recovered, 'recordings left in the spool are being finished')

  const retention = retainRegularly(ground, store, fleet.turns, directory)

  const watched = await openWatchList({ store, alarms, signals: fleet.turns && fleet.signals })
  opened.push('the watch list', () => watched.close())

  const availability = await Availability.open({ store, clock: systemClock, alarms, signals: fleet.signals })
  opened.push('who takes no calls', () => availability.close())
  opened.push('the watch over lines without anyone', watchLinesAllNotNow({ availability, directory, alarms, clock: systemClock }))

  const mayDial = (number: string) => trunksFor(number, settings.trunks, settings.dialable).kind === 'dialable'
  // Before any call is taken, and after those of the last run are closed: their results are read off their facts.
  const arranged = await ArrangedCalls.open({
    ledger: store.ledger,
    log: store.log,
    facts: store,
    clock: systemClock,
    alarms,
    others: fleet.turns && { signals: fleet.signals, turns: fleet.turns },
    guesses: fleet.maps?.map<SharedGuess>('guesses'),
    codesKey: async () => (await keys.first('codes')).key,
    directory,
    mayDial,
  })
  opened.push('the arranged calls', () => arranged.close())
  opened.push(
    'what engines leave of arranged calls',
    fleet.presence.onGone(() => arranged.lookAgainLater()),
  )
  const accounts = new Accounts({
    tables: store.tables,
    sealer: sealedSecrets(async () => (await keys.first('codes')).key),
    audit: auditOf({ writing: store.tables.writing, node: self.name }),
    secondFactorFor: settings.secondFactorFor,
  })
  tidyAccountsRegularly(ground, accounts)
  return { store, keys, recordings, retention, watched, availability, arranged, mayDial, accounts }
}

export type Kept = Awaited<ReturnType<typeof openKept>>
