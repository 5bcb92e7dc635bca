import { Secret, TOTP } from 'otpauth'
import { expect, onTestFinished, test } from 'vitest'
import { Accounts } from '../../src/accounts/accounts.js'
import { system } from '../../src/accounts/by.js'
import { recoveryCodeCount } from '../../src/accounts/recovery-codes.js'
import { defaultSessionLimits } from '../../src/accounts/sessions.js'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import type { Told } from '../../src/audit/audit.js'
import { sealedSecrets } from '../../src/keys/sealed-secrets.js'
import { openStore } from '../../src/store/store.js'
import type { Ground } from './store-contract.js'

const minute = 60_000
const password = 'kestrel marble harbour'
const email = 'mary.lowe@example.nhs.uk'
const from = { address: '192.0.2.7', userAgent: 'a browser', network: '192.0.2.0/24' }
const by = { actor: 'mary', address: from.address }

/** Mary Lowe, with a password, on a store of her own and a clock that is moved by hand. */
async function opened(ground: Ground) {
  const place = await ground.fresh()
  const store = await openStore({ ...place.settings, alarms: new AlarmBoard() })
  onTestFinished(() => store.close())
  let now = Date.UTC(2026, 2, 2, 9)
  let keys: Buffer | undefined = Buffer.alloc(32, 7)
  const told: Told[] = []
  const accounts = new Accounts({
    tables: store.tables,
    audit: { tell: (one) => (told.push(one), Promise.resolve()) },
    sealer: sealedSecrets(() => (keys ? Promise.resolve(keys) : Promise.reject(new Error('the keys are not available')))),
    now: () => now,
  })
  const mary = await accounts.addPerson(system, { name: 'Mary Lowe', email })
  await accounts.signIns.setPassword(system, mary.id, password, '')
  const signIn = (secret = password, network = from.network) =>
    accounts.signIns.byPassword({ email, password: secret }, { ...from, network })
  return {
    ...{ store, accounts, mary, told, signIn },
    pass: (ms: number) => void (now += ms),
    loseKeys: () => void (keys = undefined),
    actions: () => told.map(({ action }) => action),
    /** Signs in by password, and says where that led. */
    step: async () => {
      const signedIn = await signIn()
      if (signedIn.kind !== 'second') throw new Error(`signing in led to ${signedIn.kind}`)
      return signedIn.step
    },
    session: async () => {
      const signedIn = await signIn()
      if (signedIn.kind !== 'in') throw new Error(`signing in led to ${signedIn.kind}`)
      return signedIn
    },
    /** Sets up a code generator. @returns what shows its codes, and the recovery codes */
    generator: async () => {
      const { step, typed } = await accounts.factors.beginGenerator(mary)
      const app = new TOTP({ secret: Secret.fromBase32(typed.replaceAll(' ', '')) })
      const added = await accounts.factors.finishGenerator(by, mary.id, step, app.generate({ timestamp: now }))
      if (added.kind !== 'added') throw new Error(`setting up led to ${added.kind}`)
      now += 2 * minute
      return { code: () => app.generate({ timestamp: now }), codes: added.codes ?? [] }
    },
  }
}

export function accountsContract(ground: Ground): void {
  test('a password signs in; another, and that of nobody, do not, and none says which it was', async () => {
    const { accounts, signIn, mary, actions } = await opened(ground)
    const { secret, session } = (await signIn()) as Extract<Awaited<ReturnType<typeof signIn>>, { kind: 'in' }>
    expect(session).toMatchObject({ person: mary.id, method: 'password' })
    expect(await accounts.identify({ cookie: secret })).toMatchObject({ kind: 'person', confirmed: false })
    expect(await signIn('another one')).toEqual({ kind: 'wrong' })
    expect(await accounts.signIns.byPassword({ email: 'nobody@example.nhs.uk', password }, from)).toEqual({ kind: 'wrong' })
    expect(actions().filter((action) => action.startsWith('signIn'))).toEqual(['signIn', 'signIn.refused', 'signIn.refused'])
  })

  test('a hundred wrong passwords at once are not more guesses than one after the other; a colleague elsewhere signs in all the same', async () => {
    const { signIn, pass } = await opened(ground)
    const answers = await Promise.all(Array.from({ length: 60 }, () => signIn('wrong')))
    expect(answers.filter(({ kind }) => kind === 'wrong')).toHaveLength(6)
    expect(answers.filter(({ kind }) => kind === 'slow')).toHaveLength(54)
    expect(await signIn()).toMatchObject({ kind: 'slow' })
    expect(await signIn(password, '198.51.100.0/24')).toMatchObject({ kind: 'in' })
    pass(10_000)
    expect(await signIn()).toMatchObject({ kind: 'in' })
    // The account begins again.
    expect(await signIn('wrong')).toEqual({ kind: 'wrong' })
  })

  test('a link signs in once, whichever request is first', async () => {
    const { accounts, mary, pass } = await opened(ground)
    const secret = await accounts.makeLink(system, mary.id, 'signIn')
    const answers = await Promise.all([1, 2, 3].map(() => accounts.signIns.byLink(secret, from)))
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['in', 'wrong', 'wrong'])
    const old = await accounts.makeLink(system, mary.id, 'signIn')
    pass(60 * minute)
    expect(await accounts.signIns.byLink(old, from)).toEqual({ kind: 'wrong' })
  })

  test('a session ends when it is not used, when its time is over, by hand, and with its person', async () => {
    const { accounts, mary, session, pass } = await opened(ground)
    const is = async (cookie: string) => (await accounts.identify({ cookie })).kind
    const idle = await session()
    pass(defaultSessionLimits.idleMs + 2 * minute)
    expect(await is(idle.secret)).toBe('nobody')
    const used = await session()
    for (let quarter = 0; quarter < 51; quarter++) {
      pass(15 * minute)
      expect(await is(used.secret)).toBe('person')
    }
    pass(15 * minute)
    expect(await is(used.secret)).toBe('nobody')
    const [one, other] = [await session(), await session()]
    expect(one.secret).not.toBe(other.secret)
    expect(await accounts.endSession(by, mary.id, one.session.id)).toBe(true)
    expect([await is(one.secret), await is(other.secret)]).toEqual(['nobody', 'person'])
    expect(await accounts.endSession(by, 'another-person', other.session.id)).toBe(false)
    await accounts.disable(system, mary.id)
    expect(await is(other.secret)).toBe('nobody')
    await accounts.tidy()
  })

  test('with a code generator the password leads on to a code, which is good once', async () => {
    const { accounts, generator, step, pass, actions } = await opened(ground)
    const { code, codes } = await generator()
    expect(codes).toHaveLength(recoveryCodeCount)
    const first = await step()
    expect(await accounts.signIns.byCode(first, '000000', from)).toEqual({ kind: 'wrong' })
    const good = code()
    const signedIn = await accounts.signIns.byCode(first, ` ${good.slice(0, 3)} ${good.slice(3)}`, from)
    expect(signedIn).toMatchObject({ kind: 'in', session: { method: 'password' } })
    if (signedIn.kind !== 'in') return
    expect(await accounts.identify({ cookie: signedIn.secret })).toMatchObject({ confirmed: true })
    // Neither the code nor the step is good twice.
    expect(await accounts.signIns.byCode(await step(), good, from)).toEqual({ kind: 'wrong' })
    pass(minute)
    expect(await accounts.signIns.byCode(first, code(), from)).toEqual({ kind: 'over' })
    expect(actions()).toEqual(expect.arrayContaining(['factor.added', 'recovery.made', 'secondFactor.refused']))
  })

  test('of two who show the same code at the same moment one is let in', async () => {
    const { accounts, generator, step } = await opened(ground)
    const { code } = await generator()
    const steps = [await step(), await step(), await step()]
    const answers = await Promise.all(steps.map((one) => accounts.signIns.byCode(one, code(), from)))
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['in', 'wrong', 'wrong'])
  })

  test('codes cannot be gone through: after ten each takes longer, from wherever they come, and the right one has to wait as well', async () => {
    const { accounts, generator, step, pass } = await opened(ground)
    const { code } = await generator()
    const one = await step()
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, guess) =>
        accounts.signIns.byCode(one, String(guess).padStart(6, '0'), { ...from, address: `192.0.2.${guess}` }),
      ),
    )
    expect(answers.filter(({ kind }) => kind === 'wrong')).toHaveLength(11)
    expect(await accounts.signIns.byCode(one, code(), from)).toMatchObject({ kind: 'slow', waitMs: 10_000 })
    pass(10_000)
    expect(await accounts.signIns.byCode(one, code(), from)).toMatchObject({ kind: 'in' })
  })

  test('each recovery code signs in once, however it is written; new ones end the old', async () => {
    const { accounts, mary, generator, step } = await opened(ground)
    const { codes } = await generator()
    const [one = '', other = ''] = codes
    const answers = await Promise.all(
      [await step(), await step()].map((at) => accounts.signIns.byCode(at, one.toUpperCase().replaceAll('-', ' '), from)),
    )
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['in', 'wrong'])
    expect(await accounts.factors.recoveryCodesLeft(mary.id)).toBe(recoveryCodeCount - 1)
    const [fresh = ''] = await accounts.factors.newRecoveryCodes(by, mary.id)
    expect(await accounts.signIns.byCode(await step(), other, from)).toEqual({ kind: 'wrong' })
    expect(await accounts.signIns.byCode(await step(), fresh, from)).toMatchObject({ kind: 'in' })
  })

  test('a link asks for the second factor as well: an address that was sent somewhere is not one', async () => {
    const { accounts, mary, generator } = await opened(ground)
    const { code } = await generator()
    const led = await accounts.signIns.byLink(await accounts.makeLink(system, mary.id, 'signIn'), from)
    expect(led.kind).toBe('second')
    if (led.kind === 'second')
      expect(await accounts.signIns.byCode(led.step, code(), from)).toMatchObject({ kind: 'in', session: { method: 'link' } })
  })

  test('a second step waits ten minutes, and not for a person who was stopped meanwhile', async () => {
    const { accounts, mary, generator, step, pass } = await opened(ground)
    const { code } = await generator()
    const late = await step()
    pass(10 * minute)
    expect(await accounts.signIns.byCode(late, code(), from)).toEqual({ kind: 'over' })
    const stopped = await step()
    await accounts.disable(system, mary.id)
    expect(await accounts.signIns.byCode(stopped, code(), from)).toEqual({ kind: 'over' })
  })

  test('while the keys are not available no code is right, and a recovery code is', async () => {
    const { accounts, generator, step, loseKeys } = await opened(ground)
    const { code, codes } = await generator()
    const at = await step()
    loseKeys()
    expect(await accounts.signIns.byCode(at, code(), from)).toEqual({ kind: 'unavailable' })
    expect(await accounts.signIns.byCode(at, codes[0] ?? '', from)).toMatchObject({ kind: 'in' })
  })

  test('the secret of a generator, a password and a recovery code are not in the store as they are', async () => {
    const { accounts, store, mary } = await opened(ground)
    const { step, typed } = await accounts.factors.beginGenerator(mary)
    const secret = Secret.fromBase32(typed.replaceAll(' ', ''))
    const added = await accounts.factors.finishGenerator(by, mary.id, step, new TOTP({ secret }).generate({ timestamp: accounts.now() }))
    const codes = added.kind === 'added' ? (added.codes ?? []) : []
    expect(codes).toHaveLength(recoveryCodeCount)
    const rows = JSON.stringify([
      await store.tables.reading.selectFrom('credentials').selectAll().execute(),
      await store.tables.reading.selectFrom('sign_in_steps').selectAll().execute(),
    ])
    for (const kept of [
      secret.base32,
      secret.hex,
      Buffer.from(secret.bytes).toString('base64'),
      password,
      ...codes,
      ...codes.map((code) => code.replaceAll('-', '')),
    ])
      expect(rows).not.toContain(kept)
  })

  test('a new generator belongs to the person who began it, and its first code has to be right', async () => {
    const { accounts, mary } = await opened(ground)
    const other = await accounts.addPerson(system, { name: 'Sam Field' })
    const { step, typed } = await accounts.factors.beginGenerator(mary)
    const right = new TOTP({ secret: Secret.fromBase32(typed.replaceAll(' ', '')) }).generate({ timestamp: accounts.now() })
    expect(await accounts.factors.finishGenerator(by, other.id, step, right)).toEqual({ kind: 'over' })
    expect(await accounts.factors.finishGenerator(by, mary.id, step, '123')).toEqual({ kind: 'wrong' })
    expect(await accounts.factors.has(mary.id)).toBe(false)
    expect(await accounts.factors.generatorAgain(mary, step)).toMatchObject({ typed })
    expect(await accounts.factors.finishGenerator(by, mary.id, step, right)).toMatchObject({ kind: 'added' })
    expect(await accounts.factors.finishGenerator(by, mary.id, step, right)).toEqual({ kind: 'over' })
  })

  test('once removed, it is no longer asked for; with the last one the recovery codes go', async () => {
    const { accounts, mary, generator, signIn } = await opened(ground)
    await generator()
    const [factor] = await accounts.factors.list(mary.id)
    expect(await accounts.factors.remove(by, 'another-person', factor?.id ?? '')).toBe(false)
    expect(await accounts.factors.remove(by, mary.id, `password:${mary.id}`)).toBe(false)
    expect(await accounts.factors.remove(by, mary.id, factor?.id ?? '')).toBe(true)
    expect(await accounts.factors.recoveryCodesLeft(mary.id)).toBe(0)
    expect(await signIn()).toMatchObject({ kind: 'in' })
  })

  test('what was given by approval opens nothing until the second factor is shown, and for a quarter of an hour', async () => {
    const { accounts, mary, generator, step, pass } = await opened(ground)
    await accounts.grant(system, {
      person: mary.id,
      role: 'pidApproved',
      scope: { kind: 'everywhere' },
      reason: 'Complaint 17',
      until: accounts.now() + 24 * 60 * minute,
    })
    const before = await accounts.signIns.byPassword({ email, password }, from)
    if (before.kind !== 'in') throw new Error(before.kind)
    expect(await accounts.identify({ cookie: before.secret })).toMatchObject({
      confirmed: false,
      grants: [],
      asleep: [{ role: 'pidApproved' }],
    })
    const { code, codes } = await generator()
    const signedIn = await accounts.signIns.byCode(await step(), code(), from)
    if (signedIn.kind !== 'in') throw new Error(signedIn.kind)
    const is = () => accounts.identify({ cookie: signedIn.secret })
    expect(await is()).toMatchObject({ confirmed: true, grants: [{ role: 'pidApproved' }], asleep: [] })
    pass(15 * minute)
    expect(await is()).toMatchObject({ confirmed: false, grants: [], asleep: [{ role: 'pidApproved' }] })
    expect(await accounts.signIns.confirmByCode(by, signedIn, '000000')).toEqual({ kind: 'wrong' })
    expect(await is()).toMatchObject({ confirmed: false })
    expect(await accounts.signIns.confirmByCode(by, signedIn, codes[0] ?? '')).toEqual({ kind: 'right' })
    expect(await is()).toMatchObject({ confirmed: true, grants: [{ role: 'pidApproved' }] })
    expect(await accounts.approvals()).toMatchObject([{ person: mary.id, reason: 'Complaint 17' }])
    pass(24 * 60 * minute)
    expect(await accounts.approvals()).toEqual([])
  })

  test('a token opens what it was made for, until it is ended or its time is over', async () => {
    const { accounts, pass } = await opened(ground)
    const { secret, token } = await accounts.tokenBook.make(system, {
      kind: 'api',
      name: 'prometheus',
      permissions: ['metrics'],
      scope: { kind: 'everywhere' },
      expiresAt: accounts.now() + minute,
    })
    expect(await accounts.identify({ bearer: secret })).toMatchObject({ kind: 'token', token: { permissions: ['metrics'] } })
    expect(await accounts.identify({ cookie: secret })).toEqual({ kind: 'nobody' })
    expect(await accounts.identify({ bearer: `${secret}x` })).toEqual({ kind: 'nobody' })
    pass(minute)
    expect(await accounts.identify({ bearer: secret })).toEqual({ kind: 'nobody' })
    expect(await accounts.tokenBook.all()).toEqual([])
    expect(await accounts.tokenBook.end(system, token.id)).toBe(true)
    expect(await accounts.tokenBook.end(system, token.id)).toBe(false)
  })
}
