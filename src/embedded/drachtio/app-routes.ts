import type { AppConnection } from './app-connection.js'

/** Methods that an application may ask for, and the call records. */
const VERBS = new Set([
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'REGISTER',
  'INFO',
  'PRACK',
  'UPDATE',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'PUBLISH',
  'CDR:ATTEMPT',
  'CDR:START',
  'CDR:STOP',
])

/** Which application gets which new request: those that asked for the method take turns. */
export class AppRoutes {
  readonly #byVerb = new Map<string, { readonly apps: AppConnection[]; next: number }>()

  /** @returns false when there is no such method */
  add(app: AppConnection, verb: string): boolean {
    const name = verb.toUpperCase()
    if (!VERBS.has(name)) return false
    const route = this.#byVerb.get(name) ?? { apps: [], next: 0 }
    if (!route.apps.includes(app)) route.apps.push(app)
    this.#byVerb.set(name, route)
    return true
  }

  /** @returns false when the application had not asked for it */
  remove(app: AppConnection, verb: string): boolean {
    const route = this.#byVerb.get(verb.toUpperCase())
    const at = route?.apps.indexOf(app) ?? -1
    if (at < 0) return false
    route?.apps.splice(at, 1)
    return true
  }

  removeAll(app: AppConnection): void {
    for (const verb of this.#byVerb.keys()) this.remove(app, verb)
  }

  /** The next application in turn. */
  choose(verb: string): AppConnection | undefined {
    const route = this.#byVerb.get(verb.toUpperCase())
    if (!route || route.apps.length === 0) return undefined
    if (route.next >= route.apps.length) route.next = 0
    return route.apps[route.next++]
  }
}
