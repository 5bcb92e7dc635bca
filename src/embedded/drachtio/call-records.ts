import type { SipMessage } from '../protocols/sip/message.js'
import { printText } from '../protocols/sip/print.js'
import { timeOfDay } from './app-message.js'
import type { AppRoutes } from './app-routes.js'

export type CallRecord =
  | { readonly kind: 'attempt'; readonly source: 'network' | 'application' }
  | { readonly kind: 'start'; readonly source: 'network' | 'application'; readonly role: 'uac' | 'uas' }
  | {
      readonly kind: 'stop'
      readonly source: 'network' | 'application'
      readonly reason:
        | 'call-rejected'
        | 'call-canceled'
        | 'normal-release'
        | 'session-expired'
        | 'system-initiated-termination'
        | 'system-error-initiated-termination'
    }

/** Call records (`cdr:attempt`, `cdr:start`, `cdr:stop`) for the applications that asked for them by `route`. */
export class CallRecords {
  readonly #routes: AppRoutes

  constructor(routes: AppRoutes) {
    this.#routes = routes
  }

  post(record: CallRecord, message: SipMessage): void {
    const app = this.#routes.choose(`cdr:${record.kind}`)
    if (!app) return
    const detail = record.kind === 'start' ? `|${record.role}` : record.kind === 'stop' ? `|${record.reason}` : ''
    app.send(`cdr:${record.kind}|${record.source}|${timeOfDay()}${detail}\r\n${printText(message)}`)
  }
}
