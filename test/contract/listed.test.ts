import { onBothDatabases } from './grounds.js'
import { listedContract } from './listed-contract.js'

onBothDatabases('what lists show', listedContract)
