import { describe, expect, it } from 'vitest'
import { contactsOf } from './registration.js'

describe('the contacts of a REGISTER', () => {
  it('takes the expiry of the contact before that of the header, and an hour before nothing', () => {
    expect(contactsOf('<sip:a@192.0.2.1:5060;transport=tcp>;expires=60', '300')).toEqual([
      { uri: 'sip:a@192.0.2.1:5060;transport=tcp', expiresSeconds: 60 },
    ])
    expect(contactsOf('<sip:a@192.0.2.1>', '300')).toEqual([{ uri: 'sip:a@192.0.2.1', expiresSeconds: 300 }])
    expect(contactsOf('<sip:a@192.0.2.1>', undefined)).toEqual([{ uri: 'sip:a@192.0.2.1', expiresSeconds: 3_600 }])
  })

  it('parts several contacts, but not at the commas within one', () => {
    expect(contactsOf('"Doe, Jane" <sip:jane@192.0.2.1;x=a,b>;q=0.5, sip:b@192.0.2.2;expires=0', undefined)).toEqual([
      { uri: 'sip:jane@192.0.2.1;x=a,b', expiresSeconds: 3_600 },
      { uri: 'sip:b@192.0.2.2', expiresSeconds: 0 },
    ])
  })

  it('does not read a parameter of the URI as one of the header', () => {
    expect(contactsOf('<sip:a@192.0.2.1;expires=5>', '100')).toEqual([{ uri: 'sip:a@192.0.2.1;expires=5', expiresSeconds: 100 }])
  })

  it('knows the star, and a query without contacts', () => {
    expect(contactsOf('*', '0')).toEqual([{ uri: '*', expiresSeconds: 0 }])
    expect(contactsOf(undefined, undefined)).toEqual([])
  })
})
