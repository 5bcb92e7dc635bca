import { describe, expect, it } from 'vitest'
import { placeName, readHandle, writeHandle, type LegIdentity } from './handle.js'

const identity: LegIdentity = {
  servers: ['drachtio 10.0.0.5:9022', '10.0.0.6:8021'],
  party: { id: 'a;from-tag=b', contact: 'sip:10.0.0.5' },
  media: { id: 'c;from-tag=d', contact: 'sip:10.0.0.5' },
  channel: 'u-1',
  origins: ['1', '2'],
}

describe('what a leg is found again by', () => {
  it('comes back as it was written; anything else is no handle', () => {
    expect(readHandle(writeHandle(identity))).toEqual(identity)
    expect(readHandle(writeHandle({ ...identity, secured: 'keys' }))).toEqual({ ...identity, secured: 'keys' })
    expect(readHandle(JSON.stringify({ ...identity, secured: 'somehow' }))).toBeUndefined()
    expect(readHandle('{}')).toBeUndefined()
    expect(readHandle('')).toBeUndefined()
    expect(writeHandle({ ...identity, channel: 'x'.repeat(1_000) })).toBe('')
  })

  it.each(['drachtio 127.0.0.1:9022', '127.0.0.1:8021', 'drachtio ::1:9022', 'localhost:8021', 'drachtio 127.7.0.1:9022', '[::1]:8021'])(
    'names the machine where %s means something on it alone',
    (name) => {
      expect(placeName(name, 'ward-pc')).toBe(`${name} @ ward-pc`)
    },
  )

  it.each(['drachtio 10.0.0.5:9022', 'media.example:8021', 'drachtio 2001:db8::1:9022', '227.0.0.1:8021', 'notlocalhost:8021'])(
    'names %s as it is: it is the same for every engine',
    (name) => {
      expect(placeName(name, 'ward-pc')).toBe(name)
    },
  )
})
