import { createServer, connect, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { holdBack } from './hold-back.js'

class Doubt {
  certain = true
  #settle: (goesOn: boolean) => void = () => undefined
  #settled: Promise<boolean> = Promise.resolve(true)

  begin(): void {
    this.certain = false
    this.#settled = new Promise((resolve) => (this.#settle = resolve))
  }

  end(goesOn: boolean): void {
    this.certain = goesOn
    this.#settle(goesOn)
  }

  whenCertain(): Promise<boolean> {
    return this.#settled
  }
}

let server: Server | undefined
let socket: Socket | undefined
afterEach(() => {
  socket?.destroy()
  server?.close()
})

/** A socket that is held back in doubt, and what the other end has got. */
async function held() {
  const doubt = new Doubt()
  let got = ''
  server = createServer((other) => other.on('data', (chunk) => (got += chunk.toString())))
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  socket = connect({ host: '127.0.0.1', port: (server.address() as { port: number }).port })
  await new Promise((resolve) => socket?.once('connect', resolve))
  holdBack(socket, doubt)
  return { doubt, socket, got: () => got }
}

describe('what an engine writes that may have lost its calls', () => {
  it('leaves when it is certain that it has them, in its order', async () => {
    const { doubt, socket: line, got } = await held()
    line.write('one ')
    await expect.poll(got).toBe('one ')
    doubt.begin()
    line.write('two ')
    line.write('three ')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(got()).toBe('one ')
    doubt.end(true)
    line.write('four')
    await expect.poll(got).toBe('one two three four')
  })

  it('never leaves when it has lost them', async () => {
    const { doubt, socket: line, got } = await held()
    doubt.begin()
    line.write('BYE')
    doubt.end(false)
    line.write('CANCEL')
    await new Promise((resolve) => setTimeout(resolve, 50))
    line.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(got()).toBe('')
  })
})
