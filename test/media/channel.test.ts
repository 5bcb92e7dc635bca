import { expect } from 'vitest'
import { MediaEngine } from '../../src/embedded/media/media-engine.js'
import { mediaContract } from './media-contract.js'

mediaContract(
  'an engine in this thread',
  (options) => {
    const engine = new MediaEngine(options)
    const close = engine.close.bind(engine)
    engine.close = async () => {
      await close()
      expect(engine.stats).toMatchObject({ channels: 0, bridges: 0, recordings: 0, plays: 0 })
    }
    return engine
  },
  true,
)
