import { afterEach, expect, it } from 'vitest'
import { startEmbedded } from '../contract/embedded-servers.js'
import { Engine, eventually } from './engine.js'
import { world } from './world.js'

const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [] }])

let engine: Engine | undefined
let servers: Awaited<ReturnType<typeof startEmbedded>> | undefined

afterEach(async () => {
  await engine?.dispose()
  await servers?.stop()
})

/** The media server's part of /readyz. */
async function media(
  of: Engine,
): Promise<{ readonly status: number; readonly ok: boolean; readonly detail: string; readonly missing: readonly string[] }> {
  const answer = await of.get('/readyz')
  const body = (await answer.json()) as {
    readonly parts: readonly { readonly part: string; readonly ok: boolean; readonly detail: string }[]
    readonly missing: readonly string[]
  }
  const part = body.parts.find((each) => each.part === 'media')
  return { status: answer.status, ok: part?.ok ?? false, detail: part?.detail ?? '', missing: body.missing }
}

it('a media server that refuses channels: what it answers, and which setting that is, stand on the terminal and in /readyz', async () => {
  const embedded = (servers = await startEmbedded())
  embedded.embedded.fault({ kind: 'refuseChannels' })
  const { drachtio, freeswitch } = embedded.set
  engine = await Engine.start({
    directory,
    env: {
      RINGROUND_DRACHTIO: `${drachtio.host}:${drachtio.port}`,
      RINGROUND_DRACHTIO_SECRET: drachtio.secret,
      RINGROUND_FREESWITCH: `${freeswitch.host}:${freeswitch.port}`,
      RINGROUND_FREESWITCH_SECRET: freeswitch.secret,
      RINGROUND_ALLOW_DEFAULT_SECRETS: 'yes',
    },
    sip: `${embedded.sip.address}:${embedded.sip.port}`,
    prints: 'Ringround runs, and takes calls as soon as it can.',
  })
  expect(engine.printed).toMatch(
    /^Calls cannot be taken: FreeSWITCH [\d.:]+: makes no channels: 503 .*; FreeSWITCH has reached max-sessions/m,
  )
  expect(engine.printed).not.toContain('Ringround is ready')
  const refused = await media(engine)
  expect(refused).toMatchObject({ status: 503, ok: false })
  expect(refused.detail).toMatch(/503 .*max-sessions or sessions-per-second/)
  expect(refused.missing).toContain(`media: ${refused.detail}`)

  // Whatever the engine and its servers do about it later is told as well.
  embedded.embedded.fault({ kind: 'none' })
  const running = engine
  expect(await eventually(() => Promise.resolve(running.printed.includes('Calls can be taken.') ? true : undefined), 15_000)).toBe(true)
  expect(await media(engine)).toMatchObject({ status: 200, ok: true, missing: [] })
  embedded.embedded.fault({ kind: 'disconnect', stream: 'event-socket-in' })
  await embedded.stop()
  servers = undefined
  expect(
    await eventually(() => Promise.resolve(running.printed.split('Calls cannot be taken').length > 2 ? true : undefined), 15_000),
  ).toBe(true)
  expect(running.printed.slice(running.printed.lastIndexOf('Calls cannot be taken'))).toContain('drachtio')
})
