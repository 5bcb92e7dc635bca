import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { Accounts } from '../../src/accounts/accounts.js'
import type { RoleName } from '../../src/accounts/roles.js'
import { demoLink } from '../../src/accounts/first-account.js'
import { OpenId } from '../../src/accounts/open-id.js'
import type { ProviderSetting } from '../../src/accounts/open-id-provider.js'
import { createAdmin, type Admin } from '../../src/admin/admin.js'
import type { AdminSettings } from '../../src/admin/admin-settings.js'
import { ArrangedCalls } from '../../src/arrangements/arranged-calls.js'
import type { ArrangedCall } from '../../src/calls/arrangements.js'
import type { OwnCall } from '../../src/calls/own-call.js'
import { auditOf } from '../../src/audit/audit.js'
import { watchLinesAllNotNow } from '../../src/availability/all-not-now.js'
import { Availability } from '../../src/availability/not-now.js'
import { systemClock } from '../../src/clock/system-clock.js'
import type { Directory } from '../../src/directory/model.js'
import { parseDirectory } from '../../src/directory/parse-directory.js'
import { LocalSignals } from '../../src/fleet/signals.js'
import { dialable } from '../../src/guard/dial-plan.js'
import { sealedSecrets } from '../../src/keys/sealed-secrets.js'
import { createLiveBoard } from '../../src/live/live-board.js'
import { createMetrics } from '../../src/metrics/metrics.js'
import { Outbox } from '../../src/outbox/outbox.js'
import { PushBook } from '../../src/outbox/push/book.js'
import type { RecordingsSettings } from '../../src/recordings/recordings-settings.js'
import { deletableArrangements } from '../../src/arrangements/deletable.js'
import { MonthSums } from '../../src/reports/month-sums.js'
import { deletableAudit } from '../../src/audit/deletable.js'
import { parsePeriod } from '../../src/directory/period.js'
import { Retention } from '../../src/retention/retention.js'
import { openWatchList, type KeptWatchList } from '../../src/store/kept-watch-list.js'
import type { SwitchHealth } from '../../src/switch/port.js'
import { DirectoryInForce, type Proposal } from '../../src/versions/directory-in-force.js'
import { keptWorld, type KeptWorld } from './kept-world.js'

export const healthy: SwitchHealth = {
  ready: true,
  signalling: { up: true, detail: 'embedded switch' },
  media: { up: true, detail: 'embedded switch' },
  legs: 0,
}

/** A kept world with the demo directory, the boards and the HTTP server on a free port of loopback. */
export interface AdminWorld extends KeptWorld {
  readonly admin: Admin
  readonly directory: Directory
  readonly arranged: ArrangedCalls
  readonly watched: KeptWatchList
  readonly availability: Availability
  /** The calls requested; they are not carried. */
  readonly placed: readonly ArrangedCall[]
  /** Also those started with one press. */
  readonly rung: readonly OwnCall[]
  /** The switch's state from now on. */
  switchIs(health: SwitchHealth): void
  readonly accounts: Accounts
  readonly outbox: Outbox
  /** Token of a program with every permission. */
  readonly token: string
  /** Asks as that program; with its own `authorization`, as that identity. */
  get(path: string, init?: RequestInit): Promise<Response>
  /** A URL that signs a browser in, with every role, and leads to the first page. */
  wayIn(): Promise<string>
}

export function demoDirectory(): Directory {
  const parsed = parseDirectory(readFileSync('config/directory.yaml', 'utf8'), 'config/directory.yaml')
  if (!parsed.ok) throw new Error('the demo directory has errors')
  return parsed.directory
}

export async function adminWorld(
  more: {
    readonly admin?: Partial<AdminSettings>
    readonly recordings?: Partial<RecordingsSettings>
    readonly folder?: string
    /** Default: that of the demo. */ readonly directory?: Directory
    readonly mailing?: 'sent' | 'shown' | 'none'
    readonly push?: { readonly services: readonly string[]; readonly publicKey: () => Promise<string> }
    readonly providers?: readonly ProviderSetting[]
    /** Default: none, so that everybody in a test signs in by one step. */ readonly secondFactorFor?: readonly RoleName[]
  } = {},
): Promise<AdminWorld> {
  const world = await keptWorld(more.recordings, more.folder)
  const directory = more.directory ?? demoDirectory()
  let health = healthy
  const live = createLiveBoard(world.store.log, {
    organisation: (id) => directory.organisations.get(id)?.name,
    line: (id) => directory.lines.get(id)?.name,
  })
  const metrics = createMetrics({
    log: world.store.log,
    switchHealth: () => health,
    storeQueued: () => world.store.health().queued,
    recordings: () => world.recordings.health(),
    alarms: () => world.alarms.active(),
    hasLine: (line) => directory.lines.has(line),
  })
  const arranged = await ArrangedCalls.open({
    codesKey: async () => (await world.keys.first('codes')).key,
    ledger: world.store.ledger,
    log: world.store.log,
    facts: world.store,
    clock: systemClock,
    alarms: world.alarms,
    directory: () => directory,
    mayDial: (number) => dialable(number).kind === 'dialable',
  })
  const watched = await openWatchList(world)
  const availability = await Availability.open({
    store: world.store,
    clock: systemClock,
    alarms: world.alarms,
    signals: new LocalSignals(),
  })
  const unwatch = watchLinesAllNotNow({ availability, directory: () => directory, alarms: world.alarms, clock: systemClock })
  const placed: ArrangedCall[] = []
  const rung: OwnCall[] = []
  const place = (call: ArrangedCall) => {
    placed.push(call)
    return { kind: 'placed', callId: `placed-${placed.length}` } as const
  }
  const accounts = new Accounts({
    tables: world.store.tables,
    sealer: sealedSecrets(async () => (await world.keys.first('codes')).key),
    audit: auditOf({ writing: world.store.tables.writing, node: 'test' }),
    secondFactorFor: more.secondFactorFor ?? [],
  })
  const token = accounts.tokenBook.own('tests')
  const outbox = new Outbox({ tables: world.store.tables, now: () => Date.now() })
  const retention = new Retention({
    store: world.store,
    directory: () => directory,
    audit: deletableAudit(world.store.tables, Date.now),
    arrangements: deletableArrangements(world.store.ledger, () => directory, Date.now),
    keepRecordings: parsePeriod('3 years')!,
    keepRecords: parsePeriod('1 year')!,
    keepAudit: parsePeriod('3 years')!,
    deleteFiles: () => Promise.resolve(),
    inTurn: (work) => work(),
    now: () => Date.now(),
  })
  const inForce = await DirectoryInForce.open(world.store.directory, { pollMs: 0 })
  await inForce.change({ actor: { kind: 'staff' }, source: 'file' }, (): Proposal<never> => ({ kind: 'to', directory }))
  const admin = await createAdmin({
    accounts,
    address: '127.0.0.1',
    port: 0,
    store: world.store,
    sums: new MonthSums(world.store),
    recordings: world.recordings,
    live,
    arranged,
    place,
    ring: (own) => (rung.push(own), { kind: 'placed', callId: `rung-${rung.length}` }),
    watchList: watched.watchList,
    availability,
    retention,
    metrics,
    alarms: world.alarms,
    directory: () => directory,
    inForce,
    switchHealth: () => health,
    outbox: {
      outbox,
      mailing: more.mailing ?? 'none',
      push: more.push && { ...more.push, book: new PushBook({ db: world.store.tables.writing, now: () => Date.now() }) },
    },
    ...(more.providers ? { openId: new OpenId({ providers: more.providers, db: world.store.tables.writing, now: Date.now }) } : {}),
    ...more.admin,
  })
  onTestFinished(async () => {
    await admin.close()
    await inForce.close()
    await arranged.close()
    watched.close()
    unwatch()
    await availability.close()
    metrics.close()
    live.close()
  })
  return {
    ...world,
    admin,
    accounts,
    outbox,
    token,
    directory,
    arranged,
    watched,
    availability,
    placed,
    rung,
    switchIs(now) {
      health = now
    },
    get: (path, init = {}) =>
      fetch(new URL(path, admin.url), {
        ...init,
        headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) },
      }),
    wayIn: async () => `${admin.url}sign-in/link/${await demoLink(accounts)}`,
  }
}
