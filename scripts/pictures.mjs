// Takes the pictures of the README from the demo world: `npm run pictures`. Needs Chromium. Commit what it writes into docs/pictures.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { ensurePackages, fail, root } from './install.mjs'

/** The pages and sizes. `after`: how many calls have to run first, so that there is something to see. */
const pictures = [
  { name: 'wallboard', path: 'wallboard', width: 1280, height: 1000, after: 2 },
  { name: 'summary', path: 'summary', width: 1280, height: 1100, after: 0 },
]
const patienceMs = 180_000

ensurePackages('take pictures')
const folder = mkdtempSync(join(tmpdir(), 'ringround-pictures-'))
const { Browser, findChromium } = await theBrowser()
const chromium = findChromium() ?? fail('There is no Chromium here: apt-get install chromium.')

const demo = spawn(process.execPath, [join(root, 'scripts/start.mjs'), '--demo'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    ...process.env,
    RINGROUND_SIP_PORT: '0',
    RINGROUND_HTTP_PORT: '0',
    RINGROUND_DATA_FOLDER: join(folder, 'data'),
    RINGROUND_RECORDINGS_FOLDER: join(folder, 'recordings'),
  },
})
let said = ''
demo.stdout.setEncoding('utf8').on('data', (text) => (said += text))
try {
  await until(() => said.includes('Ringround is ready'), 'the demo does not start')
  const url = /Page\s+(http:\S+)/.exec(said)?.[1] ?? fail(`The demo does not say where its pages are:\n${said}`)
  const browser = await Browser.start(chromium)
  try {
    await browser.open(/Sign in\s+(http:\S+)/.exec(said)?.[1] ?? url)
    await browser.until("document.readyState === 'complete' && !location.pathname.startsWith('/sign-in')")
    mkdirSync(join(root, 'docs/pictures'), { recursive: true })
    for (const { name, path, width, height, after } of pictures) {
      await until(() => (said.match(/ rings /g) ?? []).length > after, 'nobody rings in the demo')
      await browser.resize(width, height)
      await browser.open(`${url}${path}`)
      await browser.until(`document.readyState === 'complete' && location.pathname === '/${path}'`)
      // The stream's data arrive a moment later.
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      writeFileSync(join(root, 'docs/pictures', `${name}.png`), await browser.screenshot())
      console.log(`docs/pictures/${name}.png`)
    }
  } finally {
    await browser.close()
  }
} finally {
  const gone = once(demo, 'exit')
  demo.kill('SIGTERM')
  demo.kill('SIGTERM')
  await gone
  rmSync(folder, { recursive: true, force: true })
}

/** The tests' browser, translated. */
async function theBrowser() {
  const file = join(folder, 'browser.mjs')
  await build({
    entryPoints: [join(root, 'test/keeping/browser.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return import(pathToFileURL(file).href)
}

async function until(holds, otherwise) {
  const end = Date.now() + patienceMs
  while (!holds()) {
    if (Date.now() > end || demo.exitCode !== null) fail(`${otherwise}:\n${said}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
