import { Readable } from 'node:stream'
import type { Accounts } from '../../accounts/accounts.js'
import { asJsonLines, type Audit } from '../../audit/audit.js'
import type { AuditEntry } from '../../audit/chain.js'
import { readAudit } from '../../audit/reading.js'
import { view, type Asked, type Site } from '../site.js'

const pageSize = 50

/** The audit's events, in words. */
const actions: Readonly<Record<string, string>> = {
  signIn: 'Signed in',
  'signIn.refused': 'Sign-in refused',
  'session.ended': 'Session ended',
  'password.set': 'Password set',
  'person.added': 'Person added',
  'person.disabled': 'Stopped from signing in',
  'person.enabled': 'Allowed to sign in again',
  'role.given': 'Role given',
  'role.ended': 'Role ended',
  'link.made': 'Sign-in link made',
  'factor.added': 'Second factor added',
  'factor.removed': 'Second factor removed',
  'recovery.made': 'Recovery codes made',
  'recovery.used': 'Recovery code used',
  'secondFactor.shown': 'Second factor shown again',
  'secondFactor.refused': 'Code refused',
  'identity.linked': 'Account of a sign-in provider linked',
  'identity.unlinked': 'Account of a sign-in provider unlinked',
  'message.stopped': 'Message stopped',
  'message.sentAgain': 'Message sent again',
  'message.tested': 'Test email sent',
  'token.made': 'Token made',
  'token.ended': 'Token ended',
  'call.reason': 'Reason for a look',
  'token.firstUsed': 'Token used for the first time',
  'call.seen': 'Call looked at',
  'recording.heard': 'Recording heard',
  'arrangement.seen': 'Arranged call looked at',
  'calls.exported': 'Calls exported',
  'calls.searched': 'Calls looked for by a number',
  'return.handedIn': 'Monthly return handed in',
  'audit.read': 'Audit read',
  'audit.exported': 'Audit exported',
}

/** For the privacy officer: who looked at this call, what this person looked at, and all of it as a file. Viewing is itself audited before anything is shown. */
export function auditPages(site: Site, { accounts, audit }: { readonly accounts: Accounts; readonly audit: Audit }): void {
  site.menu({ href: '/audit', text: 'Audit', needs: 'audit' })

  site.get('/audit', 'audit', async (asked) => {
    const call = (asked.query['call'] ?? '').trim()
    const who = (asked.query['who'] ?? '').trim()
    const before = /^\d{1,15}$/.test(asked.query['before'] ?? '') ? Number(asked.query['before']) : undefined
    const found = who === '' ? undefined : ((await accounts.personByEmail(who)) ?? (await accounts.peopleCalled(who))[0])
    const errors =
      who !== '' && !found ? [{ field: 'who', message: 'Nobody has this name or email address. Enter it as shown on the page People' }] : []
    const { entries, next } =
      errors.length > 0
        ? { entries: [], next: undefined }
        : await readAudit(
            { reading: accounts.reading, audit },
            asked.by,
            { call: call === '' ? undefined : call, person: found?.id, cursor: before },
            pageSize,
          )
    return view(
      'audit.njk',
      'Audit',
      {
        call,
        who,
        entries: await inWords(entries),
        ...(next === undefined ? {} : { next: `/audit?${new URLSearchParams({ call, who, before: String(next) }).toString()}` }),
      },
      { errors },
    )
  })

  site.get('/audit/export', 'audit', async ({ by }: Asked) => {
    await audit.tell({ ...by, action: 'audit.exported', subjectKind: 'audit', subject: '' })
    return {
      kind: 'file',
      name: 'ringround-audit.jsonl',
      type: 'application/x-ndjson; charset=utf-8',
      body: Readable.from(asJsonLines(accounts.reading)),
    }
  })

  async function inWords(entries: readonly AuditEntry[]) {
    const people = await accounts.peopleNamed(
      entries.flatMap(({ actor, subjectKind, subject }) => [actor, ...(subjectKind === 'person' ? [subject] : [])]),
    )
    const named = (id: string) => people.get(id)?.name ?? (id === 'system' ? 'The service itself' : id === '' ? 'Unknown' : id)
    return entries.map(({ at, actor, address, action, subjectKind, subject, why }) => ({
      at,
      who: named(actor),
      address,
      what: actions[action] ?? action,
      about: subject === '' ? '' : subjectKind === 'person' ? named(subject) : `${subjectKind} ${subject}`,
      why,
    }))
  }
}
