import { expect, it } from 'vitest'
import type { ChannelStats } from './media-channel.js'
import { StatsBoard } from './stats-board.js'

const stats: ChannelStats = {
  packetsIn: 1,
  packetsOut: 2,
  bytesIn: 3,
  bytesOut: 4,
  lost: 5,
  jitterMs: 6.5,
  dropped: 7,
  reportsIn: 8,
  ssrcOut: 0xffff_fff0,
}

it("what one side shows the other reads, the party's place too", () => {
  const shows = new StatsBoard()
  const reads = new StatsBoard(shows.buffer)
  expect(reads.read()).toMatchObject({ stats: { packetsIn: 0 }, found: undefined, settings: 0 })
  const long = { address: '2001:0db8:1111:2222:3333:4444:192.168.100.200', port: 65_534 }
  for (const found of [undefined, long, { address: '::1', port: 4000 }, undefined, { address: '192.0.2.1', port: 2 }]) {
    shows.show({ stats, found, settings: 9 })
    expect(reads.read()).toEqual({ stats, found, settings: 9 })
  }
})

it('a reading that falls into a change is not waited for without end', () => {
  const shows = new StatsBoard()
  shows.show({ stats, found: undefined, settings: 1 })
  new Int32Array(shows.buffer, 0, 1)[0] = 1
  expect(new StatsBoard(shows.buffer).read().stats).toEqual(stats)
})
