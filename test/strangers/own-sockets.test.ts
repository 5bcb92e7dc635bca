import { once } from 'node:events'
import { createServer, connect } from 'node:net'
import { expect, test } from 'vitest'
import { closeAfterwards, mediaBench, until } from '../wire/bench-set-up.js'
import { RawPhone } from '../wire/raw-phone.js'

/** The two sockets by which the switch is commanded, and what another user of this machine can do there. */
async function dialled(port: number): Promise<{ readonly closed: () => boolean }> {
  const socket = connect({ port, host: '127.0.0.1' })
  let closed = false
  socket.on('error', () => undefined).on('close', () => (closed = true))
  socket.resume()
  closeAfterwards(() => socket.destroy())
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined)
  return { closed: () => closed }
}

test.each(['app', 'event socket'] as const)(
  'the %s closes on whoever does not say the secret, soon, and lets only a few wait',
  async (which) => {
    const { where } = await mediaBench()
    const { port } = which === 'app' ? where.drachtio.app : where.freeswitch.eventSocket
    const many: { readonly closed: () => boolean }[] = []
    for (let n = 0; n < 60; n++) many.push(await dialled(port))
    await until(() => many.filter(({ closed }) => closed()).length === 60 - 32, 'all but 32 refused')
    await until(() => many.every(({ closed }) => closed()), 'the end of the rest', 8_000)
  },
)

test('nobody but the signalling next door may call the media server: who could would command its channels', async () => {
  const { where, ms } = await mediaBench()
  let commanded = 0
  const thief = createServer(() => commanded++)
  thief.listen(0, '127.0.0.1')
  await once(thief, 'listening')
  closeAfterwards(() => thief.close())
  const bound = thief.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  const { address, port: sip } = where.freeswitch.sip
  const caller = await RawPhone.open(`${address}:${sip}`)
  closeAfterwards(() => caller.close())
  caller.send(
    caller.request('INVITE', {
      body: caller.sdp,
      headers: { 'X-esl-outbound': `127.0.0.1:${port}`, 'User-Agent': 'drachtio-fsmrf:00000000-0000-0000-0000-000000000000' },
    }),
  )
  expect(await caller.hears('', 300)).toBe(false)
  expect(commanded).toBe(0)
  const endpoint = await ms.createEndpoint()
  await endpoint.destroy()
})
