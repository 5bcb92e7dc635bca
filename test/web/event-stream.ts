import { onTestFinished } from 'vitest'

export interface Heard {
  readonly name: string
  readonly data: Record<string, unknown>
}

/** Reads a stream of server-sent events. */
export interface Listening {
  readonly status: number
  readonly heard: readonly Heard[]
  /** The next event with that name that satisfies `is`; earlier ones are skipped. */
  next(name: string, is?: (data: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  close(): Promise<void>
  /** When the stream has ended, from either side. */
  readonly ended: Promise<void>
}

const withinMs = 20_000

export async function listen(ask: (init: RequestInit) => Promise<Response>): Promise<Listening> {
  const leaving = new AbortController()
  const response = await ask({ signal: leaving.signal })
  const heard: Heard[] = []
  let from = 0
  const wake = new Set<() => void>()
  const ended = (async () => {
    let rest = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const name = /^event: (.*)$/m.exec(block)?.[1]
          const data = /^data: (.*)$/m.exec(block)?.[1]
          if (name !== undefined && data !== undefined) heard.push({ name, data: JSON.parse(data) as Record<string, unknown> })
        }
        for (const one of wake) one()
      }
    } catch {
      // We closed it.
    }
  })()
  const close = async () => {
    leaving.abort()
    await ended
  }
  onTestFinished(close)
  return {
    status: response.status,
    heard,
    ended,
    close,
    async next(name, is = () => true) {
      const end = performance.now() + withinMs
      for (;;) {
        const index = heard.findIndex((event, place) => place >= from && event.name === name && is(event.data))
        if (index >= 0) {
          from = index + 1
          return heard[index]?.data ?? {}
        }
        if (performance.now() > end) throw new Error(`no event ${name}; heard: ${heard.map((event) => event.name).join(' ')}`)
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer)
            wake.delete(done)
            resolve()
          }
          const timer = setTimeout(done, 250)
          wake.add(done)
        })
      }
    },
  }
}
