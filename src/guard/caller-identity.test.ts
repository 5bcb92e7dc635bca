import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { accountKey, accountOf } from './caller-account.js'
import { believedFrom, callerIdentity, type IdentityHeader } from './caller-identity.js'

const all: readonly IdentityHeader[] = ['P-Asserted-Identity', 'Remote-Party-ID', 'From']
const from = '"Elm Row" <sip:01632960101@carrier.example>;tag=1'
const pai = '"Elm Row Surgery" <sip:+441632960202@carrier.example;user=phone>'
const rpid = '"Elm" <sip:01632960303@carrier.example>;party=calling;screen=yes;privacy=off'

function who(headers: Readonly<Record<string, string>>, believed: readonly IdentityHeader[] = all) {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return callerIdentity((name) => lower.get(name.toLowerCase()), believed)
}

describe('who calls', () => {
  it('is what From says, where nothing else is believed', () => {
    expect(who({ From: from, 'P-Asserted-Identity': pai, 'Remote-Party-ID': rpid }, ['From'])).toEqual({
      number: '01632960101',
      displayName: 'Elm Row',
    })
  })

  it('is what the headers say that are believed, in their order, as far as they are there', () => {
    const headers = { From: from, 'P-Asserted-Identity': pai, 'Remote-Party-ID': rpid }
    expect(who(headers)).toEqual({ number: '+441632960202', displayName: 'Elm Row Surgery' })
    expect(who(headers, ['Remote-Party-ID', 'From']).number).toBe('01632960303')
    expect(who({ From: from, 'Remote-Party-ID': rpid }).number).toBe('01632960303')
    expect(who({ From: from }).number).toBe('01632960101')
    expect(who({ From: from }, ['P-Asserted-Identity'])).toEqual({ number: '', displayName: '' })
  })

  it('is the telephone number where a network asserts a name beside it, and the name goes with it', () => {
    expect(who({ From: from, 'P-Asserted-Identity': '"Elm" <sip:elm@carrier.example>, <tel:+44-1632-960202>' })).toEqual({
      number: '+441632960202',
      displayName: 'Elm',
    })
    expect(who({ From: from, 'P-Asserted-Identity': '<sip:elm@carrier.example>' }).number).toBe('elm')
  })

  it('is not the party called', () => {
    expect(who({ From: from, 'Remote-Party-ID': '<sip:01632960999@h>;party=called' }).number).toBe('01632960101')
  })
})

describe('a number that is withheld is not told, and yet known to the limits', () => {
  it.each(['id', 'ID', 'header', 'user', 'id;critical', 'user;id;critical', 'header; user; id', 'session;user', 'history,id'])(
    'by Privacy: %s',
    (privacy) => {
      expect(who({ From: from, 'P-Asserted-Identity': pai, Privacy: privacy })).toEqual({
        number: '',
        displayName: '',
        asserted: '+441632960202',
      })
      expect(who({ From: from, Privacy: privacy }, ['From'])).toEqual({ number: '', displayName: '', asserted: '01632960101' })
    },
  )

  it.each(['none', 'critical', 'session', 'history', ''])('not by Privacy: %s', (privacy) => {
    expect(who({ From: from, 'P-Asserted-Identity': pai, Privacy: privacy }).number).toBe('+441632960202')
  })

  it.each(['privacy=full', 'privacy="full"', 'privacy=uri', 'privacy=full-network', 'privacy="name,uri-network"', 'Privacy=Full'])(
    'by Remote-Party-ID with %s, believed or not',
    (privacy) => {
      const headers = { From: from, 'Remote-Party-ID': `"Elm" <sip:01632960303@h>;party=calling;${privacy}` }
      expect(who(headers)).toEqual({ number: '', displayName: '', asserted: '01632960303' })
      expect(who(headers, ['From'])).toEqual({ number: '', displayName: '', asserted: '01632960101' })
    },
  )

  it('a name alone by privacy=name', () => {
    expect(who({ From: from, 'Remote-Party-ID': '"Elm" <sip:01632960303@h>;privacy=name' })).toEqual({
      number: '01632960303',
      displayName: '',
    })
  })

  it.each([
    '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1',
    'Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=1',
    '<sip:Anonymous@carrier.example>',
    'sip:anonymous@anonymous.invalid;tag=1',
    '<sip:%41nonymous@carrier.example>',
    '"Unavailable" <sip:unavailable@unknown.invalid>',
    '<sip:restricted@carrier.example>',
    '"Private Number" <sip:01632960101@carrier.example>',
    '<sip:01632960101@anonymous.invalid>',
    '"WITHHELD" <sip:withheld@192.0.2.1>',
    '<tel:unknown>',
  ])('by From: %s', (written) => {
    expect(who({ From: written, 'P-Asserted-Identity': pai })).toEqual({ number: '', displayName: '', asserted: '+441632960202' })
    expect(who({ From: written }, ['From']).number).toBe('')
  })

  it('a caller whom no network names is not counted', () => {
    expect(who({ From: '"Anonymous" <sip:anonymous@anonymous.invalid>' })).toEqual({ number: '', displayName: '' })
    expect(
      who({ From: '"Anonymous" <sip:anonymous@anonymous.invalid>', 'P-Asserted-Identity': '<sip:anonymous@anonymous.invalid>' }),
    ).toEqual({ number: '', displayName: '' })
    // An assertion by a network that is not believed does not count.
    expect(who({ From: '"Anonymous" <sip:anonymous@anonymous.invalid>', 'P-Asserted-Identity': pai }, ['From'])).toEqual({
      number: '',
      displayName: '',
    })
  })

  it('names come cleaned and cut', () => {
    expect(who({ From: `"\u202E<b>Elm</b>\u0007${'x'.repeat(300)}" <sip:01632960101@h>` }).displayName).toBe(`Elm ${'x'.repeat(60)}`)
  })
})

describe('whose word counts for what', () => {
  it('is that of the narrowest network; any other source is believed in From alone', () => {
    const believed = believedFrom([
      { network: '192.0.2.0/24', headers: ['Remote-Party-ID', 'From'] },
      { network: '192.0.2.7', headers: ['P-Asserted-Identity'] },
      { network: '2001:db8::/32', headers: ['From', 'P-Asserted-Identity'] },
    ])
    expect(believed('192.0.2.7')).toEqual(['P-Asserted-Identity'])
    expect(believed('192.0.2.8')).toEqual(['Remote-Party-ID', 'From'])
    expect(believed('::ffff:192.0.2.8')).toEqual(['Remote-Party-ID', 'From'])
    expect(believed('2001:db8::5')).toEqual(['From', 'P-Asserted-Identity'])
    expect(believed('203.0.113.1')).toEqual(['From'])
    expect(believedFrom([])('192.0.2.7')).toEqual(['From'])
  })
})

describe('the account of a caller who withholds their number', () => {
  it('is the same for the same number, another for another, and another with another key', () => {
    const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
    expect(accountOf(one, '+441632960101')).toBe(accountOf(one, '+441632960101'))
    expect(accountOf(one, '+441632960101')).not.toBe(accountOf(one, '+441632960102'))
    expect(accountOf(one, '+441632960101')).not.toBe(accountOf(two, '+441632960101'))
    expect(accountOf(one, '+441632960101')).toMatch(/^withheld:[0-9a-f]{24}$/)
  })

  it('has a key that is made once, kept, and readable by the engine alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-key-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'data', 'key')
    const problems: string[] = []
    const read = () => accountKey(file, (problem) => problems.push(problem))
    const key = read()
    expect(key).toHaveLength(32)
    expect(read()).toEqual(key)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    // A truncated key does not count.
    writeFileSync(file, 'abc')
    const next = read()
    expect(next).toHaveLength(32)
    expect(read()).toEqual(next)
    expect(problems).toEqual([])
  })

  it('has a key for this run alone where none can be kept, and says so', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-key-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const problems: string[] = []
    // A folder where the file should be; a file where the folder should be.
    writeFileSync(join(folder, 'file'), '')
    for (const place of [folder, join(folder, 'file', 'key')])
      expect(accountKey(place, (problem) => problems.push(problem))).toHaveLength(32)
    expect(problems).toEqual([expect.stringContaining('cannot be read (EISDIR)'), expect.stringContaining('ENOTDIR')])
  })
})
