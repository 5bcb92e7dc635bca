import { startEmbedded } from './embedded-servers.js'
import { portContract } from './port-contract.js'
import { SocketWorld } from './socket-world.js'

portContract('the adapter on the embedded switch', async () => SocketWorld.open(await startEmbedded()))
