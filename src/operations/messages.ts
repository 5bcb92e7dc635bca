import type { Accounts } from '../accounts/accounts.js'
import type { By } from '../accounts/by.js'
import type { KeptMessage, MessageState } from '../outbox/message.js'
import type { Outbox } from '../outbox/outbox.js'
import { asked, done, refused, type Result } from './result.js'

export interface MessageParts {
  readonly outbox: Pick<Outbox, 'page' | 'find' | 'stop' | 'again' | 'put'>
  readonly accounts: Pick<Accounts, 'audit' | 'person'>
  readonly mailing: 'sent' | 'shown' | 'none'
}

type NotDone = 'messageNotFound' | 'messageGone' | 'storeUnavailable'

/** Automatic messages: the state of each, to stop or resend. */
export function messageOperations({ outbox, accounts, mailing }: MessageParts) {
  const { audit } = accounts
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

    /** Sends a test message. @param person the recipient */
    async test(by: By, person: string): Promise<Result<undefined, 'personNotFound' | 'notMailable' | 'storeUnavailable'>> {
      const found = await asked(accounts.person(person))
      if (found.kind === 'refused') return found
      if (!found.value) return refused('personNotFound', `There is no person ${person}.`)
      if (mailing === 'none') return refused('notMailable', 'No mail server is set here; no email can be sent.')
      if (found.value.email === undefined) return refused('notMailable', `${found.value.name} has no email address here.`)
      const put = await asked(
        audit
          .tell({ ...by, action: 'message.tested', subjectKind: 'person', subject: person })
          .then(() => outbox.put(person, { kind: 'test' })),
      )
      return put.kind === 'refused' ? put : done(undefined)
    },
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
