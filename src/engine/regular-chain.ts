import { messageOf } from '../common/errors.js'
import { systemClock } from '../clock/system-clock.js'
import { chainHeadsFile } from '../store-place.js'
import { writeHead, headInWords } from '../store/chain/heads-file.js'
import type { ChainHead } from '../store/chain/chain-writer.js'
import type { Store } from '../store/store.js'
import type { Ground } from './ground.js'

const linkEveryMs = 60_000
/** Not during the start. */
const firstAfterMs = 20_000
const headEveryMs = 60 * 60_000
/** Between two links: an older store is linked over minutes, and no call notices. */
const breatheMs = 50
/** A stop does not wait for older facts. */
const lastWithinMs = 2_000

/** Links new rows once a minute, and at the end; writes the head down outside of the database. Any engine may: there is one chain for all of them. */
export function continueChainRegularly({ settings, log, alarms, opened }: Ground, store: Store): void {
  const file = chainHeadsFile(settings)
  let closed = false
  let working: Promise<void> = Promise.resolve()
  let written: { readonly number: number; readonly at: number } | undefined
  let timer: NodeJS.Timeout

  async function keepHead(head: ChainHead): Promise<void> {
    if (head.number === written?.number) return
    try {
      await writeHead(file, head, systemClock.now())
      written = { number: head.number, at: systemClock.monotonic() }
      log.info(`head of the chain: ${headInWords(head)}`)
      alarms.clear('chain.headNotWritten')
    } catch (error) {
      alarms.raise('chain.headNotWritten', `${file}: ${messageOf(error)}`)
    }
  }

  async function extend(breathe: () => Promise<boolean>): Promise<void> {
    try {
      const head = await store.extendChain(breathe)
      alarms.clear('chain.notContinued')
      if (head !== undefined && (closed || written === undefined || systemClock.monotonic() - written.at >= headEveryMs))
        await keepHead(head)
    } catch (error) {
      // A store that cannot write says so itself.
      if (store.health().writing && !closed) alarms.raise('chain.notContinued', messageOf(error))
    }
  }

  const pause = () =>
    new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(!closed), breatheMs)
    })
  const again = (afterMs: number) => {
    timer = setTimeout(() => {
      working = extend(pause).then(() => {
        if (!closed) again(linkEveryMs)
      })
    }, afterMs)
    timer.unref()
  }
  again(firstAfterMs)
  opened.push('the chain', async () => {
    closed = true
    clearTimeout(timer)
    await working
    const until = systemClock.monotonic() + lastWithinMs
    if (store.health().writing) await extend(() => Promise.resolve(systemClock.monotonic() < until))
  })
}
