import { describe, expect, it } from 'vitest'
import { navigationOf } from './menu.js'

const items = (...hrefs: readonly string[]) => hrefs.map((href) => ({ href, text: href.slice(1) }))
const all = items(
  '/people',
  '/devices',
  '/alarms',
  '/calls',
  '/advice-hours',
  '/call-backs',
  '/patient-connect',
  '/service-directory',
  '/screens',
  '/outbox',
  '/call-back-codes',
  '/watch-list',
  '/audit',
  '/approvals',
  '/wallboard',
  '/summary',
  '/bypass',
  '/later',
)

describe('the menu', () => {
  it('of a person who sees few pages has them side by side, in its own order', () => {
    const { groups, pages } = navigationOf(items('/summary', '/wallboard', '/calls'), '/calls')
    expect(groups).toEqual([])
    expect(pages.map(({ href, current }) => [href, current])).toEqual([
      ['/wallboard', false],
      ['/calls', true],
      ['/summary', false],
    ])
  })

  it('of a person who sees many has groups, and the pages of the open one', () => {
    const { groups, pages } = navigationOf(all, '/call-backs/cb-1/change')
    expect(groups.map(({ text, href, current }) => [text, href, current])).toEqual([
      ['Now', '/wallboard', false],
      ['Calls', '/calls', true],
      ['Directory', '/service-directory', false],
      ['Figures', '/summary', false],
      ['People', '/people', false],
    ])
    expect(pages.filter(({ current }) => current).map(({ href }) => href)).toEqual(['/call-backs'])
  })

  it('loses no page, and shows each once', () => {
    const reached = new Set(
      navigationOf(all, '/nowhere').groups.flatMap(({ href }) => navigationOf(all, href).pages.map((page) => page.href)),
    )
    expect([...reached].sort()).toEqual(all.map(({ href }) => href).sort())
  })

  it('does not confuse pages whose addresses begin alike', () =>
    expect(navigationOf(items('/call-back-codes', '/call-backs', '/calls'), '/calls').pages.filter(({ current }) => current)).toHaveLength(
      1,
    ))
  it('leads to the first page of a group that they may see', () =>
    expect(
      navigationOf(
        all.filter(({ href }) => href !== '/wallboard'),
        '/account',
      ).groups[0],
    ).toMatchObject({ text: 'Now', href: '/alarms' }))
})
