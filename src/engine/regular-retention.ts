import { join } from 'node:path'
import { messageOf } from '../common/errors.js'
import { deletableArrangements } from '../arrangements/deletable.js'
import { deletableAudit } from '../audit/deletable.js'
import { systemClock } from '../clock/system-clock.js'
import type { Directory } from '../directory/model.js'
import type { Turns } from '../fleet/turns.js'
import { deleteRecordingFiles } from '../recordings/delete-recording.js'
import { Retention } from '../retention/retention.js'
import type { Store } from '../store/store.js'
import type { Ground } from './ground.js'

/** How often to check whether today's run has still to be done. */
const lookEveryMs = 15 * 60_000
/** Hour (UTC) from which it runs: when the lines are quiet. An engine that starts later runs it then. */
const fromHour = 2
const subject = 'daily'

/** Deletes once a day what has passed its retention period: by one of all engines, whichever comes first. */
export function retainRegularly(
  { settings, log, alarms, opened }: Ground,
  store: Store,
  turns: Turns | undefined,
  directory: () => Directory,
): Retention {
  const folders = { recordingsFolder: settings.recordingsFolder, spoolFolder: join(settings.dataFolder, 'spool') }
  const retention = new Retention({
    store,
    directory,
    audit: deletableAudit(store.tables, () => systemClock.now()),
    arrangements: deletableArrangements(store.ledger, directory, () => systemClock.now()),
    keepRecordings: settings.retentionRecordings,
    keepRecords: settings.retentionRecords,
    keepAudit: settings.retentionAudit,
    deleteFiles: (recording) => deleteRecordingFiles(folders, recording),
    inTurn: (work) => (turns ? turns.inTurn('retention', work) : work()),
    now: () => systemClock.now(),
  })
  if (settings.retentionDaily === 'false') return retention
  let working: Promise<void> = Promise.resolve()

  async function today(): Promise<void> {
    const now = new Date(systemClock.now())
    const day = now.toISOString().slice(0, 10)
    if (now.getUTCHours() < fromHour || !store.health().writing) return
    try {
      const last = await store.ledger.latest('retention', subject)
      if (last !== undefined && new Date(last.at).toISOString().slice(0, 10) >= day) return
      const { deleted, held, certificates } = await retention.run()
      await store.ledger.append('retention', subject, 'ran', { deleted, held, certificates: certificates.map(({ id }) => id) })
      if (deleted > 0)
        log.info(
          { deleted, held },
          'recordings, records of calls, arrangements and entries of the audit that were over their time were deleted',
        )
      alarms.clear('retention.notDone')
    } catch (error) {
      alarms.raise('retention.notDone', messageOf(error))
    }
  }

  const timer = setInterval(() => {
    working = working.then(today)
  }, lookEveryMs)
  timer.unref()
  opened.push('retention', async () => {
    clearInterval(timer)
    await working
  })
  return retention
}
