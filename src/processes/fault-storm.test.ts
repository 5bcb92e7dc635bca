import { expect, test } from 'vitest'
import { FaultStorm } from './fault-storm.js'

test('a thousand faults within two seconds are tolerated, one more is a storm', () => {
  const storm = new FaultStorm()
  for (let fault = 0; fault < 1000; fault++) expect(storm.isOne(fault)).toBe(false)
  expect(storm.isOne(1000)).toBe(true)
})

test('faults that are spread out never are', () => {
  const storm = new FaultStorm()
  for (let fault = 0; fault < 5000; fault++) expect(storm.isOne(fault * 2)).toBe(false)
})
