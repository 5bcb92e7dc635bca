import { meets } from '../../accounts/identity.js'
import type { Permission } from '../../accounts/roles.js'
import type { AboutKind } from '../../outbox/message.js'
import { readPushPlace } from '../../outbox/push/address.js'
import type { PushBook } from '../../outbox/push/book.js'
import { goTo, view, type Asked, type FieldError, type Site } from '../site.js'
import { signed } from './account.js'

export interface NoticeParts {
  readonly push: {
    readonly book: PushBook
    /** Push services that are posted to. */
    readonly services: readonly string[]
    /** Rejects while the keys are unavailable. */
    readonly publicKey: () => Promise<string>
  }
}

const kinds: Readonly<Record<AboutKind, { readonly text: string; readonly needs: Permission }>> = {
  onSoon: { text: 'You are on a line in 15 minutes', needs: 'pocket' },
  callBackDue: { text: 'A call-back of yours is due', needs: 'pocket' },
  outcomeOpen: { text: 'A call of yours still has no outcome, 10 minutes after it ended', needs: 'pocket' },
  alarm: { text: 'A critical or major alarm is raised', needs: 'alarms' },
}

const whyNot = {
  notAPushService: 'The push service of this browser is not one that Ringround sends to. Ask your service administrator',
  badKeys: 'Something went wrong. Close the browser, open it again and try once more',
} as const

/** A person's notices to their browser while its page is closed: docs/pocket.md. */
export function noticePages(site: Site, { push: { book, services, publicKey } }: NoticeParts): void {
  site.get('/account/notices', 'signedIn', (asked) => page(asked))

  site.post('/account/notices', 'signedIn', async (asked) => {
    const wanted = asked.all('kind')
    for (const kind of mayHave(asked)) await book.wish(signed(asked).person.id, kind, wanted.includes(kind))
    return goTo('/account/notices', 'wishesKept')
  })

  // The subscription of this browser: a script asks for it when the button is pressed.
  site.post('/account/notices/on', 'signedIn', async (asked) => {
    const { person, session } = signed(asked)
    const read = readPushPlace(asked.form, services)
    if (read.kind === 'refused') return page(asked, [{ field: '', message: whyNot[read.code] }])
    await book.keep(person.id, session.id, read.place)
    return goTo('/account/notices', 'noticesOn')
  })

  site.post('/account/notices/off', 'signedIn', async (asked) => {
    await book.endOf(signed(asked).session.id)
    return goTo('/account/notices', 'noticesOff')
  })

  async function page(asked: Asked, errors: readonly FieldError[] = []) {
    const { person, session } = signed(asked)
    const wishes = await book.wishes(person.id)
    // Without the keys there are no notices; the rest of the page works.
    const key = await publicKey().catch(() => undefined)
    return view(
      'notices.njk',
      'Notices',
      {
        isOn: await book.has(session.id),
        until: session.expiresAt,
        key,
        kinds: mayHave(asked).map((kind) => ({ value: kind, text: kinds[kind].text, checked: wishes.has(kind) })),
      },
      { errors, scripts: ['notices.js'] },
    )
  }
}

function mayHave({ identity }: Asked): readonly AboutKind[] {
  return (Object.keys(kinds) as readonly AboutKind[]).filter((kind) => meets(identity, kinds[kind].needs))
}
