import type { Accounts } from '../../accounts/accounts.js'
import { reachOf } from '../../accounts/identity.js'
import { returnAsCsv, type MonthlyReturns } from '../../reports/monthly-returns.js'
import { monthInWords } from '../words.js'
import { missing, view, type Answer, type Asked, type Site } from '../site.js'

export interface ReturnParts {
  readonly returns: MonthlyReturns
  readonly accounts: Pick<Accounts, 'peopleNamed'>
}

/** The monthly return for commissioners, as a file; what was handed in is kept, and restated if its figures change later. */
export function returnPages(site: Site, { returns, accounts }: ReturnParts): void {
  site.menu({ href: '/returns', text: 'Returns', needs: 'reports' })

  site.report('/returns', 'reports', async ({ identity }) => {
    const reach = reachOf(identity, 'reports')
    const handedIn = await returns.handedIn()
    const people = await accounts.peopleNamed([...handedIn.values()].map(({ by }) => by))
    const months = returns.months().map((month) => {
      const last = handedIn.get(month)
      return { month, name: monthInWords(month), ...(last ? { at: last.at, by: people.get(last.by)?.name ?? last.by } : {}) }
    })
    return view('returns.njk', 'Monthly return', { months, whole: reach.everywhere })
  })

  const file = async (asked: Asked, work: (month: string) => Promise<string>): Promise<Answer> => {
    const month = asked.params['month'] ?? ''
    return returns.months().includes(month)
      ? { kind: 'file', name: `return-${month}.csv`, type: 'text/csv; charset=utf-8', body: await work(month) }
      : missing
  }

  site.get('/returns/:month', 'reports', (asked) =>
    file(asked, async (month) => returnAsCsv(await returns.of(month, reachOf(asked.identity, 'reports')))),
  )

  // A part of the service has no return.
  site.post('/returns/:month/hand-in', 'reports', (asked) => {
    const reach = reachOf(asked.identity, 'reports')
    return reach.everywhere ? file(asked, async (month) => returnAsCsv(await returns.handIn(asked.by, month, reach))) : missing
  })
}
