import type { Accounts } from '../accounts/accounts.js'
import type { Ground } from './ground.js'

const everyMs = 60 * 60_000

/** Forgets once an hour what is no use for signing in any more: old sessions, guesses, abandoned steps. */
export function tidyAccountsRegularly({ log, opened }: Ground, accounts: Accounts): void {
  let working: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    working = accounts.tidy().catch((error: unknown) => log.warn({ err: error }, 'old sessions could not be forgotten'))
  }, everyMs)
  timer.unref()
  opened.push('the tidying of accounts', async () => {
    clearInterval(timer)
    await working
  })
}
