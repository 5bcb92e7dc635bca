import { describe } from 'vitest'
import { startEmbedded } from './embedded-servers.js'
import { serversOfEnvironment } from './servers.js'
import { trunkContract } from './trunk-contract.js'

trunkContract('trunks, through the embedded switch', () => startEmbedded())

const servers = serversOfEnvironment()
describe.skipIf(servers === undefined)('with the servers named in the environment', () => {
  if (servers) trunkContract('trunks, through a real drachtio-server', () => Promise.resolve(servers))
})
