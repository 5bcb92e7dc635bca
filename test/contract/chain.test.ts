import { chainContract } from './chain-contract.js'
import { onBothDatabases } from './grounds.js'

onBothDatabases('links', chainContract, { pastTriggers: true })
