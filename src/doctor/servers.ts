import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../common/errors.js'
import { randomHex } from '../embedded/protocols/sip/secure-random.js'
import type { ServerSet } from '../switch/drachtio/settings.js'
import { ServersOnTrial } from '../switch/drachtio/try-servers.js'
import { applicationPort, askApplicationPort } from './application-port.js'
import { channel } from './channel.js'
import { eventSocketAccess, mediaServer } from './media-server.js'
import { openEventSocket } from './event-socket.js'
import { wrong, type Finding } from './finding.js'
import { sipProfile } from './profile.js'
import { promptToPlay } from './prompt-to-play.js'
import type { AskTrunk } from './trunks.js'

export interface ServersSettings {
  readonly concurrentCalls: number
  readonly dataFolder: string
  readonly promptsFolder: string
  readonly sharedGroup: string | undefined
  /** Servers started only for the trial: their configuration is not checked. */
  readonly ownServers: boolean
}

/** A drachtio-server alone. */
export async function checkApplicationPort(set: ServerSet): Promise<readonly Finding[]> {
  return applicationPort(set.drachtio, await askApplicationPort(set.drachtio))
}

/** A FreeSWITCH alone. Checked first, so that what the adapter sets when it connects is not taken for its configuration. */
export async function checkMediaServer(set: ServerSet, settings: ServersSettings): Promise<readonly Finding[]> {
  const { freeswitch } = set
  const opened = await openEventSocket(freeswitch)
  const access = eventSocketAccess(freeswitch, opened)
  if (opened.kind !== 'open') return [access]
  try {
    const told = settings.ownServers ? [] : await mediaServer(freeswitch, opened.socket, settings)
    return [access, ...told, ...(await sipProfile(freeswitch, opened.socket, freeswitch.profile))]
  } catch (error) {
    return [access, wrong(`FreeSWITCH ${freeswitch.host}:${freeswitch.port}: ${messageOf(error)}`, 'look into its log, and at its load')]
  } finally {
    opened.socket.close()
  }
}

/**
 * Both together, as the engine uses them. A short recording is made in the spool folder and deleted again.
 * @param use gets the path to trunks while the connections are up
 */
export async function checkChannel(
  set: ServerSet,
  settings: ServersSettings,
  use: (ask: AskTrunk) => Promise<readonly Finding[]>,
): Promise<{ readonly channel: readonly Finding[]; readonly trunks: readonly Finding[] }> {
  const play = promptToPlay(settings.promptsFolder)
  if (play === undefined)
    return { channel: [wrong(`${settings.promptsFolder}: no prompt to play`, 'npm run prompts renders them')], trunks: [] }
  const spool = settings.ownServers ? mkdtempSync(join(tmpdir(), 'ringround-doctor-')) : join(settings.dataFolder, 'spool')
  // The engine makes it, for its own user, who may not be the one that runs this.
  const files = { play, record: existsSync(spool) ? join(spool, `doctor-${randomHex(8)}.wav`) : undefined }
  const trial = new ServersOnTrial(set)
  try {
    await trial.open()
    const tried = channel(await trial.tryChannel(files), files, settings.sharedGroup)
    return { channel: tried, trunks: await use((address, headers) => trial.askTrunk(address, headers)) }
  } catch (error) {
    return {
      channel: [wrong(`no channel could be tried: ${messageOf(error)}`, 'see above')],
      trunks: [],
    }
  } finally {
    await trial.close()
    if (settings.ownServers) rmSync(spool, { recursive: true, force: true })
  }
}
