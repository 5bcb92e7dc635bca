import type { Browser } from '../keeping/browser.js'

const focused = 'document.activeElement?.id || document.activeElement?.textContent.trim()'

/** Goes on by Tab until that has the focus: by its id, or by what it says. */
export async function tabTo(browser: Browser, what: string): Promise<void> {
  const passed: string[] = []
  for (let step = 0; step < 40; step++) {
    await browser.type('\t')
    const here = await browser.evaluate<string>(focused)
    if (here === what) return
    passed.push(here)
  }
  throw new Error(`${what} is not reached by keyboard: ${passed.join(' | ')}`)
}
