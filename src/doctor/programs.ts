import { findFlite } from '../prompts/voice.js'
import { findLame } from '../recordings/find-lame.js'
import { fine, look, wrong, type Finding } from './finding.js'

/** The programs that recordings and spoken names use where they are there. */
export async function programs(settings: { readonly mp3Encoder: 'auto' | 'native' | 'wasm'; readonly tts: 'auto' | 'flite' | 'none' }, path: string): Promise<readonly Finding[]> {
  const lame = settings.mp3Encoder === 'wasm' ? undefined : await findLame(path)
  const flite = settings.tts === 'none' ? undefined : findFlite(path)
  return [encoder(settings.mp3Encoder, lame), voice(settings.tts, flite !== undefined)]
}

function encoder(wanted: 'auto' | 'native' | 'wasm', lame: string | undefined): Finding {
  if (wanted === 'wasm') return fine('recordings are encoded by WebAssembly')
  if (lame !== undefined) return fine(`recordings are encoded by ${lame}`)
  if (wanted === 'native') return wrong('there is no lame on the PATH, and recordings.encoder is native', 'install the package lame, or set recordings.encoder to auto')
  return fine('no lame on the PATH: recordings are encoded by WebAssembly, which takes about twice the CPU time')
}

function voice(wanted: 'auto' | 'flite' | 'none', found: boolean): Finding {
  if (wanted === 'none') return fine('names without a recording are left out (prompts.tts is none)')
  if (found) return fine('names are spoken by flite')
  if (wanted === 'flite') return wrong('there is no flite on the PATH, and prompts.tts is flite', 'install the package flite, or set prompts.tts to auto')
  return look('no flite on the PATH: names without a recording are left out of the prompts', 'install the package flite, or record the names (docs/prompts.md)')
}
