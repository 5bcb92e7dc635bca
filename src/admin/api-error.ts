import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

/** Every code that the API answers with. One shape for all: `{ error: { code, message } }`. */
export const apiErrorCodes = ['badRequest', 'callNotFound', 'noRecording', 'recordingNotReady', 'recordingFailed', 'recordingMissing', 'rangeNotSatisfiable', 'notFound', 'wrongHost', 'crossSite', 'tooManyStreams', 'arrangementNotFound', 'notOpen', 'notDialable', 'noClinician', 'codesUsedUp', 'noAdviceCall', 'closingDown', 'ownerNotFound', 'deviceNotFound', 'deviceExists', 'targetNotFound', 'notWatched', 'storeUnavailable', 'internal'] as const
export type ApiErrorCode = (typeof apiErrorCodes)[number]

/** A refusal: thrown by a handler, sent as it stands. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly status: number,
    readonly code: ApiErrorCode,
    message: string,
  ) {
    super(message)
  }
}

export interface ErrorBody {
  readonly error: { readonly code: ApiErrorCode; readonly message: string }
}

export const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string', enum: apiErrorCodes }, message: { type: 'string', description: 'What is wrong, for a person' } },
    },
  },
} as const

/** Turns whatever went wrong into the one shape. What is nobody's business outside is logged, not sent. */
export function sendError(error: FastifyError | ApiError, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof ApiError) {
    void reply.status(error.status).send(body(error.code, error.message))
  } else if (error.validation) {
    void reply.status(400).send(body('badRequest', error.message))
  } else if (error.statusCode !== undefined && error.statusCode < 500) {
    void reply.status(error.statusCode).send(body('badRequest', error.message))
  } else {
    request.log.error(error)
    void reply.status(500).send(body('internal', 'Something went wrong here; the log says what.'))
  }
}

export function body(code: ApiErrorCode, message: string): ErrorBody {
  return { error: { code, message } }
}
