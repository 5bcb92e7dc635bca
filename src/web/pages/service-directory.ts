import type { Accounts } from '../../accounts/accounts.js'
import { meets, reachOf, type Identity } from '../../accounts/identity.js'
import { serviceDirectory, type ServiceDirectory, type ServiceDirectoryParts } from '../../operations/service-directory.js'
import { notFound } from '../arranging.js'
import { goTo, missing, view, type Answer, type Asked, type Site } from '../site.js'
import { telephoneCode } from '../telephone-code.js'

export interface ServiceDirectoryPageParts extends ServiceDirectoryParts {
  readonly accounts: Pick<Accounts, 'tokenBook'>
  /** The pages' base URL in links, without a trailing slash. */
  readonly urlOf: (asked: Asked) => string
}

const maxShown = 50
/** One sheet, when it is printed. */
const paper = { bodyClass: 'rr-paper' }

/** What an organisation can ring: on screen, on one sheet of paper, and by a link that works without sign-in. */
export function serviceDirectoryPages(site: Site, { accounts, directory, store, now, urlOf }: ServiceDirectoryPageParts): void {
  site.menu({ href: '/service-directory', text: 'Service Directory', needs: 'services' })

  site.get('/service-directory', 'services', ({ identity, query }) => {
    const theirs = organisationsOf(identity)
    const [only, second] = theirs
    if (only !== undefined && second === undefined) return goTo(`/service-directory/${only}`)
    const search = (query['search'] ?? '').trim().slice(0, 100)
    const known = directory().organisations
    const found = theirs
      .map((id) => ({ id, name: known.get(id)?.name ?? id }))
      .filter(({ id, name }) => `${name} ${id}`.toLowerCase().includes(search.toLowerCase()))
      .sort((a, b) => a.name.localeCompare(b.name, 'en-GB'))
    return view('service-directories.njk', 'Service Directory', {
      organisations: found.slice(0, maxShown),
      more: Math.max(0, found.length - maxShown),
      search,
      searched: theirs.length > maxShown,
    })
  })

  site.get('/service-directory/:organisation', 'services', (asked) => about(asked, (id) => shown(asked, id)))

  // Anybody with the link can open it, so only an administrator makes one.
  site.post('/service-directory/:organisation/link', 'directory', async (asked) => {
    const id = asked.params['organisation'] ?? ''
    if (!directory().organisations.has(id)) return missing
    return shown(asked, id, `${urlOf(asked)}/services/${await accounts.tokenBook.makePublicLink(asked.by, id)}`)
  })

  site.post('/service-directory/:organisation/link/end', 'directory', async (asked) => {
    const id = asked.params['organisation'] ?? ''
    return (await accounts.tokenBook.endPublicLink(asked.by, id))
      ? goTo(`/service-directory/${encodeURIComponent(id)}`, 'publicLinkEnded')
      : missing
  })

  site.get('/services/:secret', 'anyone', async (asked) => {
    const organisation = await accounts.tokenBook.openPublicLink(asked.params['secret'] ?? '')
    if (organisation === undefined) return missing
    const found = await serviceDirectory({ directory, store, now }, organisation)
    if (found.kind === 'refused') return notFound(found)
    return found.value
      ? view('service-directory.njk', 'Service Directory', { public: true, services: await withCodes(found.value) }, paper)
      : missing
  })

  async function about({ identity, params }: Asked, work: (organisation: string) => Promise<Answer>): Promise<Answer> {
    const id = params['organisation'] ?? ''
    return organisationsOf(identity).includes(id) ? work(id) : missing
  }

  /** @param link of a new one: shown only once */
  async function shown(asked: Asked, id: string, link?: string): Promise<Answer> {
    const found = await serviceDirectory({ directory, store, now }, id)
    if (found.kind === 'refused') return notFound(found)
    if (!found.value) return missing
    const mayLink = meets(asked.identity, 'directory')
    return view(
      'service-directory.njk',
      'Service Directory',
      {
        services: await withCodes(found.value),
        several: organisationsOf(asked.identity).length > 1,
        mayLink,
        ...(mayLink ? { linkSince: (await accounts.tokenBook.publicLink(id))?.createdAt } : {}),
        link,
      },
      paper,
    )
  }

  /** Organisations that they may act for, and those that run lines they may act for. */
  function organisationsOf(identity: Identity): readonly string[] {
    const { everywhere, organisations, lines } = reachOf(identity, 'services')
    const known = directory()
    if (everywhere) return [...known.organisations.keys()]
    return [...new Set([...organisations, ...[...lines].flatMap((line) => known.lines.get(line)?.trust ?? [])])].filter((id) =>
      known.organisations.has(id),
    )
  }
}

/** With a QR code, for mobiles, of each number that can be dialled from elsewhere. */
async function withCodes({ lines, ...rest }: ServiceDirectory) {
  const coded = lines.map(async ({ direct, ...line }) => ({
    ...line,
    direct: await Promise.all(direct.map(async (number) => ({ number, code: await telephoneCode(number) }))),
  }))
  return { ...rest, lines: await Promise.all(coded) }
}
