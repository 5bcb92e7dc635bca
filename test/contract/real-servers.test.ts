import { describe } from 'vitest'
import { adoptionContract } from './adoption-contract.js'
import { audioContract } from './audio-contract.js'
import { mediaContract } from './media-contract.js'
import { partyContract } from './party-contract.js'
import { portContract } from './port-contract.js'
import { SocketWorld } from './socket-world.js'
import { serversOfEnvironment, sparesOfEnvironment } from './servers.js'

const servers = serversOfEnvironment()
const spares = sparesOfEnvironment()
const name = 'the adapter on a real drachtio-server and FreeSWITCH'

describe.skipIf(servers === undefined)('with the servers named in the environment', () => {
  if (!servers) return
  adoptionContract(name, () => SocketWorld.open(servers))
  portContract(name, () => SocketWorld.open(servers))
  audioContract(name, () => SocketWorld.open(servers, { mediaTimeoutSeconds: 3 }))
  partyContract(name, () => SocketWorld.open(servers, { mediaTimeoutSeconds: 3 }), { keysOfThePartyAtAnyMoment: false })
})

describe.skipIf(spares === undefined)('with two FreeSWITCHes named in the environment', () => {
  if (spares) mediaContract(name, () => SocketWorld.open(spares))
})
