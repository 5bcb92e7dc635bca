import type { FastifyRequest } from 'fastify'
import { actorOfIdentity } from '../accounts/identity.js'
import type { Actor } from '../facts/actor.js'
import type { RefusalCode, Refused, Result } from '../operations/result.js'
import { ApiError, type ApiErrorCode } from './api-error.js'

/** The requester, as facts and the ledger name them. */
export function actorOf({ identity }: FastifyRequest): Actor {
  return actorOfIdentity(identity)
}

/** The value of an operation. @throws ApiError its refusal */
export function answerOf<T>(result: Result<T, RefusalCode>): T {
  if (result.kind === 'done') return result.value
  throw refusal(result)
}

function refusal({ code, message, field, problems }: Refused): ApiError {
  const hint = hints[code]
  return new ApiError(
    code === 'badInput' ? 'badRequest' : (code satisfies ApiErrorCode),
    hint === undefined ? message : `${message} ${hint}`,
    field,
    problems,
  )
}

/** The API route that helps after a refusal. */
const hints: Readonly<Partial<Record<RefusalCode, string>>> = {
  deviceNotFound: 'GET /api/devices lists them.',
  holdNotFound: 'GET /api/retention/holds lists them.',
  targetNotFound: 'Ids are those of GET /api/watch-list, and change when the engine restarts.',
}
