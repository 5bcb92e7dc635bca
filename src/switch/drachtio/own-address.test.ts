import { expect, it } from 'vitest'
import { checkOwnAddress } from './own-address.js'

it('an address of this machine will do', async () => {
  await expect(checkOwnAddress('127.0.0.1')).resolves.toBeUndefined()
})

it('one of another machine is told with the setting, and not thrown out of a socket', async () => {
  await expect(checkOwnAddress('192.0.2.99')).rejects.toThrow(
    'nobody can listen at 192.0.2.99 on this machine (EADDRNOTAVAIL): give an address of it as freeswitch.listenAddress',
  )
})
