import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '../clock/system-clock.js'
import type { Settings } from '../config/settings.js'
import { toE164 } from '../directory/telephone-number.js'
import type { EmbeddedServers } from '../embedded-servers.js'
import { ofEachEngine } from '../fleet/shared-map.js'
import { Allowance, defaultAllowance, type SharedCharge } from '../guard/allowance.js'
import { accountKey, accountOf } from '../guard/caller-account.js'
import { believedFrom } from '../guard/caller-identity.js'
import { guardedSwitch } from '../guard/guarded-switch.js'
import { networks, RateLimit } from '../guard/source-gate.js'
import { LimitedLines, strangersLines } from '../processes/limited-lines.js'
import type { BrowserPhone } from '../registrar/browser-phones.js'
import type { SharedBinding } from '../registrar/bindings.js'
import type { SharedProof } from '../registrar/digest-authenticator.js'
import { listeningPrefix } from '../recordings/spool-folder.js'
import { Telephones } from '../registrar/telephones.js'
import type { Store } from '../store/store.js'
import { connectDrachtioSwitch } from '../switch/drachtio/connect.js'
import type { ServerSet, WordHearing } from '../switch/drachtio/settings.js'
import type { Switch } from '../switch/port.js'
import { SwitchWatch } from '../switch-watch.js'
import { WordEars } from '../words/word-ears.js'
import type { Fleet } from './fleet.js'
import { askTheServers } from './cut-off.js'
import type { Ground } from './ground.js'
import type { Kept } from './kept.js'

/** REGISTERs that an address may send at once, before a telephone has registered from it: a practice whose telephones all start together. */
const registrationLimit = { burst: 30, refillMs: 2_000, remembered: 10_000 }

const countEveryMs = 15_000

/** Legs that are listened to for words at the same time: one thread hears many more (docs/words.md). */
const maxEars = 40

/** The telephony stack: the adapter, the registered telephones, and the guard before both. */
export async function openTelephony(
  { settings, log, alarms, opened, self, runOver }: Ground,
  { store, keys }: Pick<Kept, 'store' | 'keys'>,
  { presence, signals, turns, maps }: Fleet,
  embedded: EmbeddedServers | undefined,
) {
  const ears = new WordEars({ most: maxEars, onTrouble: (why) => log.warn({ what: 'words' }, why) })
  opened.push('the recogniser of words', () => ears.close())
  const adapter = connectDrachtioSwitch({
    servers: embedded ? [embedded.servers] : configuredServers(settings),
    trunks: settings.trunks,
    onTrunk(name, failing) {
      if (failing === undefined) alarms.clear(`trunk.failing: ${name}`)
      else alarms.raise(`trunk.failing: ${name}`, `calls go through the other trunks first, where there are any; ${failing}`)
    },
    mediaTimeoutSeconds: settings.mediaTimeoutSeconds,
    mediaTakenFrom: settings.rtpTakenFrom,
    certainty: presence,
    words: hearing(ears, join(settings.dataFolder, 'spool')),
    incarnation: self.incarnation,
    onNotice: (notice) => log[notice.level](notice.text),
  })
  opened.push('the switch', () => adapter.close())
  opened.push('the question whose calls they are', askTheServers(presence, adapter, runOver))
  const trusted = networks(settings.callers)
  const telephones = await Telephones.open({
    journal: {
      append: (user, type, data, actor) => store.ledger.append('device', user, type, data, actor),
      entries: () => store.ledger.entries('device'),
    },
    realm: settings.sipRealm,
    minSeconds: settings.minRegistrationSeconds,
    srtp: settings.deviceSrtp,
    clock: systemClock,
    alarms,
    trusted,
    strangers: new RateLimit(systemClock, registrationLimit),
    onRefused: limitedLog((detail) => log.warn({ what: 'device' }, detail)),
    onProblem: (problem) => log.warn(problem),
    others: turns && { signals, turns },
    shared: maps?.map<readonly SharedBinding[]>('telephones'),
    proofs: maps?.map<SharedProof>('proofs'),
    browsers: maps?.map<BrowserPhone>('browsers'),
    nonceSecret: maps && (await nonceSecret(keys)),
  })
  opened.push('the registered telephones', () => telephones.close())
  const allowance = new Allowance(
    systemClock,
    alarms,
    {
      ...defaultAllowance,
      concurrent: settings.concurrentCalls,
      concurrentPerAccount: settings.concurrentCallsPerLine,
      minutesPerAccountPerDay: settings.minutesPerLine,
    },
    maps && ofEachEngine(maps.map<SharedCharge>('calls'), presence),
  )
  for (const [account, ms] of await store.spentSince(allowance.dayBegan())) allowance.spend(account, ms)
  if (maps) opened.push('the minutes of all engines', countTogether(allowance, store))
  const refusedCall = limitedLog((detail) => log.warn({ what: 'incoming' }, detail))
  const withheldKey = accountKey(join(settings.dataFolder, 'withheld-numbers.key'), (problem) => log.warn(problem))
  const telephone = guardedSwitch(telephones.on(adapter), {
    ranges: settings.dialable,
    trunks: settings.trunks,
    allowance,
    trusted,
    believed: believedFrom(settings.identity),
    accountOf: (number) => accountOf(withheldKey, toE164(number)),
    strangers: new RateLimit(systemClock),
    known: { has: (address) => telephones.knows(address) },
    admit: (call) => telephones.admit(call),
    // A dial that the guard refuses is a mistake on a rota, or an attempt at abuse.
    onRefused: (what, detail) => (what === 'dial' ? log.error({ what }, detail) : refusedCall(detail)),
  })
  telephone.onRegister((registration) => telephones.register(registration))
  return { telephone, telephones }
}

/** The media server writes audio to follow into the spool, like recordings: it may write nowhere else. */
function hearing(ears: WordEars, spoolFolder: string): WordHearing {
  return {
    get ready() {
      return ears.ready
    },
    pathFor: (legId) => join(spoolFolder, `${listeningPrefix}${legId}.wav`),
    follow: (path, listener) => ears.follow(path, listener),
  }
}

/** A telephone challenged by one engine may answer to another. Without the master key each engine challenges it again. */
async function nonceSecret(keys: Kept['keys']): Promise<Buffer | undefined> {
  const key = await keys.first('codes').catch(() => undefined)
  return key && createHmac('sha256', key.key).update('nonces of SIP telephones').digest()
}

/** What other engines have spent is read off their facts; what they are spending now they share. @returns ends it */
function countTogether(allowance: Allowance, store: Store): () => void {
  const timer = setInterval(() => {
    allowance.shareAgain()
    // A read that fails now is repeated the next time.
    store.spentSince(allowance.dayBegan()).then(
      (spent) => {
        for (const [account, ms] of spent) allowance.spentByAll(account, ms)
      },
      () => undefined,
    )
  }, countEveryMs)
  timer.unref()
  return () => clearInterval(timer)
}

/**
 * Each drachtio-server with the FreeSWITCHes that its calls begin at: the one at the same place of the list, and the further ones in turn; with fewer of these, they are shared. All
 * others are spare: calls whose own FreeSWITCH dies continue there.
 */
export function configuredServers({
  drachtio,
  drachtioSecret,
  freeswitch,
  freeswitchSecret,
  eventSocketAddress,
}: Pick<Settings, 'drachtio' | 'drachtioSecret' | 'freeswitch' | 'freeswitchSecret' | 'eventSocketAddress'>): readonly ServerSet[] {
  return drachtio.flatMap((server, index) => {
    const begins = index % freeswitch.length
    const own = freeswitch[begins]
    if (!own) return []
    const others = freeswitch
      .map((each, place) => ({ ...each, secret: freeswitchSecret, spare: place % drachtio.length !== index }))
      .filter((_each, place) => place !== begins)
    return [
      {
        drachtio: { ...server, secret: drachtioSecret },
        freeswitch: { ...own, secret: freeswitchSecret },
        others,
        listenAddress: eventSocketAddress,
      },
    ]
  })
}

/** A listener for whether calls can be taken. */
export interface SwitchWatcher {
  /** Calls cannot be taken, and why; called again when the reason changes. */
  switchNotReady(why: string): void
  /** Calls can be taken again. */
  switchReady(): void
}

/** @returns ends it */
export function watchSwitch(telephone: Pick<Switch, 'health' | 'onHealth'>, watcher: SwitchWatcher): () => void {
  const watch = new SwitchWatch({ notReady: (why) => watcher.switchNotReady(why), ready: () => watcher.switchReady() })
  watch.begin(telephone.health())
  const stop = telephone.onHealth((health) => watch.changed(health))
  return () => {
    stop()
    watch.close()
  }
}

/** For log lines that strangers cause: a few of them, then how many more there were. */
function limitedLog(write: (line: string) => void): (line: string) => void {
  const lines = new LimitedLines(write, strangersLines)
  return (line) => lines.write(line)
}
