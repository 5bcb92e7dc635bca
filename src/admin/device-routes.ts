import type { FastifyInstance, FastifyReply } from 'fastify'
import { expectedDeviceUser, isDeviceUser } from '../directory/device-user.js'
import type { DeviceOwner } from '../directory/device-owner.js'
import type { Directory } from '../directory/model.js'
import type { Device } from '../registrar/devices.js'
import type { MadeDevice } from '../registrar/kept-devices.js'
import type { Telephones } from '../registrar/telephones.js'
import { ApiError } from './api-error.js'
import { madeDeviceAnswer, deviceBody, deviceParams, devicesAnswer } from './device-schemas.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'

export interface DeviceRoutesOptions {
  readonly telephones: Pick<Telephones, 'devices' | 'realm' | 'at' | 'make' | 'renew' | 'remove'>
  readonly directory: () => Directory
  /** Where telephones register, `host:port`. Undefined: at a drachtio-server, whose address is not known here. */
  readonly registerAt?: string | undefined
}

interface Wish {
  readonly owner: DeviceOwner
  readonly label?: string
  readonly user?: string
  readonly algorithm?: 'MD5' | 'SHA-256'
}

/** SIP telephones that may register: made, listed, given a new password, removed. A password is shown once, when it is made. */
export function deviceRoutes(app: FastifyInstance, options: DeviceRoutesOptions): void {
  const { telephones, directory } = options

  app.post<{ Body: Wish }>(
    '/api/devices',
    {
      schema: {
        operationId: 'makeDevice',
        summary: 'Make credentials for a SIP telephone',
        description: 'Of a clinician or an organisation of the directory. What is answered is to be set in the telephone. The password is in this answer and nowhere else.',
        tags: ['devices'],
        body: deviceBody,
        response: { 201: madeDeviceAnswer, ...refusalsOfBody('ownerNotFound', 'deviceExists', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      const { owner, user } = request.body
      if (user !== undefined && !isDeviceUser(user)) throw new ApiError('badRequest', `user: "${user}" cannot be the name of a device; expected: ${expectedDeviceUser}`, 'user')
      if (nameOf(owner, directory()) === null) throw new ApiError('ownerNotFound', `owner: the directory has no ${owner.kind} "${owner.id}"; expected: an id of the directory file`, 'owner.id')
      const made = await kept(telephones.make(request.body))
      if (made === undefined) throw new ApiError('deviceExists', `user: there is a device "${user ?? ''}" already; choose another name, or ask for a new password at POST /api/devices/${user ?? ''}/password`, 'user')
      return answerOnce(reply.status(201), made, options)
    },
  )

  app.get(
    '/api/devices',
    {
      schema: {
        operationId: 'listDevices',
        summary: 'The SIP telephones, and which of them are registered now',
        description: 'Each with its owner, and where it is registered: since when, until when, from which address. Without passwords.',
        tags: ['devices'],
        response: { 200: devicesAnswer, ...refusalsOfReading() },
      },
    },
    () => {
      const known = directory()
      return { realm: telephones.realm, devices: telephones.devices.list().map((device) => deviceView(device, known, telephones)) }
    },
  )

  app.post<{ Params: { user: string } }>(
    '/api/devices/:user/password',
    {
      schema: {
        operationId: 'renewDevicePassword',
        summary: 'Make a new password for a SIP telephone',
        description: 'Shown this once. The old one opens nothing any more, and a telephone that registered with it is no longer registered. A lock after wrong passwords ends.',
        tags: ['devices'],
        params: deviceParams,
        response: { 200: madeDeviceAnswer, ...refusalsOfChanging('badRequest', 'deviceNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      const made = await kept(telephones.renew(request.params.user))
      if (made === undefined) throw noDevice(request.params.user)
      return answerOnce(reply.status(200), made, options)
    },
  )

  app.delete<{ Params: { user: string } }>(
    '/api/devices/:user',
    {
      schema: {
        operationId: 'removeDevice',
        summary: 'Remove a SIP telephone',
        description: 'It neither rings nor calls any more. A call that it is on goes on.',
        tags: ['devices'],
        params: deviceParams,
        response: { 204: { type: 'null', description: 'It is gone' }, ...refusalsOfChanging('badRequest', 'deviceNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) => {
      if (!(await kept(telephones.remove(request.params.user)))) throw noDevice(request.params.user)
      return reply.status(204).send()
    },
  )
}

/** With the password, which nobody may find in a cache. */
function answerOnce(reply: FastifyReply, { device, password }: MadeDevice, { registerAt, directory }: DeviceRoutesOptions): FastifyReply {
  const { user, owner, label, algorithm, credentials } = device
  return reply.header('cache-control', 'no-store').send({
    ...{ user, password, realm: credentials.realm, algorithm },
    register: registerAt === undefined ? null : `sip:${registerAt}`,
    address: registerAt === undefined ? null : `sip:${user}@${registerAt}`,
    target: `device:${user}`,
    owner: { ...owner, name: nameOf(owner, directory()) },
    label,
  })
}

function deviceView(device: Device, directory: Directory, telephones: DeviceRoutesOptions['telephones']): object {
  const { user, owner, label, algorithm, credentials, createdAt } = device
  const registrations = telephones.at(user).map(({ registeredAt, expiresAt, source, userAgent }) => ({ since: registeredAt, expiresAt, source: `${source.protocol}:${source.address}:${source.port}`, userAgent: userAgent ?? null }))
  return {
    ...{ user, target: `device:${user}`, label, algorithm, createdAt },
    owner: { ...owner, name: nameOf(owner, directory) },
    passwordSince: credentials.since,
    needsNewPassword: credentials.realm !== telephones.realm,
    registered: registrations.length > 0,
    registrations,
  }
}

/** Null when the directory does not have them (any more). */
function nameOf({ kind, id }: DeviceOwner, directory: Directory): string | null {
  return (kind === 'clinician' ? directory.clinicians : directory.organisations).get(id)?.name ?? null
}

function noDevice(user: string): ApiError {
  return new ApiError('deviceNotFound', `There is no device "${user}". GET /api/devices lists them.`)
}

/** What the ledger refuses is told as what it is. */
async function kept<T>(change: Promise<T>): Promise<T> {
  try {
    return await change
  } catch (error) {
    throw new ApiError('storeUnavailable', `It could not be written down, and was not done: ${error instanceof Error ? error.message : String(error)}`)
  }
}
