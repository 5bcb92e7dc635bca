import type { Directory } from '../../directory/model.js'
import { bypassDirectory } from '../../operations/bypass-directory.js'
import { view, type Site } from '../site.js'

const maxShown = 50

/** How specialists reach a practice past its queue. */
export function bypassPages(site: Site, { directory }: { readonly directory: () => Directory }): void {
  site.menu({ href: '/bypass', text: 'Bypass numbers', needs: 'bypass' })

  site.get('/bypass', 'bypass', ({ query }) => {
    const search = (query['search'] ?? '').trim().slice(0, 100)
    return view('bypass.njk', 'Bypass numbers', { search, ...bypassDirectory(directory(), { search, limit: maxShown }) })
  })
}
