import { actorOfIdentity } from '../../accounts/identity.js'
import type { Operations } from '../../operations/operations.js'
import type { TargetView } from '../../operations/watch-list.js'
import { attemptResults } from '../words.js'
import { goTo, missing, view, type Asked, type FieldError, type Site } from '../site.js'
import { notFound } from '../arranging.js'

const pageSize = 50
const longestWhy = 300

/** Failing telephones: the owner, today's state, the evidence, and the way back. */
export function watchListPages(site: Site, { operations: { watchList } }: { readonly operations: Pick<Operations, 'watchList'> }): void {
  site.menu({ href: '/watch-list', text: 'Watch list', needs: 'watchList' })

  site.get('/watch-list', 'watchList', async ({ query }) => {
    const page = await watchList.watched({ limit: pageSize, cursor: query['after'] })
    if (page.kind === 'refused') return notFound(page)
    const { targets, nextCursor } = page.value
    return view('watch-list.njk', 'Watch list', {
      rows: targets.map(inWords),
      total: watchList.size,
      ...(nextCursor === null ? {} : { next: `/watch-list?after=${encodeURIComponent(nextCursor)}` }),
    })
  })

  const one = async (asked: Asked, errors: readonly FieldError[] = []) => {
    const found = await watchList.find(asked.params['id'] ?? '')
    if (found.kind === 'refused') return notFound(found)
    return found.value.watchedSince === null && errors.length === 0
      ? missing
      : view('watched.njk', found.value.label, { one: inWords(found.value), why: asked.form['why'] ?? '' }, { errors })
  }
  site.get('/watch-list/:id', 'watchList', (asked) => one(asked))

  site.post('/watch-list/:id/clear', 'watchList', async (asked) => {
    const why = (asked.form['why'] ?? '').trim()
    if (why === '' || why.length > longestWhy)
      return one(asked, [
        {
          field: 'why',
          message: why === '' ? 'Enter why you are taking it off the list' : `A reason has at most ${longestWhy} characters`,
        },
      ])
    const cleared = await watchList.clear(actorOfIdentity(asked.identity), asked.params['id'] ?? '', why)
    if (cleared.kind === 'done') return goTo('/watch-list', 'telephoneCleared')
    return cleared.code === 'notWatched' ? one(asked, [{ field: '', message: cleared.message }]) : notFound(cleared)
  })
}

function inWords({ standsToday, failures, ...rest }: TargetView) {
  return {
    ...rest,
    places: standsToday.length === 0 ? 'On no rota today' : standsToday.map(({ name }) => name).join(', '),
    failures: failures.map(({ at, result, status, reason }) => ({
      at,
      what: [attemptResults[result], status, reason].filter((part) => part !== undefined && part !== '').join(' '),
    })),
  }
}
