import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, onTestFinished, test } from 'vitest'
import { adminWorld } from '../keeping/admin-world.js'
import { Browser, findChromium } from '../keeping/browser.js'

const chromium = findChromium()
const fontOf = (name: string) => readFileSync(createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)).toString('base64')

/** In our own typeface, so that text has the same width on every machine. */
const inOurTypeface = (regular: string, bold: string) => `(async () => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer
  for (const [text, weight] of [[${JSON.stringify(regular)}, '400'], [${JSON.stringify(bold)}, '600 900']]) document.fonts.add(await new FontFace('rr-test', bytes(text), { weight }).load())
  const sheet = new CSSStyleSheet()
  sheet.replaceSync('*, *::before, *::after { font-family: rr-test !important; transition: none !important; animation: none !important }')
  document.adoptedStyleSheets = [sheet]
  await document.fonts.ready
  return true
})()`

/** Our own components, one element a line: its kind, its position in its section, its colours and its type. */
const looks = (sections: string) => `(() => {
  const lines = []
  for (const section of document.querySelectorAll('${sections}')) {
    lines.push('# ' + section.id)
    const at = section.getBoundingClientRect()
    for (const one of section.querySelectorAll('[class*="rr-"]')) {
      if (one.getClientRects().length === 0) continue
      const box = one.getBoundingClientRect()
      const style = getComputedStyle(one)
      const border = ['Top', 'Right', 'Bottom', 'Left'].map((side) => parseFloat(style['border' + side + 'Width']) === 0 ? '-' : Math.round(parseFloat(style['border' + side + 'Width'])) + ' ' + style['border' + side + 'Color'])
      const name = one.tagName.toLowerCase() + '.' + [...one.classList].filter((name) => name.startsWith('rr-')).join('.')
      lines.push([name, [box.left - at.left, box.top - at.top, box.width, box.height].map(Math.round).join(' '), style.color + ' on ' + style.backgroundColor, 'border ' + border.join(', '), style.fontSize + ' ' + style.fontWeight].join(' | '))
    }
  }
  return lines.join('\\n') + '\\n'
})()`

/** To accept an intended change: \`npx vitest run --project calls test/web/design.test.ts -u\`. */
test.runIf(chromium)(
  'our components look as they did: their places, colours and type, at two widths, light and dark',
  { timeout: 240_000 },
  async () => {
    const world = await adminWorld()
    const browser = await Browser.start(chromium ?? '')
    onTestFinished(() => browser.close())
    await browser.open(await world.wayIn())
    await browser.until("location.pathname === '/wallboard' && document.querySelector('.rr-footer')")
    const [regular, bold] = [fontOf('DejaVuSans'), fontOf('DejaVuSans-Bold')]
    for (const look of ['light', 'dark'] as const) {
      await browser.prefers(look)
      for (const width of [320, 1280]) {
        await browser.resize(width, 900)
        await browser.open(`${world.admin.url}design`)
        await browser.until("location.pathname === '/design' && document.readyState === 'complete' && document.querySelector('.rr-footer')")
        await browser.evaluate(inOurTypeface(regular, bold))
        // A wall screen may be dark; the other pages are light.
        if (look === 'dark') await browser.evaluate("document.body.classList.add('rr-wall')")
        const seen = await browser.evaluate<string>(looks(look === 'dark' ? '#wallboard' : '.rr-design'))
        // Not empty.
        expect(seen.split('\n').length).toBeGreaterThan(look === 'dark' ? 20 : 100)
        await expect(seen).toMatchFileSnapshot(`design/${look}-${width}.txt`)
      }
    }
  },
)

test.runIf(chromium)(
  'in colours of the reader’s own nothing is lost: pictures, what is pressed, the page of the menu',
  { timeout: 120_000 },
  async () => {
    const world = await adminWorld()
    const browser = await Browser.start(chromium ?? '')
    onTestFinished(() => browser.close())
    const open = async (path: string) => {
      await browser.open(`${world.admin.url}${path}`)
      await browser.until(`location.pathname === '/${path}' && document.readyState === 'complete' && document.querySelector('.rr-footer')`)
    }
    const colours = (selector: string) =>
      browser.evaluate<readonly [background: string, border: string]>(
        `(() => { const { backgroundColor, borderBottomColor } = getComputedStyle(document.querySelector(${JSON.stringify(selector)})); return [backgroundColor, borderBottomColor] })()`,
      )
    await browser.open(await world.wayIn())
    await browser.until("location.pathname === '/wallboard' && document.querySelector('.rr-footer')")
    for (const look of ['dark', 'light'] as const) {
      await browser.prefers(look, true)
      await open('wallboard')
      const [canvas] = await colours('body')
      expect((await colours('.rr-navigation a:not([aria-current])'))[1]).toBe(canvas)
      expect((await colours('.rr-navigation a[aria-current]'))[1]).not.toBe(canvas)
      await open('design')
      // A camera reads dark on light.
      expect((await colours('.rr-service__code'))[0]).toBe('rgb(255, 255, 255)')
      expect((await colours('.rr-player__wave'))[0]).toBe('rgb(240, 244, 245)')
      expect((await colours('.rr-chart'))[0]).toBe('rgb(255, 255, 255)')
      expect((await colours('.rr-choices [aria-pressed=true]'))[0]).not.toBe((await colours('.rr-choices button:not([aria-pressed])'))[0])
    }
  },
)
