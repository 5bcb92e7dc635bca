import { fine, wrong, type Finding } from './finding.js'

const timeoutMs = 3_000

/** The program that answers at the pages' port. */
export type AtHttpPort =
  | { readonly kind: 'engine'; readonly ready: boolean; readonly missing: readonly string[] }
  | { readonly kind: 'stranger' }
  | { readonly kind: 'nobody' }

/** Checks whether an engine runs with these settings. Only a running one reports `parts` at /readyz. */
export async function askHttpPort(address: string, port: number): Promise<AtHttpPort> {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '[::1]' : address.includes(':') ? `[${address}]` : address
  try {
    const answer = await fetch(`http://${host}:${port}/readyz`, { signal: AbortSignal.timeout(timeoutMs) })
    const body: unknown = await answer.json().catch(() => undefined)
    if (typeof body !== 'object' || body === null || !('parts' in body) || !('ready' in body)) return { kind: 'stranger' }
    const missing =
      'missing' in body && Array.isArray(body.missing) ? body.missing.filter((each): each is string => typeof each === 'string') : []
    return { kind: 'engine', ready: body.ready === true, missing }
  } catch (error) {
    const code = (error as { cause?: { code?: string } }).cause?.code
    return code === 'ECONNREFUSED' || code === 'EADDRNOTAVAIL' ? { kind: 'nobody' } : { kind: 'stranger' }
  }
}

/** @param port 0: any free one */
export function httpPort(address: string, port: number, found: AtHttpPort): readonly Finding[] {
  if (port === 0) return [fine('the pages take any free port')]
  const where = `http.address ${address}, http.port ${port}`
  switch (found.kind) {
    case 'nobody':
      return [fine(`${where}: free`)]
    case 'stranger':
      return [wrong(`${where}: another program has it`, 'stop that program, or set another port as http.port (RINGROUND_HTTP_PORT)')]
    case 'engine':
      return [
        fine(`${where}: an engine runs there`),
        ...(found.ready
          ? [fine('the running engine is ready')]
          : found.missing.map((missing) => wrong(`the running engine is not ready: ${missing}`, 'see below'))),
      ]
  }
}
