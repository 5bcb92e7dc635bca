import { adoptionContract } from './adoption-contract.js'
import { audioContract } from './audio-contract.js'
import { startEmbedded } from './embedded-servers.js'
import { mediaContract } from './media-contract.js'
import { startWithSpares } from './media-servers.js'
import { portContract } from './port-contract.js'
import { SocketWorld } from './socket-world.js'

const name = 'the adapter on the embedded switch'

adoptionContract(name, async () => SocketWorld.open(await startEmbedded({ keptSeconds: 60 })))
portContract(name, async () => SocketWorld.open(await startEmbedded()))
audioContract(name, async () => SocketWorld.open(await startEmbedded(), { mediaTimeoutSeconds: 3 }))
mediaContract(`${name}, with more media servers`, async () => SocketWorld.open(await startWithSpares()))
