import { fine, look, wrong, type Finding } from './finding.js'
import type { HeldPorts } from './held-ports.js'

/** RTP and RTCP. */
const portsPerChannel = 2
/** The caller and the called party. */
const channelsPerCall = 2
/** Spare channels for the next calls. */
const spareChannels = 20

/** Channels that the configured concurrent calls need. */
export function channelsFor(concurrentCalls: number): number {
  return concurrentCalls * channelsPerCall + spareChannels
}

/** Whether a range is large enough for the calls. @param where it, in words */
export function roomFor(where: string, from: number, to: number, concurrentCalls: number): Finding {
  const channels = Math.floor((to - from + 1) / portsPerChannel)
  const wanted = channelsFor(concurrentCalls)
  if (channels >= wanted) return fine(`${where}: room for ${channels} channels; ${concurrentCalls} calls need ${wanted}`)
  return wrong(
    `${where}: room for ${channels} channels; ${concurrentCalls} calls (calls.concurrent) need ${wanted}`,
    `widen it by ${(wanted - channels) * portsPerChannel} ports, or lower calls.concurrent`,
  )
}

/** The embedded switch's own range: large enough, and free. */
export function rtpRange(
  settings: { readonly rtpFrom: number; readonly rtpTo: number; readonly sipPort: number; readonly concurrentCalls: number },
  held: HeldPorts | undefined,
  engineRuns: boolean,
): readonly Finding[] {
  const { rtpFrom, rtpTo, sipPort, concurrentCalls } = settings
  const where = `rtp.from ${rtpFrom} to rtp.to ${rtpTo}`
  const findings = [roomFor(where, rtpFrom, rtpTo, concurrentCalls)]
  if (sipPort >= rtpFrom && sipPort <= rtpTo) findings.push(wrong(`${where}: sip.port ${sipPort} lies in it`, 'move one of them'))
  const strangers = held === undefined || engineRuns ? 0 : [...held.udp].filter((port) => port >= rtpFrom && port <= rtpTo).length
  if (strangers > 0)
    findings.push(
      look(
        `${where}: ${strangers} ports of it are held by other programs`,
        'the engine passes over them; move the range if there are many',
      ),
    )
  return findings
}
