import { startEmbedded } from './embedded-servers.js'
import { partyContract } from './party-contract.js'
import { SocketWorld } from './socket-world.js'

partyContract('the parties of the embedded switch', async () => SocketWorld.open(await startEmbedded(), { mediaTimeoutSeconds: 3 }), {
  keysOfThePartyAtAnyMoment: true,
})
