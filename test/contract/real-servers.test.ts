import { describe } from 'vitest'
import { portContract } from './port-contract.js'
import { SocketWorld } from './socket-world.js'
import { serversOfEnvironment } from './servers.js'

const servers = serversOfEnvironment()

describe.skipIf(servers === undefined)('with the servers named in the environment', () => {
  if (servers) portContract('the adapter on a real drachtio-server and FreeSWITCH', () => SocketWorld.open(servers))
})
