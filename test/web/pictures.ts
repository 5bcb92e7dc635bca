import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from '../keeping/browser.js'

/** Set to a folder for screenshots. */
const folder = process.env['RINGROUND_TEST_SCREENSHOTS']

/** Takes screenshots of a page, if wanted. @param options Default: the page at full height */
export function pictureOf(
  browser: Browser,
  options: Parameters<Browser['screenshot']>[0] = { whole: true },
): (name: string) => Promise<void> {
  return async (name) => {
    if (folder !== undefined) keepToLookAt(`${name}.png`, await browser.screenshot(options))
  }
}

/** The same for anything else that a test has made. */
export function keepToLookAt(name: string, content: Buffer): void {
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), content)
}
