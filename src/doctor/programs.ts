import { findFlite } from '../prompts/voice.js'
import { loadLameLibrary } from '../recordings/lame-library.js'
import { fine, look, wrong, type Finding } from './finding.js'

/**
 * Optional programs for recordings and spoken names.
 * @param path folders to search for programs, as in the PATH variable
 * @param libraries names to try for libmp3lame; the platform's own when undefined
 */
export async function programs(
  settings: { readonly mp3Encoder: 'auto' | 'native' | 'wasm'; readonly tts: 'auto' | 'flite' | 'none' },
  path: string,
  libraries?: readonly string[],
): Promise<readonly Finding[]> {
  const lame = settings.mp3Encoder === 'wasm' ? undefined : await loadLameLibrary(libraries)
  const flite = settings.tts === 'none' ? undefined : findFlite(path)
  return [encoder(settings.mp3Encoder, lame), voice(settings.tts, flite !== undefined)]
}

function encoder(wanted: 'auto' | 'native' | 'wasm', library: Awaited<ReturnType<typeof loadLameLibrary>> | undefined): Finding {
  if (library === undefined) return fine('recordings are encoded by LAME as WebAssembly')
  if (library.kind === 'loaded') return fine(`recordings are encoded by ${library.lame.name}`)
  if (wanted === 'native')
    return wrong(
      `there is no libmp3lame that works, and recordings.encoder is native: ${library.why}`,
      'install libmp3lame (Debian: libmp3lame0), or set recordings.encoder to auto',
    )
  return fine(`no libmp3lame: recordings are encoded by LAME as WebAssembly, which takes about three times the CPU time (${library.why})`)
}

function voice(wanted: 'auto' | 'flite' | 'none', found: boolean): Finding {
  if (wanted === 'none') return fine('names without a recording are left out (prompts.tts is none)')
  if (found) return fine('names are spoken by flite')
  if (wanted === 'flite')
    return wrong('there is no flite on the PATH, and prompts.tts is flite', 'install the package flite, or set prompts.tts to auto')
  return look(
    'no flite on the PATH: names without a recording are left out of the prompts',
    'install the package flite, or record the names (docs/prompts.md)',
  )
}
