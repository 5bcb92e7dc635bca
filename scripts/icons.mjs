// The icons of the installed app, made of the mark: `npm run icons` (needs Chromium).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const assets = new URL('../src/web/assets/', import.meta.url).pathname
const mark = readFileSync(join(assets, 'icon.svg'), 'utf8')
/** On a background of its own colour to the edges: a mobile's mask cuts off only background (the mark stays within the inner 80 %). */
const whole = mark
  .replace('rx="14"', 'rx="0"')
  .replace('<g ', '<g transform="translate(32 32) scale(.75) translate(-32 -32)" ')
  .replace('<circle ', '<circle transform="translate(32 32) scale(.75) translate(-32 -32)" ')

const folder = mkdtempSync(join(tmpdir(), 'ringround-icons-'))
try {
  for (const [name, svg, size] of [
    ['icon-192', mark, 192],
    ['icon-512', mark, 512],
    ['icon-whole-512', whole, 512],
    ['icon-whole-180', whole, 180],
  ]) {
    const page = join(folder, `${name}.html`)
    writeFileSync(
      page,
      `<!doctype html><style>html,body{margin:0;background:transparent}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`,
    )
    const done = spawnSync(
      'chromium',
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--hide-scrollbars',
        '--default-background-color=00000000',
        `--user-data-dir=${join(folder, 'profile')}`,
        `--window-size=${size},${size}`,
        `--screenshot=${join(assets, `${name}.png`)}`,
        `file://${page}`,
      ],
      { stdio: 'inherit', timeout: 60_000 },
    )
    if (done.status !== 0) throw new Error(`Chromium could not draw ${name}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
