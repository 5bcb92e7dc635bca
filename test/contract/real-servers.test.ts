import { describe } from 'vitest'
import { adoptionContract } from './adoption-contract.js'
import { audioContract } from './audio-contract.js'
import { partyContract } from './party-contract.js'
import { portContract } from './port-contract.js'
import { SocketWorld } from './socket-world.js'
import { serversOfEnvironment } from './servers.js'

const servers = serversOfEnvironment()
const name = 'the adapter on a real drachtio-server and FreeSWITCH'

describe.skipIf(servers === undefined)('with the servers named in the environment', () => {
  if (!servers) return
  adoptionContract(name, () => SocketWorld.open(servers))
  portContract(name, () => SocketWorld.open(servers))
  audioContract(name, () => SocketWorld.open(servers, { mediaTimeoutSeconds: 3 }))
  partyContract(name, () => SocketWorld.open(servers, { mediaTimeoutSeconds: 3 }), { keysOfThePartyAtAnyMoment: false })
})
