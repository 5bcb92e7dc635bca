import type { MenuItem } from './site.js'

/** The pages of the menu, in order, by purpose. A page not listed here comes last. */
const groups = [
  { text: 'Now', pages: ['/wallboard', '/alarms', '/watch-list', '/pocket', '/availability'] },
  { text: 'Calls', pages: ['/calls', '/phone', '/call-backs', '/patient-connect', '/call-back-codes'] },
  { text: 'Directory', pages: ['/service-directory', '/rotas', '/bypass', '/devices', '/directory'] },
  { text: 'Figures', pages: ['/summary', '/advice-hours', '/returns'] },
  { text: 'People', pages: ['/people', '/approvals', '/audit', '/outbox', '/screens', '/programs'] },
] as const

/** Up to this many are shown side by side; more are grouped, with the pages of the open group below. */
const maxSideBySide = 7

interface Entry {
  readonly href: string
  readonly text: string
  /** The current page is it, or below it. */
  readonly current: boolean
}

/** @returns of a short menu its pages; else its groups, each leading to its first page, and the pages of the open group */
export function navigationOf(
  items: readonly Pick<MenuItem, 'href' | 'text'>[],
  path: string,
): { readonly groups: readonly Entry[]; readonly pages: readonly Entry[] } {
  const order = new Map<string, number>(groups.flatMap(({ pages }) => pages).map((href, index) => [href, index]))
  const pages = [...items]
    .sort((a, b) => (order.get(a.href) ?? order.size) - (order.get(b.href) ?? order.size))
    .map(({ href, text }) => ({ href, text, current: path === href || path.startsWith(`${href}/`) }))
  if (pages.length <= maxSideBySide) return { groups: [], pages }
  const last = groups.length - 1
  const groupOf = (href: string) => {
    const found = groups.findIndex((group) => group.pages.some((one) => one === href))
    return found === -1 ? last : found
  }
  const shown = groups
    .map(({ text }, index) => ({ text, pages: pages.filter(({ href }) => groupOf(href) === index) }))
    .filter((group) => group.pages.length > 0)
  const open = shown.find((group) => group.pages.some(({ current }) => current))
  return {
    groups: shown.map((group) => ({ href: group.pages[0]?.href ?? '/', text: group.text, current: group === open })),
    pages: open?.pages ?? [],
  }
}
