import { createHmac } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from '../accounts/identity.js'
import { NotLetIn } from '../web/gate.js'
import { ownCall, type OwnView } from '../web/own-calls.js'
import type { AdminSettings, BrowserPhoneSettings } from './admin-settings.js'
import { ApiError } from './api-error.js'
import { EventStreams } from './event-stream.js'
import { openStream, roomForStream } from './open-stream.js'
import { checkOrigin, SipSockets, routeUpgrades, tooManyOfSession, upgradeOf } from './sip-socket.js'
import { defaultWebLimits } from './web-limits.js'

/** How long a TURN password is valid: longer than any session. */
const turnSeconds = 14 * 60 * 60

type SignedIn = Extract<Identity, { readonly kind: 'person' }>

/**
 * Calling from the browser: the page asks for the telephone of its session, connects with the switch through us, and follows its own calls. All of it ends with the session.
 * docs/browser-calling.md
 */
export function browserPhoneRoutes(
  app: FastifyInstance,
  { telephones, talks, sip, iceServers, turnSecret }: BrowserPhoneSettings,
  {
    accounts,
    live,
    directory,
    publicUrl,
    limits,
    now = Date.now,
  }: Pick<AdminSettings, 'accounts' | 'live' | 'directory' | 'publicUrl' | 'limits' | 'now'>,
): void {
  const most = { ...defaultWebLimits, ...limits }
  const sockets = new SipSockets(sip, ({ user }, why) =>
    app.log.warn({ what: 'browser', user }, `a message of a browser was not passed on: ${why}`),
  )
  /** The telephones here, by session. */
  const signedIn = new Map<string, SignedIn>()
  const streams = new EventStreams<OwnView>((view) => ({
    event: 'calls',
    data: { now: now(), calls: live.calls().flatMap((call) => ownCall(call, view, directory()) ?? []) },
  }))
  const unfollow = live.subscribe((change) => {
    if (change.kind === 'over') return streams.send('over', { now: now(), callId: change.callId, ending: change.ending }, () => true)
    for (const view of streams.views()) {
      const call = ownCall(change.call, view, directory())
      if (call) streams.send('call', { now: now(), call }, (one) => one === view)
      // It has been offered to another browser meanwhile.
      else if (change.call.attempts.some(({ clinician }) => clinician === view.clinician))
        streams.send('over', { now: now(), callId: change.call.callId, ending: null }, (one) => one === view)
    }
  })

  /** Whether the session is still valid. Being on a call counts as use, however long the page is not touched. */
  async function look(identity: SignedIn): Promise<void> {
    const { id } = identity.session
    const user = telephones.browserOf(id)
    if (
      user !== undefined &&
      live.calls().some((call) => ownCall(call, { user, clinician: identity.person.clinician ?? '' }, directory()) !== undefined)
    )
      await accounts.stillUsed(identity)
    const nowIs = await accounts.look(identity)
    if (nowIs.kind === 'person' && nowIs.person.clinician === identity.person.clinician) return
    signedIn.delete(id)
    const device = telephones.endBrowser(id)
    sockets.endSession(id)
    const { clinician } = identity.person
    if (device !== undefined)
      talks.browserSignedOut({ device, clinician: clinician !== undefined && telephones.hasBrowser(clinician) ? undefined : clinician })
  }
  const still = setInterval(() => {
    for (const identity of signedIn.values()) look(identity).catch(() => undefined)
  }, most.streamAskedMs)
  still.unref()
  // Signing out takes effect at once.
  app.addHook('onResponse', (request, _reply, done) => {
    const identity =
      request.method === 'POST' && request.routeOptions.url === '/sign-out' && request.identity.kind === 'person'
        ? signedIn.get(request.identity.session.id)
        : undefined
    if (identity) look(identity).catch(() => undefined)
    done()
  })
  app.addHook('preClose', () => {
    clearInterval(still)
    unfollow()
    streams.close()
    sockets.close()
  })
  routeUpgrades(app)

  app.post('/api/browser-phone', { config: { needs: 'browserCalls' }, schema: { hide: true } }, async (request, reply) => {
    const { session, person, clinician } = whoCalls(request)
    signedIn.set(session.id, person)
    const { device, password } = telephones.makeBrowser({ session: session.id, clinician, endsAt: session.expiresAt })
    return reply
      .header('cache-control', 'no-store')
      .send({ user: device.user, password, realm: telephones.realm, iceServers: iceServersFor(device.user) })
  })

  // The page is being left, and may be loaded again in a moment.
  app.post('/api/browser-phone/away', { config: { needs: 'browserCalls' }, schema: { hide: true } }, async (request, reply) => {
    talks.browserAway(telephones.browserOf(whoCalls(request).session.id) ?? '')
    return reply.status(204).send()
  })

  app.delete('/api/browser-phone/away', { config: { needs: 'browserCalls' }, schema: { hide: true } }, async (request, reply) => {
    talks.browserLeft(telephones.browserOf(whoCalls(request).session.id) ?? '')
    return reply.status(204).send()
  })

  app.get(
    '/api/browser-phone/calls',
    { config: { needs: 'browserCalls' }, exposeHeadRoute: false, schema: { hide: true } },
    (request, reply) => {
      const { session, clinician } = whoCalls(request)
      const source = roomForStream(streams, most, request.ip)
      // A page follows its calls from the start, and asks for its telephone a moment later.
      const view: OwnView = {
        clinician,
        get user() {
          return telephones.browserOf(session.id) ?? ''
        },
      }
      streams.add(openStream(reply), source, view)
    },
  )

  app.get('/sip', { config: { needs: 'browserCalls' }, exposeHeadRoute: false, schema: { hide: true } }, (request, reply) => {
    const { session } = whoCalls(request)
    const upgrade = upgradeOf(request)
    if (upgrade === undefined) return inWords(reply.status(426).header('upgrade', 'websocket'), 'This is for SIP over WebSocket.')
    checkOrigin(request, publicUrl)
    const user = telephones.browserOf(session.id)
    if (user === undefined) return inWords(reply.status(409), 'This session has no telephone here: the page asks for it first.')
    if (tooManyOfSession(sockets, session.id))
      throw new ApiError('tooManyStreams', 'This session has several connections open already; close other tabs.')
    reply.hijack()
    upgrade.take()
    sockets.accept(request.raw, upgrade.socket, upgrade.head, { session: session.id, user }, talks.switchOfTalk(user))
    return reply
  })

  function iceServersFor(user: string): readonly object[] {
    const [turn, stun] = [iceServers.filter((uri) => uri.startsWith('turn')), iceServers.filter((uri) => uri.startsWith('stun'))]
    return [
      ...(stun.length === 0 ? [] : [{ urls: stun }]),
      ...(turn.length === 0 || turnSecret === undefined ? [] : [{ urls: turn, ...turnPassword(user, turnSecret, now()) }]),
    ]
  }
}

/** Not in the API document: only our own page uses it. */
function inWords(reply: FastifyReply, words: string): FastifyReply {
  return reply.type('text/plain; charset=utf-8').send(`${words}\n`)
}

/** Credentials for TURN servers that share a secret with us (coturn: `use-auth-secret`): a name with the end of its time, and a keyed hash of it. */
function turnPassword(user: string, secret: string, now: number): { readonly username: string; readonly credential: string } {
  const username = `${Math.floor(now / 1_000) + turnSeconds}:${user}`
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') }
}

/** The clinician who has signed in. @throws NotLetIn a program: it has no session */
function whoCalls({ identity }: FastifyRequest): {
  readonly person: SignedIn
  readonly session: SignedIn['session']
  readonly clinician: string
} {
  const clinician = identity.kind === 'person' ? identity.person.clinician : undefined
  if (identity.kind !== 'person' || clinician === undefined) throw new NotLetIn('notAllowed')
  return { person: identity, session: identity.session, clinician }
}
