/** `npm run audit`: holds the audit against itself, and writes it out. docs/accounts.md */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { messageOf } from './common/errors.js'
import { asJsonLine, brokenInWords, everyEntry, verifyAudit } from './audit/audit.js'
import { readSettings, SettingsError } from './config/settings.js'
import { fail, sayLines } from './say.js'
import { printable } from './text/printable.js'
import { storePlace } from './store-place.js'
import { openForAsking } from './store/open-for-asking.js'

const usage = `Usage: npm run audit -- verify | export [--config FILE]
  verify   reads every entry, and says whether any was changed, left out or put in
  export   every entry as a line of JSON on standard output, the oldest first
It may run beside an engine.`

async function main(): Promise<number> {
  let values: { readonly config?: string | undefined; readonly help?: boolean | undefined }
  let positionals: readonly string[]
  try {
    ;({ values, positionals } = parseArgs({ allowPositionals: true, options: { config: { type: 'string' }, help: { type: 'boolean' } } }))
  } catch (error) {
    return fail(`${messageOf(error)}\n${usage}`)
  }
  const [command, ...more] = positionals
  if (values.help === true) {
    sayLines(usage)
    return 0
  }
  if (more.length > 0 || (command !== 'verify' && command !== 'export')) return fail(usage)
  try {
    const place = storePlace(
      readSettings({ root: fileURLToPath(new URL('../../', import.meta.url)), file: values.config, env: process.env }),
    )
    if (place.postgres === undefined && !existsSync(place.file))
      return fail(`${place.file}: there is no store yet; the engine makes it when it starts.`)
    const database = await openForAsking(place)
    try {
      if (command === 'export') {
        for await (const entry of everyEntry(database.db))
          if (!process.stdout.write(`${printable(asJsonLine(entry))}\n`))
            await new Promise((resolve) => process.stdout.once('drain', resolve))
        return 0
      }
      const found = await verifyAudit(database.db)
      if (found.kind === 'broken')
        return fail(`The audit is broken at entry ${found.at}: ${brokenInWords[found.why]}. Hold the store against a backup.`)
      sayLines(
        `${found.entries} entries, none changed and none missing${found.deleted === 0 ? '' : `, but for the first ${found.deleted}, whose time was over`}. Keep the last hash elsewhere, so that nobody can make the whole of it again:\n${found.head}`,
      )
      return 0
    } finally {
      await database.close()
    }
  } catch (error) {
    if (error instanceof SettingsError) return fail(error.message)
    throw error
  }
}

process.exitCode = await main()
