/**
 * `npm run prompts`: speaks every sentence of `prompts/sentences.ts` and every name of the directory that has no WAV file with these words
 * yet, and removes the files whose words are gone. Human recordings (`prompts/recorded/`) are left alone.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSettings } from './config/settings.js'
import { loadDirectory } from './directory/load-directory.js'
import { waitingMusic } from './prompts/music.js'
import { contentHash, musicFileName, nameFileName } from './prompts/prompt-files.js'
import { sentences } from './prompts/sentences.js'
import { spokenNames } from './prompts/spoken-names.js'
import { toTelephoneWav } from './prompts/telephone-wav.js'
import { findFlite } from './prompts/voice.js'

/** No caller waits for these. */
const timeoutMs = 30_000

const root = fileURLToPath(new URL('../../', import.meta.url))
const settings = readSettings({ root, env: process.env })
const voice = findFlite()
if (!voice) {
  console.error('There is no flite on the PATH: apt-get install flite')
  process.exit(1)
}
const parsed = await loadDirectory(settings.directoryFile)
if (!parsed.ok) {
  console.error(`${settings.directoryFile} has errors; \`npm run directory -- check\` lists them.`)
  process.exit(1)
}
const { organisations, lines, pools } = parsed.directory
const rendered = join(settings.promptsFolder, 'rendered')
const names = join(rendered, 'names')
await mkdir(names, { recursive: true })

/** The words that each sentence's file was spoken from: the file's name does not tell. */
const manifestFile = join(rendered, 'manifest.json')
const manifest: Record<string, string> = existsSync(manifestFile)
  ? (JSON.parse(await readFile(manifestFile, 'utf8')) as Record<string, string>)
  : {}

let spoken = 0
const keep = new Set<string>()
const fresh: Record<string, string> = {}
for (const [id, text] of Object.entries(sentences)) {
  const file = join(rendered, `${id}.wav`)
  const hash = contentHash(text, voice.name)
  fresh[id] = hash
  keep.add(file)
  if (manifest[id] === hash && existsSync(file)) continue
  await writeFile(file, toTelephoneWav(await voice.speak(text, timeoutMs)))
  spoken += 1
}
for (const text of spokenNames({ organisations: organisations.values(), lines: lines.values(), pools: pools.values() })) {
  const file = join(names, nameFileName(text, voice.name))
  keep.add(file)
  if (existsSync(file)) continue
  await writeFile(file, toTelephoneWav(await voice.speak(text, timeoutMs)))
  spoken += 1
}
const music = join(rendered, musicFileName)
keep.add(music)
await writeFile(music, waitingMusic())
await writeFile(manifestFile, `${JSON.stringify(fresh, null, 2)}\n`)

let removed = 0
for (const folder of [rendered, names]) {
  for (const entry of await readdir(folder)) {
    const file = join(folder, entry)
    if (!entry.endsWith('.wav') || keep.has(file)) continue
    await rm(file)
    removed += 1
  }
}
console.log(`${keep.size} prompts in ${rendered}: ${spoken} spoken now, ${removed} removed`)
