import type { FastifyInstance } from 'fastify'
import { messageOf } from '../common/errors.js'
import { ApiError } from './api-error.js'

/** Property names that would reach into the program instead of holding data. */
const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Bodies are JSON only. An empty one is null, whatever its content type: tools send `content-type: application/json` with every
 * POST, and some of our routes need no body.
 */
export function jsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? null : parsed(String(text)))
    } catch (error) {
      done(error as ApiError)
    }
  })
}

/** @throws ApiError badRequest */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text, (name, value: unknown) => {
      if (forbidden.has(name)) throw new ApiError('badRequest', `The body has a field "${name}"; no field may have this name.`, 'body')
      return value
    })
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError('badRequest', `The body is not JSON: ${messageOf(error)}.`, 'body')
  }
}
