import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Directory } from '../directory/model.js'
import { deviceView, madeDeviceView } from '../operations/device-view.js'
import type { DeviceOperations, NewDevice } from '../operations/devices.js'
import type { MadeDevice } from '../registrar/kept-devices.js'
import type { Telephones } from '../registrar/telephones.js'
import { actorOf, answerOf } from './answers.js'
import { madeDeviceAnswer, deviceBody, deviceParams, devicesAnswer, devicesQuery } from './device-schemas.js'
import { refusalsOfBody, refusalsOfChanging, refusalsOfReading } from './refusals.js'

export interface DeviceRoutesOptions {
  readonly telephones: Pick<Telephones, 'devices' | 'realm' | 'at' | 'make' | 'renew' | 'remove'>
  readonly directory: () => Directory
  /** Where telephones register, `host:port`. Undefined: at a drachtio-server, whose address is not known here. */
  readonly registerAt?: string | undefined
}

/** SIP telephones that may register: made, listed, given a new password, removed. A password is shown once, when it is made. */
export function deviceRoutes(app: FastifyInstance, operations: DeviceOperations, options: DeviceRoutesOptions): void {
  const { telephones, directory } = options

  app.post<{ Body: NewDevice }>(
    '/api/devices',
    {
      config: { needs: 'devices' },
      schema: {
        operationId: 'makeDevice',
        summary: 'Make credentials for a SIP telephone',
        description:
          'For a clinician or an organisation of the directory. The answer has the settings for the telephone. The password is in this answer and nowhere else.',
        tags: ['devices'],
        body: deviceBody,
        response: { 201: madeDeviceAnswer, ...refusalsOfBody('ownerNotFound', 'deviceExists', 'storeUnavailable') },
      },
    },
    async (request, reply) => answerOnce(reply.status(201), answerOf(await operations.make(actorOf(request), request.body)), options),
  )

  app.get<{ Querystring: { readonly limit: number; readonly cursor?: string } }>(
    '/api/devices',
    {
      config: { needs: 'devices' },
      schema: {
        operationId: 'listDevices',
        summary: 'The SIP telephones, and which of them are registered now',
        description:
          'Each with its owner, and where it is registered: since when, until when, from which address. Without passwords. `nextCursor` leads to the next page.',
        tags: ['devices'],
        querystring: devicesQuery,
        response: { 200: devicesAnswer, ...refusalsOfReading('badRequest') },
      },
    },
    ({ query: { limit, cursor } }) => {
      const known = directory()
      const found = telephones.devices.page(limit + 1, cursor)
      const devices = found.slice(0, limit)
      return {
        realm: telephones.realm,
        devices: devices.map((device) => deviceView(device, known, telephones)),
        nextCursor: found.length > limit ? (devices.at(-1)?.user ?? null) : null,
      }
    },
  )

  app.post<{ Params: { user: string } }>(
    '/api/devices/:user/password',
    {
      config: { needs: 'devices' },
      schema: {
        operationId: 'renewDevicePassword',
        summary: 'Make a new password for a SIP telephone',
        description:
          'Shown this once. The old one opens nothing any more, and a telephone that registered with it is no longer registered. A lock after wrong passwords ends.',
        tags: ['devices'],
        params: deviceParams,
        response: { 200: madeDeviceAnswer, ...refusalsOfChanging('badRequest', 'deviceNotFound', 'storeUnavailable') },
      },
    },
    async (request, reply) =>
      answerOnce(reply.status(200), answerOf(await operations.renew(actorOf(request), request.params.user)), options),
  )

  app.delete<{ Params: { user: string } }>(
    '/api/devices/:user',
    {
      config: { needs: 'devices' },
      schema: {
        operationId: 'removeDevice',
        summary: 'Remove a SIP telephone',
        description: 'It neither rings nor calls any more. A call that it is on goes on.',
        tags: ['devices'],
        params: deviceParams,
        response: {
          204: { type: 'null', description: 'It is gone' },
          ...refusalsOfChanging('badRequest', 'deviceNotFound', 'storeUnavailable'),
        },
      },
    },
    async (request, reply) => {
      answerOf(await operations.remove(actorOf(request), request.params.user))
      return reply.status(204).send()
    },
  )
}

/** With the password, which must not be cached. */
function answerOnce(reply: FastifyReply, made: MadeDevice, { registerAt, directory }: DeviceRoutesOptions): FastifyReply {
  return reply.header('cache-control', 'no-store').send(madeDeviceView(made, directory(), registerAt))
}
