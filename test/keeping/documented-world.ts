import type { RoleName } from '../../src/accounts/roles.js'
import type { AdminSettings } from '../../src/admin/admin-settings.js'
import { systemClock } from '../../src/clock/system-clock.js'
import { Telephones } from '../../src/registrar/telephones.js'
import { goodCall, specialistsNumber } from '../kit/sample-call.js'
import { adminWorld, demoDirectory, type AdminWorld } from './admin-world.js'

/** The parts of an OpenAPI 3.1 document that the tests read. */
export interface OpenApi {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: 'path' | 'query'
    readonly required?: boolean
    readonly description?: string
    readonly example?: unknown
    readonly schema: object
  }[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string
        readonly content?: Readonly<Record<string, Media>>
        readonly links?: Readonly<Record<string, { readonly operationId: string }>>
      }
    >
  >
}

export interface Media {
  readonly schema: object
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly summary?: string; readonly value: unknown }>>
}

/** A morning of the demo world with data for every API operation: a call with its MP3, a telephone on the watch list. */
export async function documentedWorld({
  admin = {},
  secondFactorFor = [],
}: { readonly admin?: Partial<AdminSettings>; readonly secondFactorFor?: readonly RoleName[] } = {}): Promise<AdminWorld> {
  const late: { journal?: AdminWorld['store']['ledger'] } = {}
  const directory = demoDirectory()
  const alarms = { raise: () => undefined, clear: () => undefined }
  const telephones = await Telephones.open({
    journal: {
      append: async (user, type, data) =>
        (await late.journal?.append('device', user, type, data)) ?? Promise.reject(new Error('no journal yet')),
      async *entries() {},
    },
    realm: 'ringround',
    clock: systemClock,
    alarms,
    trusted: { has: () => false },
    strangers: { take: () => true },
  })
  const world = await adminWorld({
    secondFactorFor,
    mailing: 'sent',
    push: { services: [], publicKey: () => Promise.resolve('') },
    providers: [
      {
        id: 'trust',
        kind: 'openId',
        name: 'Elm Row Trust',
        issuer: 'http://127.0.0.1:1',
        clientId: 'ringround',
        clientSecret: 'secret',
        scopes: 'openid',
        keyAlgorithm: 'RS512',
      },
    ],
    admin: {
      ...admin,
      devices: { telephones, directory: () => directory, registerAt: '127.0.0.1:5060' },
      ringHere: ['sip:01632960001@127.0.0.1:5060'],
    },
  })
  late.journal = world.store.ledger
  await world.recordedCall('recorded', 2)
  await world.recordings.idle()
  // After that call, since it was accepted there.
  for (let failed = 0; failed < 3; failed++) {
    const id = `failing-${failed}`
    await world.tell(
      id,
      ...goodCall(id).slice(0, 4),
      {
        type: 'attempt.started',
        attempt: `${id}-1`,
        candidate: `phone:${specialistsNumber}`,
        label: 'On-call mobile',
        pool: 'local',
        target: specialistsNumber,
      },
      { type: 'attempt.ended', attempt: `${id}-1`, result: 'badNumber', status: 404, reason: 'Not Found', fault: 'farEnd' },
      { type: 'hunt.ended', result: 'nobody' },
      { type: 'call.ended', ending: 'unanswered' },
    )
  }
  return world
}

export async function apiOf(world: AdminWorld): Promise<OpenApi> {
  return (await (await world.get('/docs/json')).json()) as OpenApi
}

export interface Documented {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** Every operation of the document, in order. */
export function operationsOf(api: OpenApi): readonly Documented[] {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
}
