import { browserUserPrefix } from '../directory/device-user.js'
import type { ClinicianId } from '../directory/model.js'
import type { Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'

/** A browser that is a telephone: its user, and whose it is. */
export interface BrowserOf {
  readonly device: string
  readonly clinician: ClinicianId | undefined
}

/** What becomes of somebody who talks by a browser. `away`: its page is being left. `left`: they do not come back. `back`: they have, on another leg. */
export type Change =
  { readonly kind: 'away' | 'left'; readonly leg: Leg } | { readonly kind: 'back'; readonly leg: Leg; readonly fresh: Leg }

/** A talk, as far as somebody in it may be away and come back. */
export interface OpenTalk {
  /** The next change; one at a time. */
  next(): Promise<Change>
  /** Whoever comes back now comes too late. */
  close(): void
}

interface Door {
  readonly call: CallContext
  readonly legs: () => readonly Leg[]
  tell: (change: Change) => void
}

/** The talks of this engine to which a browser may come back: a page that is loaded again has lost its voice, and not its call. */
export class Returns {
  readonly #doors = new Set<Door>()

  /** @param legs those who talk now */
  open(call: CallContext, legs: () => readonly Leg[]): OpenTalk {
    const waiting: Change[] = []
    let wake: ((change: Change) => void) | undefined
    const door: Door = {
      call,
      legs,
      tell: (change) => {
        if (wake) wake(change)
        else waiting.push(change)
        wake = undefined
      },
    }
    this.#doors.add(door)
    return {
      next: () => {
        const first = waiting.shift()
        return first ? Promise.resolve(first) : new Promise((resolve) => (wake = resolve))
      },
      close: () => {
        this.#doors.delete(door)
        for (const change of waiting.splice(0)) if (change.kind === 'back') void change.fresh.close()
      },
    }
  }

  /** Whether there is a talk to which this browser may come back. */
  has(browser: BrowserOf): boolean {
    return this.#find(browser) !== undefined
  }

  /** @returns false: it talks with nobody */
  tell(browser: BrowserOf, kind: 'away' | 'left'): boolean {
    const found = this.#find(browser)
    found?.door.tell({ kind, leg: found.leg })
    return found !== undefined
  }

  /** @returns false: it is too late, and the leg is still the caller's of this method */
  back(browser: BrowserOf, fresh: Leg): boolean {
    const found = this.#find(browser)
    found?.door.tell({ kind: 'back', leg: found.leg, fresh })
    return found !== undefined
  }

  #find({ device, clinician }: BrowserOf): { readonly door: Door; readonly leg: Leg } | undefined {
    if (!device.startsWith(browserUserPrefix)) return undefined
    for (const door of this.#doors) {
      const { call } = door
      const leg = door
        .legs()
        .find(
          (one) =>
            (call.device === device && call.scope.partyOf(one) === 'caller') ||
            (clinician !== undefined && call.scope.targetOf(one) === `browser:${clinician}`),
        )
      if (leg) return { door, leg }
    }
    return undefined
  }
}
