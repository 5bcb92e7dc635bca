import type { Accounts } from '../../accounts/accounts.js'
import type { About, KeptMessage, MessageKind, MessageState } from '../../outbox/message.js'
import type { MessageOperations } from '../../operations/messages.js'
import type { Outbox } from '../../outbox/outbox.js'
import { goTo, missing, view, type Site } from '../site.js'
import { signed } from './account.js'

export interface OutboxParts {
  readonly accounts: Accounts
  readonly outbox: Outbox
  readonly messages: MessageOperations
  /** Whether they go out. `shown`: this is the demo, and they would have. `none`: no mail server is set. */
  readonly mailing: 'sent' | 'shown' | 'none'
}

const pageSize = 50

const kinds: Readonly<Record<MessageKind, string>> = {
  invitation: 'Invitation',
  signInLink: 'Sign-in link',
  newBrowser: 'New browser',
  alarm: 'Alarm',
  summary: 'Monthly summary',
  test: 'Test',
  push: 'Notice in a browser',
}

const states: Readonly<Record<MessageState, { readonly text: string; readonly colour: string }>> = {
  waiting: { text: 'Waiting', colour: 'yellow' },
  sending: { text: 'Being sent', colour: 'blue' },
  sent: { text: 'Sent', colour: 'green' },
  failed: { text: 'Given up', colour: 'red' },
  stopped: { text: 'Stopped', colour: 'grey' },
  shown: { text: 'Would have been sent', colour: 'grey' },
}

/** Automatic messages: the state of each, with buttons to stop or resend. */
export function outboxPages(site: Site, { accounts, outbox, mailing, messages }: OutboxParts): void {
  site.menu({ href: '/outbox', text: 'Outbox', needs: 'outbox' })

  site.get('/outbox', 'outbox', async ({ query, identity }) => {
    const state = Object.hasOwn(states, query['state'] ?? '') ? (query['state'] as MessageState) : undefined
    const [at = '', id = ''] = (query['after'] ?? '').split(' ')
    const found = await outbox.page(pageSize + 1, state, /^\d{1,15}$/.test(at) ? { createdAt: Number(at), id } : undefined)
    const shown = found.slice(0, pageSize)
    const last = found.length > pageSize ? shown.at(-1) : undefined
    const people = await accounts.peopleNamed(shown.map(({ person }) => person))
    return view('outbox.njk', 'Outbox', {
      mailing,
      state,
      states: Object.entries(states).map(([value, { text }]) => ({ value, text })),
      messages: shown.map((one) => ({ ...inWords(one), who: people.get(one.person)?.name ?? one.person })),
      mayTest: identity.kind === 'person' && identity.person.email !== undefined,
      ...(last
        ? {
            next: `/outbox?${new URLSearchParams({ ...(state === undefined ? {} : { state }), after: `${last.createdAt} ${last.id}` }).toString()}`,
          }
        : {}),
    })
  })

  site.post('/outbox/test', 'outbox', async (asked) => {
    const put = await messages.test(asked.by, signed(asked).person.id)
    return put.kind === 'done' ? goTo('/outbox', 'testPut') : missing
  })

  for (const [path, work, notice] of [
    ['stop', messages.stop, 'messageStopped'],
    ['again', messages.again, 'messageAgain'],
  ] as const) {
    site.post(`/outbox/:id/${path}`, 'outbox', async (asked) => {
      const worked = await work(asked.by, asked.params['id'] ?? '')
      if (worked.kind === 'done') return goTo('/outbox', notice)
      return worked.code === 'messageGone' ? goTo('/outbox', 'messageGone') : missing
    })
  }
}

function about(told: About): string {
  return {
    onSoon: 'on soon',
    outcomeOpen: 'outcome still open',
    callBackDue: 'call-back due',
    alarm: told.kind === 'alarm' ? told.alarm : '',
  }[told.kind]
}

function inWords({ id, message, state, createdAt, dueAt, tries, sentAt, trouble }: KeptMessage) {
  const what =
    message.kind === 'alarm'
      ? message.alarm
      : message.kind === 'summary'
        ? message.month
        : message.kind === 'push'
          ? about(message.about)
          : ''
  return {
    id,
    what: kinds[message.kind],
    about: what,
    state: states[state],
    createdAt,
    dueAt: state === 'waiting' && tries > 0 ? dueAt : undefined,
    tries,
    sentAt,
    trouble,
    mayStop: state === 'waiting' || state === 'failed',
    mayAgain: ['waiting', 'failed', 'stopped'].includes(state),
  }
}
