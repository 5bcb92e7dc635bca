import { join } from 'node:path'
import type { Settings } from './config/settings.js'
import type { MasterKeySource } from './keys/master-key.js'

/** The master key's source by the settings. */
export function masterKeySource({
  masterKey,
  masterKeyCommand,
  masterKeyFile,
  dataFolder,
}: Pick<Settings, 'masterKey' | 'masterKeyCommand' | 'masterKeyFile' | 'dataFolder'>): MasterKeySource {
  if (masterKey !== undefined) return { kind: 'text', text: masterKey, from: 'keys.master' }
  if (masterKeyCommand !== undefined && masterKeyFile !== undefined)
    return { kind: 'command', command: masterKeyCommand, wrapped: masterKeyFile }
  return { kind: 'file', path: masterKeyFile ?? join(dataFolder, 'master.key') }
}

/** The same in words, for the person who keeps it. */
export function masterKeyInWords(source: MasterKeySource): string {
  switch (source.kind) {
    case 'text':
      return source.from
    case 'command':
      return 'keys.masterCommand'
    case 'file':
      return source.path
  }
}
