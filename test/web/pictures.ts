import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from '../keeping/browser.js'

/** Set to a folder to look at what the browser showed. */
const folder = process.env['RINGROUND_TEST_SCREENSHOTS']

/** Takes pictures of a browser's page, where somebody wants them. */
export function pictureOf(browser: Browser): (name: string) => Promise<void> {
  return async (name) => {
    if (folder === undefined) return
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${name}.png`), await browser.screenshot({ whole: true }))
  }
}
