import { serversOfEnvironment } from '../contract/servers.js'

/**
 * What an engine is started with where it is to use a drachtio-server and a FreeSWITCH that run already and are named in the environment (`test/contract/servers.ts`): where it is
 * rung, and its settings. Without them: nothing, and it starts its embedded switch.
 */
export function namedServers(env: NodeJS.ProcessEnv = process.env): {
  readonly sip?: string
  readonly env: Readonly<Record<string, string>>
} {
  const named = serversOfEnvironment(env)
  if (!named) return { env: {} }
  const { drachtio, freeswitch } = named.set
  const webSocket = env.RINGROUND_TEST_DRACHTIO_WS
  return {
    sip: `${named.sip.address}:${named.sip.port}`,
    env: {
      RINGROUND_DRACHTIO: `${drachtio.host}:${drachtio.port}`,
      RINGROUND_DRACHTIO_SECRET: drachtio.secret,
      RINGROUND_FREESWITCH: `${freeswitch.host}:${freeswitch.port}`,
      RINGROUND_FREESWITCH_SECRET: freeswitch.secret,
      RINGROUND_ALLOW_DEFAULT_SECRETS: 'yes',
      ...(webSocket === undefined ? {} : { RINGROUND_BROWSER_SIP: `ws://${webSocket}` }),
    },
  }
}
