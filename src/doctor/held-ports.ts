import { readFileSync } from 'node:fs'

/** Ports bound by any program on this machine; TCP: those that listen. */
export interface HeldPorts {
  readonly udp: ReadonlySet<number>
  readonly tcp: ReadonlySet<number>
}

const listening = '0A'

/** Read from /proc/net, so that no port has to be bound to find out. @returns undefined if the operating system does not say */
export function heldPorts(proc = '/proc'): HeldPorts | undefined {
  try {
    const udp = ['udp', 'udp6'].flatMap((name) => entries(`${proc}/net/${name}`))
    const tcp = ['tcp', 'tcp6'].flatMap((name) => entries(`${proc}/net/${name}`)).filter(({ state }) => state === listening)
    return { udp: new Set(udp.map(({ port }) => port)), tcp: new Set(tcp.map(({ port }) => port)) }
  } catch {
    return undefined
  }
}

/** `  sl  local_address rem_address   st ...`: addresses as hexadecimal `ip:port` (proc_net_tcp(5)). */
function entries(file: string): readonly { readonly port: number; readonly state: string }[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    // A machine without IPv6 has no such file.
    if (file.endsWith('6')) return []
    throw error
  }
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , state] = line.trim().split(/\s+/)
      const port = local?.split(':').at(-1)
      return port === undefined || state === undefined ? [] : [{ port: Number.parseInt(port, 16), state }]
    })
}
