import { describe, expect, it } from 'vitest'
import { emptyDirectory } from '../directory/empty-directory.js'
import type { Clinician, Organisation } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import { KeptDevices } from '../registrar/kept-devices.js'
import { deviceOperations } from './devices.js'

const secretary: Actor = { kind: 'staff', id: 'm-lowe' }
// Only the existence of people and practices matters here.
const directory = {
  ...emptyDirectory,
  clinicians: new Map([['dr-okafor', {} as Clinician]]),
  organisations: new Map([['elm-row', {} as Organisation]]),
}
const okafor = { kind: 'clinician', id: 'dr-okafor' } as const

async function opened() {
  const world = { failing: false, kept: [] as [string, string, Actor][] }
  const telephones = await KeptDevices.open({
    journal: {
      append: (user, type, _data, actor) => {
        if (world.failing) return Promise.reject(new Error('disk is full'))
        world.kept.push([user, type, actor])
        return Promise.resolve()
      },
      async *entries() {},
    },
    realm: 'ringround',
    clock: { now: () => 0, monotonic: () => 0, after: () => () => undefined },
  })
  return { world, devices: deviceOperations({ telephones, directory: () => directory }) }
}

describe('a SIP telephone', () => {
  it('is made, given a new password and removed, and the journal says by whom', async () => {
    const { world, devices } = await opened()
    const made = await devices.make(secretary, { owner: okafor, user: 'okafor-desk' })
    const renewed = await devices.renew(secretary, 'okafor-desk')
    expect([made.kind, renewed.kind]).toEqual(['done', 'done'])
    expect(made.kind === 'done' && made.value.password).not.toBe(renewed.kind === 'done' && renewed.value.password)
    expect(await devices.make(secretary, { owner: { kind: 'organisation', id: 'elm-row' } })).toMatchObject({
      value: { device: { user: 'elm-row-1' } },
    })
    expect((await devices.remove(secretary, 'okafor-desk')).kind).toBe('done')
    expect(world.kept).toEqual([
      ['okafor-desk', 'made', secretary],
      ['okafor-desk', 'password', secretary],
      ['elm-row-1', 'made', secretary],
      ['okafor-desk', 'removed', secretary],
    ])
  })

  it.each([
    [{ owner: okafor, user: 'Not A Name' }, 'badInput', 'user'],
    [{ owner: { kind: 'clinician', id: 'elm-row' } as const }, 'ownerNotFound', 'owner.id'],
    [{ owner: { kind: 'organisation', id: 'dr-okafor' } as const }, 'ownerNotFound', 'owner.id'],
    [{ owner: okafor, user: 'okafor-desk' }, 'deviceExists', 'user'],
  ])('asked for as %o is refused: %s', async (given, code, field) => {
    const { world, devices } = await opened()
    await devices.make(secretary, { owner: okafor, user: 'okafor-desk' })
    expect(await devices.make(secretary, given)).toMatchObject({ kind: 'refused', code, field })
    expect(world.kept).toHaveLength(1)
  })

  it('that is unknown is neither renewed nor removed', async () => {
    const { devices } = await opened()
    expect([await devices.renew(secretary, 'nobody'), await devices.remove(secretary, 'nobody')]).toMatchObject([
      { code: 'deviceNotFound' },
      { code: 'deviceNotFound' },
    ])
  })

  it('is not changed if that cannot be stored', async () => {
    const { world, devices } = await opened()
    await devices.make(secretary, { owner: okafor, user: 'okafor-desk' })
    world.failing = true
    const refused = { kind: 'refused', code: 'storeUnavailable', message: 'It could not be written down, and was not done: disk is full' }
    expect([
      await devices.make(secretary, { owner: okafor }),
      await devices.renew(secretary, 'okafor-desk'),
      await devices.remove(secretary, 'okafor-desk'),
    ]).toEqual([refused, refused, refused])
  })
})
