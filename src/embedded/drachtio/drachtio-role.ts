import { connect, createServer, type Server } from 'node:net'
import { hostForUri, type Endpoint } from '../protocols/sip/endpoint.js'
import type { SipRequest } from '../protocols/sip/message.js'
import type { Strangers } from '../protocols/sip/strangers.js'
import { TransactionLayer } from '../protocols/sip/transaction-layer.js'
import type { Transport } from '../protocols/sip/transport.js'
import { Antechamber } from '../admission.js'
import type { Faults } from '../faults.js'
import { sessionExpiresOf } from '../protocols/sip/session-timer.js'
import { parseDecimal } from '../protocols/sip/text.js'
import { closeServer, listen, type BoundAddress } from '../listening.js'
import type { DrachtioSettings } from '../settings.js'
import { AppConnection, type AppServer } from './app-connection.js'
import { AppDialogs, type AppDialog } from './app-dialogs.js'
import type { AppFrame } from './app-message.js'
import { AppRoutes } from './app-routes.js'
import { BrowserContacts } from './browser-contacts.js'
import { CallRecords } from './call-records.js'
import { DialogRequests } from './dialog-requests.js'
import { IncomingRequests, type Dialler } from './incoming-requests.js'
import { OutgoingRequests } from './outgoing-requests.js'
import { SessionTimer } from './session-timer.js'
import { tellUnsolicited, type Surroundings } from './surroundings.js'

/** The version that this server gives. The numbers are those of the server whose behaviour it follows: drachtio-srf reads them. */
export const DRACHTIO_VERSION = 'v0.9.10-ringround'

/** An application that was dialled has this long to authenticate. */
const OUTBOUND_MS = 4000
/** A session refresh that met another offer is tried again after this (RFC 3261 section 14.1: 2.1 to 4 s for who began the dialog). */
const REFRESH_AGAIN_MS = 3000

/**
 * drachtio-server's part: SIP towards the world, driven by applications over its own protocol. Transactions, retransmission, ACK for refusals, CANCEL
 * and PRACK timing are done here; what a call means is the applications' business.
 */
export class DrachtioRole implements AppServer, Surroundings {
  readonly secret: string
  readonly version = DRACHTIO_VERSION
  readonly layer: TransactionLayer
  readonly routes = new AppRoutes()
  readonly dialogs = new AppDialogs()
  readonly records = new CallRecords(this.routes)
  readonly browsers: BrowserContacts
  readonly #settings: DrachtioSettings
  readonly #transport: Transport
  readonly faults: Faults
  readonly #server: Server
  readonly #apps = new Set<AppConnection>()
  readonly #antechamber = new Antechamber()
  readonly #incoming: IncomingRequests
  readonly #outgoing: OutgoingRequests
  readonly #inside: DialogRequests
  readonly #ready = new Map<AppConnection, () => void>()
  readonly #logLine: (line: string) => void
  /** Timers for dialogs that applications have left behind. */
  readonly #deadlines = new Set<NodeJS.Timeout>()

  /**
   * @param transport bound already; the role closes it
   * @param strangers undefined: no source is one
   * @param onBrowser called whenever a browser has been accepted
   */
  constructor(
    settings: DrachtioSettings,
    transport: Transport,
    faults: Faults,
    log: (line: string) => void,
    strangers?: Strangers,
    onBrowser?: () => void,
  ) {
    this.#settings = settings
    this.browsers = new BrowserContacts(onBrowser)
    this.secret = settings.secret
    this.#transport = transport
    this.faults = faults
    this.#logLine = log
    this.layer = new TransactionLayer({
      transport,
      tryingAfterMs: 0,
      ...(strangers === undefined ? {} : { strangers }),
      ...(settings.t1Ms === undefined ? {} : { timers: { t1: settings.t1Ms } }),
    })
    this.#incoming = new IncomingRequests(this, settings.outbound ? this.#dialler(settings.outbound) : undefined)
    this.#outgoing = new OutgoingRequests(this)
    this.#inside = new DialogRequests(this)
    this.layer.user = {
      request: (transaction) => {
        this.#incoming.take(transaction)
      },
      isInDialog: (request) => this.dialogs.ofRequest(request) !== undefined,
    }
    this.#server = createServer({ noDelay: true }, (socket) => {
      if (!this.#antechamber.enter(socket)) return
      const app = new AppConnection(socket, this, faults)
      this.#apps.add(app)
      this.#ready.set(app, () => this.#antechamber.leave(socket))
    })
  }

  /** @throws ListenFailure */
  start(): Promise<BoundAddress> {
    return listen(this.#server, { ...this.#settings.app, what: 'drachtio application port' })
  }

  /** BYE to every dialog, CANCEL to what rings, 503 to what waits; then everything is closed, after `graceMs` at most. */
  async stop(graceMs: number): Promise<void> {
    this.#deadlines.forEach((timer) => clearTimeout(timer))
    this.#incoming.refuseAll()
    this.#outgoing.cancelAll()
    for (const dialog of [...this.dialogs]) this.endDialog(dialog, 'server is stopping')
    this.layer.user = undefined
    const until = performance.now() + graceMs
    while (this.layer.counts.client > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10))
    this.#apps.forEach((app) => app.destroy())
    this.layer.close()
    await closeServer(this.#server)
    await this.#transport.close()
  }

  get keeps(): boolean {
    return this.#settings.keptSeconds !== undefined
  }

  get waitsForApp(): boolean {
    return this.#deadlines.size > 0
  }

  get appCount(): number {
    return this.#apps.size
  }

  get transactions(): number {
    const { client, server, unacknowledged } = this.layer.counts
    return client + server + unacknowledged
  }

  /** Cuts every application's connection (fault). */
  cutApps(): void {
    this.#apps.forEach((app) => app.destroy())
  }

  get hostports(): string {
    return [...this.#transport.listeners]
      .sort((a, b) => a.protocol.localeCompare(b.protocol))
      .map(({ protocol, address, port }) => {
        const { host } = this.#transport.advertised({ protocol, address, port })
        return `${protocol}/${hostForUri(host)}:${port}`
      })
      .join(',')
  }

  get localHostports(): string {
    return [...this.#transport.listeners]
      .sort((a, b) => a.protocol.localeCompare(b.protocol))
      .map(({ protocol, address, port }) => `${protocol}/${hostForUri(address)}:${port}`)
      .join(',')
  }

  route(app: AppConnection, verb: string): boolean {
    const known = this.routes.add(app, verb)
    if (known) this.#incoming.appCame(verb)
    return known
  }

  removeRoute(app: AppConnection, verb: string): boolean {
    return this.routes.remove(app, verb)
  }

  authenticated(app: AppConnection): void {
    const ready = this.#ready.get(app)
    this.#ready.delete(app)
    ready?.()
  }

  sip(app: AppConnection, frame: AppFrame): void {
    const [, transactionId = '', id = '', routeUrl = ''] = frame.fields
    if (frame.startLine.startsWith('SIP/')) {
      if (transactionId === '') app.answer(frame.id, 'NO', 'transaction id missing')
      else this.#incoming.respond(app, frame, transactionId)
    } else if (id !== '') this.#inside.send(app, frame, id)
    else if (transactionId !== '') {
      if (frame.startLine.startsWith('CANCEL ')) this.#outgoing.cancel(app, frame, transactionId)
      else app.answer(frame.id, 'NOK', `unable to send ${frame.startLine.split(' ', 1)[0] ?? ''} within transaction id: ${transactionId}`)
    } else {
      const callId = frame.headers.find(([name]) => name.toLowerCase() === 'call-id')?.[1]
      const dialog = callId === undefined ? undefined : this.dialogs.byCallId(callId)
      if (dialog) this.#inside.send(app, frame, dialog.id)
      else this.#outgoing.send(app, frame, routeUrl)
    }
  }

  closed(app: AppConnection): void {
    this.#apps.delete(app)
    this.#ready.delete(app)
    this.routes.removeAll(app)
    this.#incoming.appGone(app)
    this.#outgoing.appGone(app)
    // No other application can acknowledge what it had not.
    for (const dialog of [...this.dialogs]) if (dialog.app === app && dialog.unacknowledged) this.#inside.giveUp(dialog)
    this.#endWhatNobodyTakes(app)
  }

  /** @param gone the application whose dialogs no other had taken over when their time was up */
  #endWhatNobodyTakes(gone: AppConnection): void {
    const { keptSeconds } = this.#settings
    if (keptSeconds === undefined) return
    const timer = setTimeout(() => {
      this.#deadlines.delete(timer)
      for (const dialog of [...this.dialogs]) if (dialog.app === gone) this.endDialog(dialog, 'its application has gone')
    }, keptSeconds * 1000)
    this.#deadlines.add(timer)
  }

  log(line: string): void {
    this.#logLine(line)
  }

  contactFor(peer: Endpoint): string {
    const { host, port } = this.#transport.advertised(peer)
    return `<sip:${hostForUri(host)}:${port}${peer.protocol === 'udp' ? '' : `;transport=${peer.protocol}`}>`
  }

  isOwn(endpoint: Endpoint): boolean {
    return this.#transport.listeners.some(({ protocol, address, port }) => {
      if (protocol !== endpoint.protocol || port !== endpoint.port) return false
      return address === endpoint.address || this.#transport.advertised(endpoint).host === endpoint.address
    })
  }

  endDialog(dialog: AppDialog, reason: string): void {
    this.dialogs.remove(dialog)
    dialog.offering?.cancel()
    this.#inside.resolve(dialog, (destination) => {
      if (destination === undefined) return
      const bye = dialog.sip.request('BYE')
      bye.headers.add('Reason', `SIP ;cause=200 ;text="${reason}"`)
      const { host, port } = this.#transport.advertised(destination)
      const sent = this.layer.send(bye, destination, { final: () => undefined, failed: () => undefined })
      this.records.post(
        {
          kind: 'stop',
          source: 'application',
          reason: reason === 'Session timer expired' ? 'session-expired' : 'system-initiated-termination',
        },
        bye,
      )
      if (dialog.app.open) tellUnsolicited(dialog.app, sent.request, { protocol: destination.protocol, address: host, port }, dialog.id)
    })
  }

  startSessionTimer(dialog: AppDialog, seconds: number, refresher: 'us' | 'them'): void {
    dialog.timer?.stop()
    dialog.timer = new SessionTimer(seconds, refresher, {
      refresh: () => {
        this.#refresh(dialog, seconds)
      },
      expired: () => {
        this.endDialog(dialog, 'Session timer expired')
      },
    })
  }

  /** Refreshes a session by a re-INVITE with the description that stands. The application does not hear of it. */
  #refresh(dialog: AppDialog, seconds: number): void {
    if (dialog.offering) {
      // An INVITE of the application's is under way. Its answer may restart the timer, but need not: it may be a refusal.
      dialog.timer?.again(REFRESH_AGAIN_MS)
      return
    }
    this.#inside.resolve(dialog, (destination) => {
      if (destination === undefined) {
        this.endDialog(dialog, 'Session timer expired')
        return
      }
      const request: SipRequest = dialog.sip.request('INVITE')
      request.headers
        .add('Contact', dialog.contact)
        .add('Session-Expires', `${seconds};refresher=uac`)
        .add('Min-SE', '90')
        .add('Supported', 'timer')
      if (dialog.localSdp !== undefined) request.setBody('application/sdp', dialog.localSdp)
      const client = this.layer.send(request, destination, {
        final: (response) => {
          dialog.offering = undefined
          const longer = parseDecimal(response.headers.get('Min-SE') ?? '', 86_400)
          if (response.status < 300) {
            dialog.sip.refreshTarget(response)
            client.acknowledge(dialog.sip.ack(request.cseq.sequence), destination)
            const said = sessionExpiresOf(response)
            this.startSessionTimer(dialog, said?.seconds ?? seconds, said?.refresher === 'uas' ? 'them' : 'us')
          } else if (response.status === 422 && longer !== undefined && longer > seconds) this.#refresh(dialog, longer)
          else if (response.status === 491) dialog.timer?.again(REFRESH_AGAIN_MS)
          else this.endDialog(dialog, 'Session timer expired')
        },
        failed: () => {
          dialog.offering = undefined
          this.endDialog(dialog, 'Session timer expired')
        },
      })
      dialog.offering = client
    })
  }

  #dialler(target: { readonly address: string; readonly port: number }): Dialler {
    return (_request, on) => {
      const socket = connect({ host: target.address, port: target.port, noDelay: true })
      let settled = false
      const timer = setTimeout(() => {
        fail()
      }, OUTBOUND_MS)
      const fail = (): void => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        socket.destroy()
        on.failed()
      }
      socket.once('error', fail)
      socket.once('close', fail)
      socket.once('connect', () => {
        const app = new AppConnection(socket, this, this.faults)
        this.#apps.add(app)
        this.#ready.set(app, () => {
          if (settled) return
          settled = true
          clearTimeout(timer)
          on.ready(app)
        })
      })
    }
  }
}
