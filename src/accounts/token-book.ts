import type { Audit } from '../audit/audit.js'
import type { Db } from '../store/statements.js'
import type { By } from './by.js'
import type { Token } from './identity.js'
import { permissionNames, type Permission } from './roles.js'
import { newSecret, same } from './secrets.js'
import { allTokens, endToken, isGood, isScreenSecret, makeToken, openPublic, openToken, tokenById, type NewToken } from './tokens.js'

export interface TokenBookSettings {
  readonly tables: { readonly reading: Db; readonly writing: Db }
  readonly audit: Audit
  /** Wall-clock ms. */
  readonly now: () => number
}

/** Tokens of programs, of screens on a wall, and of public links. */
export class TokenBook {
  readonly #own = new Map<string, Token>()

  constructor(private readonly settings: TokenBookSettings) {}

  get #reading(): Db {
    return this.settings.tables.reading
  }

  /** An internal token for a process that the engine starts: in memory, and gone with the engine. */
  own(name: string, permissions: readonly Permission[] = permissionNames): string {
    const secret = newSecret()
    this.#own.set(secret, {
      id: name,
      kind: 'api',
      name,
      permissions,
      scope: { kind: 'everywhere' },
      madeBy: 'system',
      createdAt: this.settings.now(),
    })
    return secret
  }

  /** The internal token with this secret; undefined: none. */
  ownOf(bearer: string): Token | undefined {
    for (const [secret, token] of this.#own) if (same(secret, bearer)) return token
    return undefined
  }

  /** The token with this secret; undefined: no valid one. Its first use is in the audit. @param address the client's */
  async open(secret: string, address: string): Promise<Token | undefined> {
    const opened = await openToken(this.settings.tables, secret, this.settings.now())
    if (opened?.first)
      await this.settings.audit.tell({
        actor: opened.token.id,
        address,
        action: 'token.firstUsed',
        subjectKind: 'token',
        subject: opened.token.id,
      })
    return opened?.token
  }

  /** The current state of a token found before; undefined: it is over. Asking does not count as use. */
  async look(token: Token): Promise<Token | undefined> {
    return [...this.#own.values()].includes(token) ? token : tokenById(this.#reading, token.id, this.settings.now())
  }

  /** @returns it with its secret, shown only here */
  async make(by: By, token: Omit<NewToken, 'by'>): Promise<{ readonly secret: string; readonly token: Token }> {
    const made = await makeToken(this.settings.tables.writing, { ...token, by: by.actor }, this.settings.now())
    await this.settings.audit.tell({
      ...by,
      action: 'token.made',
      subjectKind: 'token',
      subject: made.token.id,
      data: {
        kind: token.kind,
        permissions: token.permissions,
        scope: token.scope,
        ...(token.also === undefined ? {} : { also: token.also }),
      },
    })
    return made
  }

  /** For a screen on a wall: it shows the wallboard of its scope and nothing else. @returns with its secret, which is shown this once */
  makeScreen(
    by: By,
    screen: Pick<NewToken, 'name' | 'scope' | 'also'> & { readonly expiresAt: number },
  ): Promise<{ readonly secret: string; readonly token: Token }> {
    return this.make(by, { kind: 'kiosk', permissions: ['wallboard'], ...screen })
  }

  /** Whether this is the secret of a valid screen. Asking does not count as use. */
  isScreen(secret: string): Promise<boolean> {
    return isScreenSecret(this.#reading, secret, this.settings.now())
  }

  /** The valid ones, the latest first. */
  async all(): Promise<readonly Token[]> {
    const now = this.settings.now()
    return (await allTokens(this.#reading)).filter((token) => isGood(token, now))
  }

  /** @returns false: there is none, or it has ended before */
  async end(by: By, id: string): Promise<boolean> {
    const ended = await endToken(this.settings.tables.writing, id, this.settings.now())
    if (ended) await this.settings.audit.tell({ ...by, action: 'token.ended', subjectKind: 'token', subject: id })
    return ended
  }

  // Public links

  /** The public link to the Service Directory of an organisation: it shows that and nothing else. It replaces the previous one. @returns its secret, which is shown this once */
  async makePublicLink(by: By, organisation: string): Promise<string> {
    await this.endPublicLink(by, organisation)
    const { secret } = await this.make(by, {
      kind: 'public',
      name: 'Service Directory',
      permissions: [],
      scope: { kind: 'organisation', id: organisation },
    })
    return secret
  }

  /** The valid one; undefined: there is none. */
  async publicLink(organisation: string): Promise<Token | undefined> {
    return (await this.all()).find(({ kind, scope }) => kind === 'public' && scope.kind === 'organisation' && scope.id === organisation)
  }

  /** @returns false: there is none */
  async endPublicLink(by: By, organisation: string): Promise<boolean> {
    const link = await this.publicLink(organisation)
    return link !== undefined && this.end(by, link.id)
  }

  /** @returns the organisation of the Service Directory that this secret opens; undefined: none */
  async openPublicLink(secret: string): Promise<string | undefined> {
    const token = await openPublic(this.#reading, secret, this.settings.now())
    return token?.scope.kind === 'organisation' ? token.scope.id : undefined
  }
}
