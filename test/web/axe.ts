import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from 'vitest'
import type { Browser } from '../keeping/browser.js'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Axe finds no barrier on the page in its current state: WCAG 2.2 AA and good practice. */
export async function expectAccessible(browser: Browser, where: string): Promise<void> {
  await browser.evaluate(`(() => { ${source}; return true })()`)
  const found = await browser.evaluate<readonly string[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))`,
  )
  expect(found, where).toEqual([])
}

/** Elements outside the screen, except within a part that scrolls by itself. */
const beyond = `(() => {
  const width = document.documentElement.clientWidth
  const scrolls = (one) => { for (let up = one.parentElement; up; up = up.parentElement) if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(up).overflowX)) return true; return false }
  const shown = [...document.body.querySelectorAll('*')].filter((one) => one.getClientRects().length > 0 && !one.classList.contains('nhsuk-skip-link') && !one.classList.contains('nhsuk-u-visually-hidden') && !one.closest('.nhsuk-u-visually-hidden') && !scrolls(one))
  return [...(document.documentElement.scrollWidth > width ? ['the page: ' + document.documentElement.scrollWidth] : []), ...shown.filter((one) => one.getBoundingClientRect().right > width + 0.5 || one.getBoundingClientRect().left < -0.5).map((one) => one.tagName + '.' + one.className + ' ' + Math.round(one.getBoundingClientRect().right))]
})()`

/** A page at two widths: nothing overflows, and axe finds nothing. @param pictures a folder for screenshots */
export async function expectGood(browser: Browser, where: string, picture?: (name: string) => Promise<void>): Promise<void> {
  // With its styles.
  await browser.until("document.readyState === 'complete'")
  for (const width of [320, 1280]) {
    await browser.resize(width, 900)
    expect(await browser.evaluate<readonly string[]>(beyond), `${where} at ${width}`).toEqual([])
    await expectAccessible(browser, `${where} at ${width}`)
    await picture?.(`${where}-${width}`)
  }
}
