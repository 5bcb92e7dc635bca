import { fine, look, wrong, type Finding } from './finding.js'
import type { HeldPorts } from './held-ports.js'

/** The embedded switch's own port: free, or held by the engine that runs. */
export function sipPort(
  settings: { readonly sipAddresses: readonly string[]; readonly sipPort: number },
  held: HeldPorts | undefined,
  engineRuns: boolean,
): Finding {
  const where = `sip.address ${settings.sipAddresses.join(', ')}, sip.port ${settings.sipPort}`
  if (settings.sipPort === 0) return fine('calls arrive on any free port')
  if (held === undefined)
    return look(`${where}: no way to tell on this operating system whether it is free`, 'start the engine: it says so')
  const taken = [...(held.udp.has(settings.sipPort) ? ['UDP'] : []), ...(held.tcp.has(settings.sipPort) ? ['TCP'] : [])]
  if (engineRuns)
    return taken.length > 0
      ? fine(`${where}: held by the running engine (${taken.join(' and ')})`)
      : look(`${where}: an engine runs, and does not hold it`, 'it was started with other settings: start it again')
  return taken.length === 0
    ? fine(`${where}: free`)
    : wrong(
        `${where}: another program has it (${taken.join(' and ')})`,
        'stop that program, or set another port as sip.port (RINGROUND_SIP_PORT)',
      )
}
