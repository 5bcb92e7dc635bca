import { afterEach, expect, it } from 'vitest'
import { SharedSwitch } from '../fleet/shared-switch.js'
import { Engine } from './engine.js'
import { world } from './world.js'

const patience = { timeout: 30_000 }
const close: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of close.splice(0).reverse()) await step()
})

const up = async (engine: Engine) =>
  (
    (await (await engine.get('/api/alarms')).json()) as {
      readonly alarms: readonly { readonly alarm: string; readonly severity: string }[]
    }
  ).alarms
    .filter(({ alarm }) => alarm.includes('.down'))
    .map(({ alarm, severity }) => `${severity} ${alarm}`)
    .toSorted()

it('of two FreeSWITCHes each has an alarm while it is down, and one more says that no call can be taken', async () => {
  const shared = await SharedSwitch.start('a-secret')
  close.push(() => shared.stop())
  const spare = await SharedSwitch.start('a-secret', shared.sip)
  close.push(() => spare.stop())
  const [one, two] = [spare, shared].map(({ eventSocket: { host, port } }) => `${host}:${port}`)
  const engine = await Engine.start({
    directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: ['sip:ward@127.0.0.1:5099'] }]),
    sip: shared.sip,
    env: { ...shared.env, RINGROUND_FREESWITCH: `${one},${two}` },
  })
  close.push(() => engine.dispose())
  expect(await up(engine)).toEqual([])
  await spare.stop()
  await expect.poll(() => up(engine), patience).toEqual([`major freeswitch.down: ${one}`])
  expect((await engine.get('/readyz')).status).toBe(200)
  await spare.start()
  await expect.poll(() => up(engine), patience).toEqual([])
  // The drachtio-server, and the other FreeSWITCH with it.
  await shared.stop()
  await expect
    .poll(() => up(engine), patience)
    .toEqual(['critical switch.down', `major drachtio.down: ${shared.env['RINGROUND_DRACHTIO']}`, `major freeswitch.down: ${two}`])
  expect((await engine.get('/readyz')).status).toBe(503)
})
