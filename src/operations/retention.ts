import { readNumber } from '../directory/telephone-number.js'
import type { Actor } from '../facts/actor.js'
import type { Hold, HoldScope } from '../retention/holds.js'
import type { Certificate } from '../retention/certificate.js'
import type { Retention } from '../retention/retention.js'
import { ruleInWords } from '../retention/rules.js'
import { asked, bad, done, refused, type Result } from './result.js'

export interface RetentionParts {
  readonly retention: Retention
  readonly newId: () => string
}

export interface NewHold {
  /** `kind`: `call`, `organisation` or `number`. */
  readonly scope: { readonly kind: string; readonly value: string }
  readonly reason: string
}

/** What is past its retention time, by rule. Long lists name only the first. */
export interface DueByRule {
  readonly rule: string
  /** How many recordings, records of calls, arrangements or entries of the audit would go. */
  readonly count: number
  readonly bytes: number
  readonly held: number
}

const maxReason = 500

/** What can be done about retention. */
export function retentionOperations({ retention, newId }: RetentionParts) {
  const refreshed = () => asked(retention.holds.refresh())
  return {
    /** A dry run: nothing is deleted. */
    async due(): Promise<Result<readonly DueByRule[], 'storeUnavailable'>> {
      return asked(
        (async () => {
          const rules = new Map<string, DueByRule>()
          for await (const { rule, bytes, heldBy } of retention.due()) {
            const words = ruleInWords(rule)
            const sum = rules.get(words) ?? { rule: words, count: 0, bytes: 0, held: 0 }
            rules.set(words, heldBy ? { ...sum, held: sum.held + 1 } : { ...sum, count: sum.count + 1, bytes: sum.bytes + bytes })
          }
          for (const due of [retention.dueRecords(), retention.dueArrangements()])
            for await (const { rule, heldBy } of due) {
              const words = ruleInWords(rule)
              const sum = rules.get(words) ?? { rule: words, count: 0, bytes: 0, held: 0 }
              rules.set(words, heldBy ? { ...sum, held: sum.held + 1 } : { ...sum, count: sum.count + 1 })
            }
          const audit = await retention.dueAudit()
          if (audit)
            rules.set(ruleInWords(audit.rule), {
              rule: ruleInWords(audit.rule),
              count: audit.entries,
              bytes: 0,
              held: audit.heldBy ? 1 : 0,
            })
          return [...rules.values()]
        })(),
      )
    },

    async holds(): Promise<Result<readonly Hold[], 'storeUnavailable'>> {
      const read = await refreshed()
      return read.kind === 'refused' ? read : done(retention.holds.all())
    },

    /** From now on nothing that it covers is deleted. */
    async hold(actor: Actor, { scope, reason }: NewHold): Promise<Result<Hold, 'badInput' | 'storeUnavailable'>> {
      const read = readScope(scope)
      if (read.kind === 'refused') return read
      if (reason.trim() === '' || reason.length > maxReason)
        return bad(`reason: a legal hold needs a reason of 1 to ${maxReason} characters`, 'reason')
      const placed = await asked(retention.holds.place(newId(), read.value, reason.trim(), actor), notDone)
      if (placed.kind === 'refused') return placed
      return placed.value ? done(placed.value) : refused('storeUnavailable', notDone)
    },

    /** From the next run on it protects nothing. */
    async release(
      actor: Actor,
      id: string,
      reason: string,
    ): Promise<Result<Hold, 'badInput' | 'holdNotFound' | 'holdReleased' | 'storeUnavailable'>> {
      const read = await refreshed()
      if (read.kind === 'refused') return read
      if (reason.trim() === '' || reason.length > maxReason)
        return bad(`reason: to release a hold needs a reason of 1 to ${maxReason} characters`, 'reason')
      const hold = retention.holds.get(id)
      if (hold === undefined) return refused('holdNotFound', `There is no legal hold ${id}.`)
      if (hold.released) return refused('holdReleased', `The legal hold ${id} was released already.`)
      const released = await asked(retention.holds.release(id, reason.trim(), actor), notDone)
      if (released.kind === 'refused') return released
      return released.value ? done(released.value) : refused('storeUnavailable', notDone)
    },

    /** @param limit the latest ones */
    async certificates(limit: number): Promise<Result<readonly Certificate[], 'storeUnavailable'>> {
      return asked(
        (async () => {
          const found: Certificate[] = []
          for await (const one of retention.certificates()) {
            found.push(one)
            if (found.length > limit) found.shift()
          }
          return found.reverse()
        })(),
      )
    },

    async certificate(id: string): Promise<Result<Certificate, 'badInput' | 'storeUnavailable'>> {
      const found = await asked(retention.certificate(id))
      if (found.kind === 'refused') return found
      return found.value ? done(found.value) : bad(`There is no certificate ${id}.`, 'id')
    },
  }
}

export type RetentionOperations = ReturnType<typeof retentionOperations>

const notDone = 'It could not be written down, and was not done'

function readScope({ kind, value }: NewHold['scope']): Result<HoldScope, 'badInput'> {
  if (kind === 'number') {
    const number = readNumber(value)
    return number.ok ? done({ kind, value: number.number }) : bad(`scope.value: ${number.expected} is wanted`, 'scope.value')
  }
  if (kind !== 'call' && kind !== 'organisation') return bad('scope.kind: call, organisation or number is wanted', 'scope.kind')
  return value.trim() === '' ? bad('scope.value: the id is wanted', 'scope.value') : done({ kind, value: value.trim() })
}
