/** `npm run voices`: speaks the demo's conversations with flite, into `src/demo/voices/`, as G.711 (half the size), and removes unused files. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spokenTexts } from './demo/conversations.js'
import { asALawWav, manifestOf } from './demo/voice-files.js'
import { toTelephoneWav } from './prompts/telephone-wav.js'

const folder = fileURLToPath(new URL('../../src/demo/voices/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'ringround-voices-'))
const texts = spokenTexts()
try {
  mkdirSync(folder, { recursive: true })
  for (const { file, voice, text } of texts) {
    const spoken = join(scratch, 'spoken.wav')
    execFileSync('flite', ['-voice', voice, '-t', text, '-o', spoken], { stdio: ['ignore', 'ignore', 'inherit'] })
    writeFileSync(join(folder, file), asALawWav(toTelephoneWav(readFileSync(spoken))))
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
const kept = new Set(texts.map(({ file }) => file))
for (const file of readdirSync(folder)) if (file.endsWith('.wav') && !kept.has(file)) rmSync(join(folder, file))
writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifestOf(texts), null, 2)}\n`)
console.log(`${texts.length} turns in ${folder}`)
