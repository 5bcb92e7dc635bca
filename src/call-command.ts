/** `npm run call -- ID`: one call, fact by fact, with the SIP Call-IDs under which other servers' logs have it. CONTRIBUTING.md */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { messageOf } from './common/errors.js'
import { maskedTarget, withoutTargets } from './directory/masking.js'
import { callLadder } from './facts/call-ladder.js'
import { readSettings, SettingsError } from './config/settings.js'
import { fail, say, sayLines } from './say.js'
import { eventsOf } from './store/questions/events-of.js'
import { listCalls } from './store/questions/list-calls.js'
import { openForAsking } from './store/open-for-asking.js'
import { storePlace, type StorePlace } from './store-place.js'

const usage = `Usage: npm run call -- ID [--config FILE] [--numbers]
  ID             id of a call (as in the log, and in GET /api/calls), or a SIP Call-ID from the log of another server
  --config FILE  settings file instead of config/ringround.yaml
  --numbers      specialists' numbers in full; masked without it
It may run beside an engine.`

function readOptions() {
  return parseArgs({
    allowPositionals: true,
    options: { config: { type: 'string' }, numbers: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  })
}

async function main(): Promise<number> {
  let options: ReturnType<typeof readOptions>
  try {
    options = readOptions()
  } catch (error) {
    return fail(`${messageOf(error)}\n${usage}`)
  }
  const [id, ...more] = options.positionals
  if (options.values.help) {
    sayLines(usage)
    return 0
  }
  if (id === undefined || more.length > 0) return fail(usage)
  const root = fileURLToPath(new URL('../../', import.meta.url))
  let place: StorePlace
  try {
    place = storePlace(readSettings({ root, file: options.values.config, env: process.env }))
  } catch (error) {
    if (error instanceof SettingsError) return fail(error.message)
    throw error
  }
  if (place.postgres === undefined && !existsSync(place.file))
    return fail(`${place.file}: there is no store yet; the engine makes it when it starts.`)
  const database = await openForAsking(place)
  try {
    const { db } = database
    const named = await eventsOf(db, id)
    const callIds = named.length > 0 ? [id] : (await listCalls(db, { sipCallId: id })).calls.map(({ callId }) => callId)
    if (callIds.length === 0) return fail(`There is no call ${id}, and none with that SIP Call-ID.`)
    for (const callId of callIds) {
      const events = await eventsOf(db, callId)
      const targets = events.flatMap((event) => (event.type === 'attempt.started' ? [event.target] : []))
      const shown = options.values.numbers
        ? events
        : withoutTargets(
            events.map((event) => (event.type === 'attempt.started' ? { ...event, target: maskedTarget(event.target) } : event)),
            targets,
          )
      for (const line of callLadder(shown, 'Europe/London') ?? []) say(line)
    }
    return 0
  } finally {
    await database.close()
  }
}

process.exitCode = await main()
