import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { ApiError } from './api-error.js'
import type { EventStreams } from './event-stream.js'
import { sourceOf, type WebLimits } from './web-limits.js'

/**
 * Checks whether this client may open one more stream.
 * @returns the address as counted
 * @throws ApiError when too many are open
 */
export function roomForStream(
  streams: Pick<EventStreams<unknown>, 'size' | 'of'>,
  most: Pick<WebLimits, 'streams' | 'streamsPerAddress'>,
  address: string,
): string {
  const source = sourceOf(address)
  if (streams.size >= most.streams) throw new ApiError('tooManyStreams', `${most.streams} streams are open; close some.`)
  if (streams.of(source) >= most.streamsPerAddress)
    throw new ApiError('tooManyStreamsFromAddress', `${most.streamsPerAddress} streams are open from ${address}; close some.`)
  return source
}

/** Turns an answer into a stream of events, keeping its headers so far. */
export function openStream(reply: FastifyReply): ServerResponse {
  const headers = reply.getHeaders()
  reply.hijack()
  return reply.raw.writeHead(200, {
    ...(headers as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
}
