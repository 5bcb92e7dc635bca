import { adoptionContract } from './adoption-contract.js'
import { mediaContract } from './media-contract.js'
import { portContract } from './port-contract.js'
import { VirtualWorld } from './virtual-world.js'

portContract('the virtual twin', () => Promise.resolve(new VirtualWorld(0, 0)))
portContract('the virtual twin with distance and latency', () => Promise.resolve(new VirtualWorld(6, 15)))
adoptionContract('the virtual twin', () => Promise.resolve(new VirtualWorld(0, 0)))
mediaContract('the virtual twin', () => Promise.resolve(new VirtualWorld(0, 0)))
mediaContract('the virtual twin with distance and latency', () => Promise.resolve(new VirtualWorld(6, 15)))
