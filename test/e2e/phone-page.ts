import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { system } from '../../src/accounts/by.js'
import { withAccounts } from '../../src/accounts/with-accounts.js'
import { Browser, findChromium } from '../keeping/browser.js'

/** The page Phone in Chromium, as tests use it: a clinician who has signed in, what they say, and what the page shows. */

const password = 'kestrel marble harbour'
let people = 0

/** Ten seconds of a tone, as the microphone of the browser hears it again and again. */
export function microphoneFile(folder: string, hz: number): string {
  const rate = 48_000
  const samples = rate * 10
  const wav = Buffer.alloc(44 + samples * 2)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + samples * 2, 4)
  wav.write('WAVEfmt ', 8)
  for (const [value, at] of [
    [16, 16],
    [rate, 24],
    [rate * 2, 28],
    [samples * 2, 40],
  ] as const)
    wav.writeUInt32LE(value, at)
  for (const [value, at] of [
    [1, 20],
    [1, 22],
    [2, 32],
    [16, 34],
  ] as const)
    wav.writeUInt16LE(value, at)
  wav.write('data', 36)
  for (let n = 0; n < samples; n++) wav.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * hz * n) / rate)), 44 + n * 2)
  const file = join(folder, `tone-${hz}.wav`)
  writeFileSync(file, wav)
  return file
}

/** What is measured is the voice that was sent: browsers take a steady tone for noise, and remove it. */
export const plainMicrophone = `if (navigator.mediaDevices) { const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); navigator.mediaDevices.getUserMedia = ({ audio }) => ask({ audio: { ...audio, echoCancellation: false, noiseSuppression: false, autoGainControl: false } }) }`

/** The strongest frequency that the page plays now, Hz; 0: it plays nothing. */
export const heardHz = `(async () => {
  const context = new AudioContext()
  const source = context.createMediaStreamSource(document.getElementById('phone-audio').srcObject)
  const analyser = context.createAnalyser()
  analyser.fftSize = 4096
  source.connect(analyser)
  await new Promise((resolve) => setTimeout(resolve, 400))
  const bins = new Float32Array(analyser.frequencyBinCount)
  analyser.getFloatFrequencyData(bins)
  const loudest = bins.indexOf(Math.max(...bins))
  await context.close()
  return bins[loudest] < -70 ? 0 : (loudest * context.sampleRate) / analyser.fftSize
})()`

/** Keeps the connections of the page, for `codecs`. */
export const keepConnections = `window.connections = []; window.RTCPeerConnection = class extends RTCPeerConnection { constructor(...given) { super(...given); window.connections.push(this) } }`

/** In which codec the page is spoken to now, and speaks. */
export const codecs = `(async () => {
  const stats = [...(await window.connections.at(-1).getStats()).values()]
  const of = (type) => stats.find(({ id }) => id === stats.find((one) => one.type === type && one.kind === 'audio')?.codecId)?.mimeType
  return [of('inbound-rtp'), of('outbound-rtp')]
})()`

export const state = "document.getElementById('phone-state')?.dataset.state"
export const words = (id: string) => `(document.getElementById('phone-${id}')?.textContent ?? '').trim()`
export const isShown = (id: string) => `document.getElementById('phone-${id}')?.checkVisibility() === true`
export const press = (id: string) => `document.getElementById('phone-${id}').click()`
export const dial = (code: string) => `document.querySelector('[data-dial="${code}"]').click()`

/** A microphone that says this tone, and is allowed. */
export const microphone = (folder: string, hz: number): readonly string[] => microphoneWith(microphoneFile(folder, hz))

/** The same with what is in a WAV file, again and again. */
export const microphoneWith = (file: string): readonly string[] => [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${file}`,
]

/** A browser in which that clinician has signed in, at the page that calls. @param before runs before every page */
export async function phonePage(
  url: string,
  store: { readonly file: string; readonly postgres: { readonly url: string } | undefined },
  clinician: string,
  flags: readonly string[],
  before = plainMicrophone,
): Promise<Browser> {
  const email = `${clinician}-${(people += 1)}@example.nhs.uk`
  await withAccounts(store, 'tests', async (accounts) => {
    const { id } = await accounts.addPerson(system, { name: `Dr ${clinician}`, email, clinician })
    await accounts.grant(system, { person: id, role: 'clinician', scope: { kind: 'everywhere' } })
    await accounts.signIns.setPassword(system, id, password, '')
  })
  // The tests have loopback alone, on which browsers look for no way by themselves.
  const browser = await Browser.start(findChromium() ?? '', '1280,900', [...flags, '--allow-loopback-in-peer-connection'])
  try {
    await browser.before(before)
    await browser.open(`${url}/phone`)
    await browser.until("document.getElementById('password')")
    await browser.evaluate(
      `(() => { document.getElementById('email').value = ${JSON.stringify(email)}; document.getElementById('password').focus() })()`,
    )
    await browser.type(`${password}\r`)
    await browser.until(`location.pathname === '/phone' && document.readyState === 'complete'`)
    return browser
  } catch (error) {
    await browser.close()
    throw error
  }
}
