import { createHash } from 'node:crypto'
import { messageOf } from '../../common/errors.js'
import type { Directory } from '../../directory/model.js'
import type { Delivery } from '../mail.js'
import type { Carrier } from '../sender.js'
import { isOfPushService } from './address.js'
import type { PushBook, PushSubscription } from './book.js'
import type { KeyPair } from './key-pair.js'
import { noticeOf, type Sent } from './words.js'

const withinMs = 10_000

export interface PushSettings {
  readonly book: Pick<PushBook, 'find' | 'end'>
  /** The contact for push services: `mailto:` or `https:`. */
  readonly contact: string
  readonly services: readonly string[]
  /** Rejects while the keys are unavailable. */
  readonly keyPair: () => Promise<KeyPair>
  readonly directory: () => Directory
  readonly now: () => number
}

/** By Web Push: encrypted for one browser (RFC 8291), and handed to its push service (RFC 8030). */
export function byPush(settings: PushSettings): Carrier {
  const { book, directory, now, services } = settings
  return {
    carrying: 'push',
    alarm: 'push.notSent',
    async deliver({ message }) {
      if (message.kind !== 'push') throw new Error(`a message ${message.kind} does not go to browsers`)
      const place = await book.find(message.subscription)
      if (!place)
        return {
          kind: 'refused',
          why: 'this browser no longer gets notices: it has signed out, its session has ended, or they were switched off',
        }
      if (!isOfPushService(place.endpoint, services))
        return { kind: 'refused', why: 'the push service of this browser is none of push.services' }
      const sent = noticeOf(message.about, directory())
      if (now() >= sent.until) return { kind: 'refused', why: 'it is out of date' }
      return post(place, sent)
    },
    close: () => undefined,
  }

  async function post(place: PushSubscription, { notice, until, urgency }: Sent): Promise<Delivery> {
    try {
      const { default: webPush } = await import('web-push')
      const { endpoint, method, headers, body } = webPush.generateRequestDetails(
        { endpoint: place.endpoint, keys: { p256dh: place.p256dh, auth: place.auth } },
        JSON.stringify(notice),
        {
          vapidDetails: { subject: settings.contact, ...(await settings.keyPair()) },
          TTL: Math.max(1, Math.floor((until - now()) / 1_000)),
          urgency,
          topic: topicOf(notice.tag),
          contentEncoding: 'aes128gcm',
        },
      )
      const answer = await fetch(endpoint, {
        method,
        headers: headers as Record<string, string>,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(withinMs),
      })
      await answer.body?.cancel()
      if (answer.status >= 200 && answer.status < 300) return { kind: 'sent' }
      const why = `${new URL(endpoint).host} answers ${answer.status}`
      if (answer.status === 404 || answer.status === 410) {
        await book.end(place.id)
        return { kind: 'refused', why: `${why}: this browser no longer accepts notices` }
      }
      return { kind: answer.status === 400 || answer.status === 413 ? 'refused' : 'failed', why }
    } catch (error) {
      return { kind: 'failed', why: `${new URL(place.endpoint).host}: ${reasonOf(error)}` }
    }
  }
}

/** A push service replaces an undelivered message with the same topic (RFC 8030, section 5.4: at most 32 characters of base64url). */
function topicOf(tag: string): string {
  return createHash('sha256').update(tag).digest('base64url').slice(0, 32)
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return messageOf(cause)
}
