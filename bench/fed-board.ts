import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Row } from '../src/web/wallboard/row.js'

/** An engine's pages whose wallboard gets more calls than any switch here has channels for. */
export interface FedBoard {
  /** The pages' base URL, without a trailing slash. */
  readonly url: string
  /** Calls by their key, and when each was first told, wall-clock ms. */
  readonly told: ReadonlyMap<string, number>
  /** From now on calls come and go. @param perSecond of each */
  comeAndGo(perSecond: number): void
  close(): void
}

/** What a call goes through, and how often a second something of it changes while it does. */
const stages = [
  { stage: 'Welcomed', state: 'other', attempt: '–' },
  { stage: 'In the menu', state: 'other', attempt: '–' },
  { stage: 'Ringing', state: 'waiting', attempt: '1 of 3' },
  { stage: 'Asked to accept', state: 'waiting', attempt: '1 of 3' },
  { stage: 'Ringing', state: 'waiting', attempt: '2 of 3' },
  { stage: 'Asked to accept', state: 'waiting', attempt: '2 of 3' },
  { stage: 'Connecting', state: 'waiting', attempt: '2 of 3' },
  { stage: 'Talking', state: 'talking', attempt: '2 of 3' },
] as const
const stageMs = 500
const lines = ['Cardiology', 'Paediatrics - Urgent Referrals Advice', 'Acute Medicine SDEC - DVT', 'ENT Adult Acute Queries and Referrals']
const whom = ['Consultant cardiologist', 'Cardiology registrar', 'Consultant in acute medicine', 'On-call mobile']

/**
 * A proxy between a browser and the engine that forwards everything, and adds its own calls to the wallboard's stream.
 * @param engine the engine's base URL @param held calls that are there from the start, and stay
 */
export async function feedBoard(engine: string, held: number): Promise<FedBoard> {
  const told = new Map<string, number>()
  const followers = new Set<ServerResponse>()
  const timers = new Set<NodeJS.Timeout>()
  const now = () => new Date().toISOString()
  const rowOf = (index: number, at: number, begun: number): Row => {
    const { stage, state, attempt } = stages[at] ?? stages[0]
    return {
      key: `fed-${index}`,
      order: begun,
      state,
      fields: { line: lines[index % lines.length] ?? '', stage, whom: whom[index % whom.length] ?? '', attempt },
      clock: { of: state, ms: Date.now() - begun, ...(state === 'waiting' ? { limitMs: 60_000, over: 'over 60 s' } : {}) },
    }
  }
  const tell = (event: string, data: object) => {
    for (const one of followers) one.write(`event: ${event}\ndata: ${JSON.stringify({ now: now(), ...data })}\n\n`)
  }
  const begun = Date.now()
  // Realistic: one in ten waits, the others talk.
  const standing = Array.from({ length: held }, (_, index) =>
    rowOf(index, index % 10 === 0 ? 2 : stages.length - 1, begun - (held - index) * 500),
  )

  const server = createServer((asked, answer) => {
    const there = request(
      engine + (asked.url ?? '/'),
      { method: asked.method, headers: { ...asked.headers, host: new URL(engine).host } },
      (from) => {
        answer.writeHead(from.statusCode ?? 500, from.headers)
        if (from.headers['content-type']?.startsWith('text/event-stream')) follow(from, answer)
        else from.pipe(answer)
      },
    )
    there.on('error', () => answer.destroy())
    answer.on('close', () => there.destroy())
    asked.pipe(there)
  })

  function follow(from: IncomingMessage, to: ServerResponse): void {
    let rest = ''
    from.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) to.write(`${block.startsWith('event: snapshot') ? withStanding(block) : block}\n\n`)
    })
    from.on('close', () => to.end())
    followers.add(to)
    to.on('close', () => followers.delete(to))
  }

  function withStanding(block: string): string {
    const [head = '', data = '{}'] = block.split('\ndata: ')
    const snapshot = JSON.parse(data) as { readonly calls: readonly Row[] }
    return `${head}\ndata: ${JSON.stringify({ ...snapshot, calls: [...standing, ...snapshot.calls] })}`
  }

  function comeOne(index: number): void {
    const at = Date.now()
    let stage = 0
    const go = () => {
      if (stage < stages.length) {
        const call = rowOf(index, stage++, at)
        if (!told.has(call.key)) told.set(call.key, Date.now())
        return tell('call', { call })
      }
      tell('over', { key: `fed-${index}` })
      clearInterval(timer)
      timers.delete(timer)
    }
    const timer = setInterval(go, stageMs)
    timers.add(timer)
    go()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let next = held
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    comeAndGo(perSecond) {
      timers.add(setInterval(() => comeOne(next++), 1_000 / perSecond))
    },
    close() {
      for (const timer of timers) clearInterval(timer)
      for (const one of followers) one.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}
