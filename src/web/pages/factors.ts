import type { Accounts } from '../../accounts/accounts.js'
import { placeOf } from '../../accounts/place.js'
import type { Added } from '../../accounts/second-factors.js'
import { goTo, missing, view, type Answer, type Asked, type FieldError, type Site } from '../site.js'
import { signed } from './account.js'
import { answerIn, nextOf, whatIsWrongWithCode } from './sign-in.js'

export interface FactorParts {
  readonly accounts: Accounts
  /** The pages' base URL for this request, without a trailing slash. */
  readonly urlOf: (asked: Asked) => string
}

/** One's own second factors: code generators, passkeys, recovery codes; and showing one again before a sensitive step. */
export function factorPages(site: Site, { accounts, urlOf }: FactorParts): void {
  const { factors } = accounts

  /** Open to a person who has yet to set one up. */
  const before = { beforeSecondFactor: true } as const

  // Showing it again

  const confirmForm = async (asked: Asked, errors: readonly FieldError[] = []): Promise<Answer> => {
    const { person } = signed(asked)
    const next = nextOf(asked.query['next'] ?? asked.form['next'])
    const mine = await factors.list(person.id)
    if (mine.length === 0)
      return view('confirm.njk', 'Set up a second factor first', { toSetUp: true, next, passkeys: placeOf(urlOf(asked)) !== undefined })
    return view(
      'confirm.njk',
      'Confirm that it is you',
      { next, passkeys: placeOf(urlOf(asked)) !== undefined && mine.some(({ kind }) => kind === 'passkey') },
      { errors },
    )
  }
  site.get('/account/confirm', 'signedIn', (asked) => confirmForm(asked), before)
  site.post(
    '/account/confirm',
    'signedIn',
    async (asked) => {
      const code = asked.form['code'] ?? ''
      if (code.trim() === '') return confirmForm(asked, [{ field: 'code', message: 'Enter a code' }])
      const checked = await accounts.signIns.confirmByCode(asked.by, signed(asked), code.slice(0, 100))
      return checked.kind === 'right'
        ? goTo(nextOf(asked.form['next']) ?? '/account')
        : confirmForm(asked, [{ field: 'code', message: whatIsWrongWithCode(checked) }])
    },
    before,
  )

  const confirmByPasskey = async (asked: Asked, errors: readonly FieldError[] = []): Promise<Answer> => {
    const place = placeOf(urlOf(asked))
    if (!place) return missing
    const next = nextOf(asked.form['next'])
    return view(
      'passkey.njk',
      'Confirm that it is you',
      {
        ...(await factors.askForPasskey(place, signed(asked).person.id)),
        action: '/account/confirm/passkey/shown',
        next,
        back: `/account/confirm${next === undefined ? '' : `?next=${encodeURIComponent(next)}`}`,
      },
      { errors, scripts: ['passkey.js'] },
    )
  }
  site.post('/account/confirm/passkey', 'signedIn', (asked) => confirmByPasskey(asked), before)
  site.post(
    '/account/confirm/passkey/shown',
    'signedIn',
    async (asked) => {
      const place = placeOf(urlOf(asked))
      if (!place) return missing
      const right = await accounts.signIns.confirmByPasskey(asked.by, signed(asked), place, asked.form['step'] ?? '', answerIn(asked))
      return right
        ? goTo(nextOf(asked.form['next']) ?? '/account')
        : confirmByPasskey(asked, [{ field: 'show', message: 'This is not one of your passkeys. Try again, or use a code' }])
    },
    before,
  )

  // Setting up

  /** A person with a second factor shows it before adding or removing one: an unattended session must not be enough. */
  async function sure(asked: Asked, work: () => Promise<Answer>, back = '/account'): Promise<Answer> {
    const { person, confirmed } = signed(asked)
    return confirmed || !(await factors.has(person.id)) ? work() : goTo(`/account/confirm?next=${encodeURIComponent(back)}`)
  }

  site.get(
    '/account/generator',
    'signedIn',
    (asked) =>
      sure(
        asked,
        async () => {
          const { step, uri, typed } = await factors.beginGenerator(signed(asked).person)
          return view('generator.njk', 'Set up an authenticator app', {
            step,
            typed,
            qr: await qrOf(uri),
            needed: signed(asked).needsSecondFactor,
          })
        },
        '/account/generator',
      ),
    before,
  )
  site.post(
    '/account/generator',
    'signedIn',
    (asked) =>
      sure(
        asked,
        async () => {
          const { person } = signed(asked)
          const { step = '', code = '' } = asked.form
          const again = await factors.generatorAgain(person, step)
          if (!again) return goTo('/account/generator', 'tookTooLong')
          const added: Added =
            code.trim() === '' ? { kind: 'wrong' } : await factors.finishGenerator(asked.by, person.id, step, code.slice(0, 100))
          if (added.kind === 'over') return goTo('/account/generator', 'tookTooLong')
          if (added.kind === 'wrong') {
            const message =
              code.trim() === ''
                ? 'Enter the code shown in the app'
                : 'The code is wrong. Enter the one shown now; if it is still wrong, check that your phone sets its clock automatically'
            return view(
              'generator.njk',
              'Set up an authenticator app',
              { ...again, qr: await qrOf(again.uri), needed: signed(asked).needsSecondFactor },
              { errors: [{ field: 'code', message }] },
            )
          }
          return setUp(asked, added.codes)
        },
        '/account/generator',
      ),
    before,
  )

  /** Setting it up counts as showing it. */
  async function setUp(asked: Asked, codes: readonly string[] | undefined): Promise<Answer> {
    await accounts.signIns.secondFactorShown(asked.by, signed(asked).session)
    return codes ? recovery(codes) : goTo('/account', 'factorAdded')
  }

  const newPasskey = async (asked: Asked, errors: readonly FieldError[] = []): Promise<Answer> => {
    const place = placeOf(urlOf(asked))
    if (!place) return view('no-passkeys.njk', 'No passkeys here', {}, { status: 404 })
    return view(
      'new-passkey.njk',
      'Add a passkey',
      { ...(await factors.beginPasskey(place, signed(asked).person)), label: asked.form['label'] ?? '' },
      { errors, scripts: ['passkey.js'] },
    )
  }
  site.get('/account/passkeys/new', 'signedIn', (asked) => sure(asked, () => newPasskey(asked), '/account/passkeys/new'), before)
  site.post(
    '/account/passkeys/new',
    'signedIn',
    (asked) =>
      sure(
        asked,
        async () => {
          const place = placeOf(urlOf(asked))
          if (!place) return missing
          const label = (asked.form['label'] ?? '').trim()
          if (label === '' || label.length > 50)
            return newPasskey(asked, [{ field: 'label', message: 'Enter a name for it, up to 50 characters, such as Work laptop' }])
          const added = await factors.finishPasskey(asked.by, place, {
            person: signed(asked).person.id,
            step: asked.form['step'] ?? '',
            answer: answerIn(asked),
            label,
          })
          if (added.kind !== 'added')
            return newPasskey(asked, [{ field: 'show', message: 'The browser did not give a passkey that can be used here. Try again' }])
          return setUp(asked, added.codes)
        },
        '/account/passkeys/new',
      ),
    before,
  )

  site.post('/account/factors/:id/remove', 'signedIn', (asked) =>
    sure(asked, async () => {
      const { person, grants, asleep } = signed(asked)
      const mine = await factors.list(person.id)
      const id = asked.params['id'] ?? ''
      if (mine.length === 1 && mine[0]?.id === id && accounts.needsSecondFactor([...grants, ...asleep]))
        return goTo('/account', 'factorNeeded')
      return (await factors.remove(asked.by, person.id, id)) ? goTo('/account', 'factorRemoved') : missing
    }),
  )

  const recovery = (codes: readonly string[]) => view('recovery-codes.njk', 'Your recovery codes', { codes })
  site.post('/account/recovery', 'signedIn', (asked) =>
    sure(asked, async () => {
      const { person } = signed(asked)
      return (await factors.has(person.id)) ? recovery(await factors.newRecoveryCodes(asked.by, person.id)) : missing
    }),
  )
}

/** As SVG. */
async function qrOf(text: string): Promise<string> {
  const { encodeQR } = await import('qr')
  return encodeQR(text, 'svg', { border: 2 })
}
