import { join } from 'node:path'
import { messageOf } from '../common/errors.js'
import type { Settings } from '../config/settings.js'
import type { ServerSet } from '../switch/drachtio/settings.js'
import { clockSync } from './clock-sync.js'
import { directoryFile } from './directory-file.js'
import { wrong, type Finding } from './finding.js'
import { folder } from './folders.js'
import { heldPorts } from './held-ports.js'
import { nodeVersion } from './node-version.js'
import { askByOptions } from './options-probe.js'
import { ownAddress } from './own-addresses.js'
import { packages } from './packages.js'
import { programs } from './programs.js'
import { masterKeyAtHand, type KeysPlace } from './master-key.js'
import { promptFolder } from './prompt-folder.js'
import { postgres } from './postgres.js'
import { replica } from './replica.js'
import { redis } from './redis.js'
import { rtpRange } from './rtp-range.js'
import { askHttpPort, httpPort } from './running-engine.js'
import { doors } from './secrets.js'
import { checkApplicationPort, checkChannel, checkMediaServer, type ServersSettings } from './servers.js'
import { sipPort } from './sip-ports.js'
import { timeZoneData } from './time-zone.js'
import { trunks } from './trunks.js'

/** A finding and the check that made it. */
export type Report = Finding & { readonly check: string }

export interface Surroundings {
  /** Folder of the program. */
  readonly root: string
  /** As the PATH variable. */
  readonly path: string
  /** The user id; undefined on systems without (Windows). */
  readonly uid: number | undefined
  /** The master key's source, and the store whose keys it wraps. */
  readonly keys: KeysPlace
  /** Starts an embedded switch on separate ports, for the trial. */
  readonly startEmbedded: () => Promise<{ readonly servers: ServerSet; readonly stop: () => Promise<void> }>
  /** Called with each finding as it is made. */
  readonly report: (report: Report) => void
}

/** Permission bits of folders shared with FreeSWITCH's group: passed through, written, read. */
const passable = 0o010

/**
 * Checks a whole set-up, in order of dependency. It may run beside an engine: no port is bound for longer than a trial
 * needs, and no call is affected.
 */
export async function examine(settings: Settings, around: Surroundings): Promise<void> {
  const tell = async (
    check: string,
    findings: () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>,
  ): Promise<void> => {
    let found: readonly Finding[]
    try {
      found = [await findings()].flat()
    } catch (error) {
      found = [wrong(`the check itself failed: ${messageOf(error)}`, 'please report it')]
    }
    for (const finding of found) around.report({ check, ...finding })
  }
  await tell('node', () => nodeVersion(process.versions.node))
  await tell('packages', () => packages(around.root))
  await tell('time zones', () => timeZoneData())
  await tell('clock', () => clockSync())
  await tell('programs', () => programs(settings, around.path))
  await tell('directory', () => directoryFile(settings.directoryFile))
  const shared = settings.sharedGroup === undefined ? 0 : passable
  await tell('folders', () => [
    ...folder({ path: settings.dataFolder, setting: 'folders.data', need: 'write', shared }, around.uid),
    ...folder({ path: settings.recordingsFolder, setting: 'folders.recordings', need: 'write' }, around.uid),
    ...folder({ path: settings.promptsFolder, setting: 'prompts.folder', need: 'read' }, around.uid),
  ])
  await tell('prompts', () => promptFolder(settings.promptsFolder, join(settings.dataFolder, 'names')))
  await tell('doors', () => doors(settings))
  const atHttp = await askHttpPort(settings.httpAddress, settings.httpPort)
  await tell('pages', () => [
    ownAddress('http.address', settings.httpAddress),
    ...httpPort(settings.httpAddress, settings.httpPort, atHttp),
  ])
  await tell('redis', () => redis(settings.redisUrl))
  await tell('postgres', async () => [...(await postgres(settings.databaseUrl)), ...(await replica(settings.databaseReadUrl))])
  await tell('keys', () => masterKeyAtHand(around.keys))
  const sets = configuredServers(settings)
  const serversSettings: ServersSettings = { ...settings, ownServers: sets.length === 0 }
  if (sets.length === 0) return embedded(settings, serversSettings, around, tell, atHttp.kind === 'engine')
  await tell('event sockets', () => ownAddress('freeswitch.listenAddress', settings.eventSocketAddress))
  for (const set of sets) await external(set, settings, serversSettings, tell)
}

type Tell = (check: string, findings: () => Finding | readonly Finding[] | Promise<Finding | readonly Finding[]>) => Promise<void>

async function embedded(
  settings: Settings,
  servers: ServersSettings,
  around: Surroundings,
  tell: Tell,
  engineRuns: boolean,
): Promise<void> {
  const held = heldPorts()
  await tell('SIP port', () => [
    ...settings.sipAddresses.map((address) => ownAddress('sip.address', address)),
    sipPort(settings, held, engineRuns),
  ])
  await tell('voice ports', () => [
    ...settings.rtpAddresses.map((address) => ownAddress('rtp.address', address)),
    ...rtpRange(settings, held, engineRuns),
  ])
  await tell('trunks', () => trunks(settings.trunks, askByOptions))
  await tell('embedded switch', async () => {
    const own = await around.startEmbedded()
    try {
      return (await checkChannel(own.servers, servers, () => Promise.resolve([]))).channel.filter(
        ({ what }) => !what.startsWith('voice packets go to'),
      )
    } finally {
      await own.stop()
    }
  })
}

async function external(set: ServerSet, settings: Settings, servers: ServersSettings, tell: Tell): Promise<void> {
  const signalling = await checkApplicationPort(set)
  const media = await checkMediaServer(set, servers)
  await tell('drachtio', () => signalling)
  await tell('freeswitch', () => media)
  // If one of them is unusable, a finding says so already.
  if (signalling[0]?.kind === 'wrong' || media[0]?.kind === 'wrong') {
    await tell('trunks', () => trunks(settings.trunks, askByOptions))
    return
  }
  const both = await checkChannel(set, servers, (ask) => trunks(settings.trunks, ask))
  await tell('channel', () => both.channel)
  await tell('trunks', () => both.trunks)
}

/** Each drachtio-server with the FreeSWITCH at the same place in the list, as the engine pairs them; none: the embedded switch. */
function configuredServers(settings: Settings): readonly ServerSet[] {
  return settings.drachtio.flatMap((drachtio, index) => {
    const freeswitch = settings.freeswitch[index % settings.freeswitch.length]
    if (!freeswitch) return []
    return [
      {
        drachtio: { ...drachtio, secret: settings.drachtioSecret },
        freeswitch: { ...freeswitch, secret: settings.freeswitchSecret },
        listenAddress: settings.eventSocketAddress,
      },
    ]
  })
}
