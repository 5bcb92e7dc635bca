import type { Browser } from '../keeping/browser.js'

const focused = 'document.activeElement?.id || document.activeElement?.textContent.trim()'

/** Presses Tab until the element with this id, text or beginning has the focus. */
export async function tabTo(browser: Browser, what: string): Promise<void> {
  const passed: string[] = []
  for (let step = 0; step < 80; step++) {
    await browser.type('\t')
    const here = await browser.evaluate<string>(focused)
    if (here === what || here.startsWith(`${what} `)) return
    passed.push(here)
  }
  throw new Error(`${what} is not reached by keyboard: ${passed.join(' | ')}`)
}
