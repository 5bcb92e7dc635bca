import type { Settings } from '../config/settings.js'
import { fine, look, wrong, type Finding } from './finding.js'

/** Settings that would let more people than meant reach the servers or the pages. */
export function doors(
  settings: Pick<Settings, 'drachtio' | 'freeswitch' | 'allowDefaultSecrets' | 'eventSocketAddress' | 'httpAddress' | 'callers'>,
): readonly Finding[] {
  const findings: Finding[] = []
  if (settings.allowDefaultSecrets === 'yes')
    findings.push(
      look(
        'servers.allowDefaultSecrets is yes: anyone who can reach the servers can control them',
        'give both servers secrets of their own, and set it to no',
      ),
    )
  const servers = [...settings.drachtio, ...settings.freeswitch]
  const elsewhere = settings.freeswitch.find(({ host }) => !isLoopback(host))
  if (elsewhere && isLoopback(settings.eventSocketAddress)) {
    findings.push(
      wrong(
        `freeswitch.listenAddress is ${settings.eventSocketAddress}: FreeSWITCH at ${elsewhere.host} cannot reach it`,
        'give the address of this machine by which FreeSWITCH reaches it (RINGROUND_EVENT_SOCKET_ADDRESS)',
      ),
    )
  }
  if (!isLoopback(settings.httpAddress))
    findings.push(
      look(
        `the pages and the API are at ${settings.httpAddress}, without a sign-in`,
        'keep http.address on loopback, behind a proxy that signs people in',
      ),
    )
  if (settings.callers.some((network) => /\/0$/.test(network)))
    findings.push(look('calls.from takes calls from everywhere', 'name the networks of your practices and trunks'))
  if (findings.length === 0)
    findings.push(
      fine(
        servers.length === 0
          ? 'nothing is open that need not be'
          : 'servers have secrets of their own, and nothing is open that need not be',
      ),
    )
  return findings
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
