import type { By } from '../accounts/by.js'
import type { Audit } from '../audit/audit.js'
import type { KeptMessage, MessageState } from '../outbox/message.js'
import type { Outbox } from '../outbox/outbox.js'
import { asked, done, refused, type Result } from './result.js'

export interface MessageParts {
  readonly outbox: Pick<Outbox, 'page' | 'find' | 'stop' | 'again' | 'put'>
  readonly audit: Audit
}

type NotDone = 'messageNotFound' | 'messageGone' | 'storeUnavailable'

/** Messages that go out by themselves: what became of each, stopped or sent again. */
export function messageOperations({ outbox, audit }: MessageParts) {
  return {
    /** The latest first. @param after the last of the page before */
    list: (
      limit: number,
      state?: MessageState,
      after?: { readonly createdAt: number; readonly id: string },
    ): Promise<Result<readonly KeptMessage[], 'storeUnavailable'>> => asked(outbox.page(limit, state, after)),

    stop: (by: By, id: string) => change(by, id, 'message.stopped', () => outbox.stop(id)),

    /** At once. */
    again: (by: By, id: string) => change(by, id, 'message.sentAgain', () => outbox.again(id)),
  }

  async function change(
    by: By,
    id: string,
    action: 'message.stopped' | 'message.sentAgain',
    work: () => Promise<boolean>,
  ): Promise<Result<undefined, NotDone>> {
    const found = await asked(outbox.find(id))
    if (found.kind === 'refused') return found
    if (!found.value) return refused('messageNotFound', `There is no message ${id}.`)
    const worked = await asked(audit.tell({ ...by, action, subjectKind: 'message', subject: id }).then(work))
    if (worked.kind === 'refused') return worked
    return worked.value ? done(undefined) : refused('messageGone', 'The message was sent already, or is being sent at this moment.')
  }
}

export type MessageOperations = ReturnType<typeof messageOperations>
