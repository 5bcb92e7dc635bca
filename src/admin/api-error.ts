import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { NotLetIn } from '../web/gate.js'
import { apiErrors, type ApiErrorCode } from './api-errors.js'
import type { Problem } from '../operations/result.js'
import { problemsOf } from './wrong-input.js'

export type { ApiErrorCode } from './api-errors.js'

/** A refusal: thrown by a handler, sent as it is. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number

  /** @param field the parameter or field at fault, if it is one: `dueAt`, `owner.id` */
  constructor(
    readonly code: ApiErrorCode,
    message: string,
    readonly field?: string,
    readonly problems?: readonly Problem[],
  ) {
    super(message)
    this.status = apiErrors[code].status
  }
}

export interface ErrorBody {
  readonly error: {
    readonly code: ApiErrorCode
    readonly message: string
    /** The field in question; the first one where there are several. */
    readonly field?: string
    /** Each wrong field, where there are several. */
    readonly problems?: readonly Problem[]
  }
}

/** Turns any error into the one shape. Internal details are logged, not sent. */
export function sendError(error: FastifyError | ApiError | NotLetIn, request: FastifyRequest, reply: FastifyReply): void {
  if (error instanceof NotLetIn) return notLetIn(error, request, reply)
  const refused =
    error instanceof ApiError
      ? { status: error.status, body: body(error.code, error.message, error.field, error.problems) }
      : refusal(error, request)
  if (refused) return void reply.status(refused.status).send(refused.body)
  request.log.error(error)
  void reply.status(500).send(body('internal', apiErrors.internal.example))
}

function notLetIn({ why }: NotLetIn, request: FastifyRequest, reply: FastifyReply): void {
  const { needs = 'nobody', page } = request.routeOptions.config
  if (why === 'notSignedIn' && page) return void reply.redirect('/sign-in', 303)
  if (why === 'notSignedIn') void reply.header('www-authenticate', 'Bearer realm="ringround"')
  const words = {
    notSignedIn: apiErrors.notSignedIn.example,
    notAllowed: `None of your roles lets you do this (it needs: ${needs}).`,
    crossSite: 'Only pages of this service may change anything here by cookie; programs send a token.',
    secondFactorNeeded: apiErrors.secondFactorNeeded.example,
  }
  void reply.status(apiErrors[why].status).send(body(why, words[why]))
}

export function body(code: ApiErrorCode, message: string, field?: string, problems?: readonly Problem[]): ErrorBody {
  return { error: { code, message, ...(field === undefined ? {} : { field }), ...(problems === undefined ? {} : { problems }) } }
}

/** What the HTTP server itself refuses, in our words. Undefined: a fault of ours. */
function refusal(error: FastifyError, request: FastifyRequest): { readonly status: number; readonly body: ErrorBody } | undefined {
  if (error.validation) return { status: 400, body: wrongInput(problemsOf(error.validation, error.validationContext)) }
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': {
      const type = request.headers['content-type'] ?? ''
      return {
        status: 415,
        body: body(
          'unsupportedMediaType',
          `content-type is "${type.slice(0, 80)}"; it has to be application/json (curl: -H 'content-type: application/json').`,
          'content-type',
        ),
      }
    }
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, body: body('bodyTooLarge', `The body is too large: at most ${request.routeOptions.bodyLimit} bytes are read.`) }
    case 'FST_ERR_BAD_URL':
      return {
        status: 400,
        body: body(
          'badRequest',
          'The address is not well formed: a % in it is followed by two hexadecimal digits (a per cent sign itself is %25).',
        ),
      }
  }
  if (error.statusCode === undefined || error.statusCode >= 500) return undefined
  return { status: error.statusCode, body: body('badRequest', `The request cannot be read: ${error.message}.`) }
}

function wrongInput(problems: readonly Problem[]): ErrorBody {
  const { error } = body('badRequest', problems.map(({ message }) => message).join(' '), problems[0]?.field)
  return { error: problems.length > 1 ? { ...error, problems } : error }
}
