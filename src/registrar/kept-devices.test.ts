import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../clock/virtual-clock.js'
import { digestSecret } from '../embedded/protocols/sip/digest.js'
import { KeptDevices, type DeviceJournal } from './kept-devices.js'

const clock = new VirtualClock(1_800_000_000_000)
const okafor = { kind: 'clinician', id: 'dr-okafor' } as const

let entries: { subject: string; at: number; type: string; data: unknown }[]
let diskFails: boolean

const journal: DeviceJournal = {
  append: async (subject, type, data) => {
    await Promise.resolve()
    if (diskFails) throw new Error('disk full')
    entries.push({ subject, at: clock.now(), type, data: JSON.parse(JSON.stringify(data)) as unknown })
  },
  async *entries() {
    await Promise.resolve()
    yield* entries
  },
}

const open = (problems: string[] = []) =>
  KeptDevices.open({ journal, realm: 'ringround', clock, onProblem: (problem) => problems.push(problem) })

beforeEach(() => {
  entries = []
  diskFails = false
})

describe('devices', () => {
  it('are made with a password that is told once and kept nowhere', async () => {
    const devices = await open()
    const made = await devices.make({ owner: okafor, label: 'Desk', user: 'okafor-desk' })
    expect(made?.password).toMatch(/^(?:[a-z2-9]{4}-){4}[a-z2-9]{4}$/)
    expect(made?.device).toMatchObject({ user: 'okafor-desk', owner: okafor, label: 'Desk', algorithm: 'MD5' })
    expect(made?.device.credentials.secrets.md5).toBe(digestSecret('MD5', 'okafor-desk', 'ringround', made?.password ?? ''))
    expect(made?.device.credentials.secrets.sha256).toBe(digestSecret('SHA-256', 'okafor-desk', 'ringround', made?.password ?? ''))
    expect(JSON.stringify(entries)).not.toContain(made?.password)
    expect(JSON.stringify(devices.list())).not.toContain(made?.password)
  })

  it('are found again after a restart as they were, those that were removed are not', async () => {
    const before = await open()
    await before.make({ owner: okafor, user: 'okafor-desk', algorithm: 'SHA-256' })
    await before.make({ owner: { kind: 'organisation', id: 'elm-row' }, user: 'elm-row-hall', label: 'Hall' })
    await before.make({ owner: okafor, user: 'okafor-old' })
    const renewed = await before.renew('okafor-desk')
    expect(await before.remove('okafor-old')).toBe(true)
    const after = await open()
    expect(after.list()).toEqual(before.list())
    expect(after.list().map(({ user }) => user)).toEqual(['okafor-desk', 'elm-row-hall'])
    expect(after.find('okafor-desk')?.credentials).toEqual(renewed?.device.credentials)
  })

  it('get names of their own from their owner when nobody gives them one', async () => {
    const devices = await open()
    const names = []
    for (const id of ['dr-okafor', 'dr-okafor', 'a--b', '7-elms', '123'])
      names.push((await devices.make({ owner: { kind: 'clinician', id } }))?.device.user)
    expect(names).toEqual(['dr-okafor-1', 'dr-okafor-2', 'a-b-1', 'elms-1', 'phone-1'])
    expect((await open()).list()).toHaveLength(5)
    const paged = (await open()).page(2)
    expect([...paged, ...(await open()).page(10, paged[1]?.user)].map(({ user }) => user)).toEqual(
      (await open())
        .list()
        .map(({ user }) => user)
        .sort(),
    )
  })

  it('have names that are taken once, even when two ask in the same moment', async () => {
    const devices = await open()
    const both = await Promise.all([devices.make({ owner: okafor, user: 'desk' }), devices.make({ owner: okafor, user: 'desk' })])
    expect(both.map((made) => made !== undefined)).toEqual([true, false])
    expect(entries).toHaveLength(1)
  })

  it('are not made, changed or removed when that cannot be written down', async () => {
    const devices = await open()
    const made = await devices.make({ owner: okafor, user: 'desk' })
    diskFails = true
    await expect(devices.make({ owner: okafor, user: 'other' })).rejects.toThrow('disk full')
    await expect(devices.renew('desk')).rejects.toThrow('disk full')
    await expect(devices.remove('desk')).rejects.toThrow('disk full')
    expect(devices.list()).toEqual([made?.device])
    diskFails = false
    expect(await devices.remove('desk')).toBe(true)
  })

  it('that are not there are neither renewed nor removed', async () => {
    const devices = await open()
    expect(await devices.renew('nobody')).toBeUndefined()
    expect(await devices.remove('nobody')).toBe(false)
    expect(entries).toEqual([])
  })

  it('whose journal entries cannot be read are left out, and reported', async () => {
    await (await open()).make({ owner: okafor, user: 'desk' })
    entries.push(
      { subject: 'x', at: 0, type: 'made', data: { owner: 'okafor' } },
      { subject: 'Y', at: 0, type: 'made', data: entries[0]?.data },
      { subject: 'z', at: 0, type: 'password', data: {} },
      { subject: 'desk', at: 0, type: 'painted', data: {} },
    )
    const problems: string[] = []
    expect((await open(problems)).list().map(({ user }) => user)).toEqual(['desk'])
    expect(problems).toHaveLength(4)
  })
})
