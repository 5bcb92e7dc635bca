import type { Browser } from '../keeping/browser.js'

const focused = 'document.activeElement?.id || document.activeElement?.textContent.trim()'

/** Goes on by Tab until that has the focus: by its id, or by the words that it says or begins with. */
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
