import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Settings } from './config/settings.js'

/** The configured store: a SQLite file, or a PostgreSQL database. */
export interface StorePlace {
  readonly file: string
  readonly postgres: { readonly url: string; readonly readUrl: string | undefined } | undefined
}

export function storePlace({
  dataFolder,
  databaseUrl,
  databaseReadUrl,
}: Pick<Settings, 'dataFolder' | 'databaseUrl' | 'databaseReadUrl'>): StorePlace {
  return {
    file: join(dataFolder, 'ringround.db'),
    postgres: databaseUrl === undefined ? undefined : { url: databaseUrl, readUrl: databaseReadUrl },
  }
}

/** The engine name written beside every fact. */
export function engineName({ engineName: name }: Pick<Settings, 'engineName'>): string {
  return name === '' ? hostname() : name
}

/** The file of chain heads. */
export function chainHeadsFile({ dataFolder, chainHeadsFile: file }: Pick<Settings, 'dataFolder' | 'chainHeadsFile'>): string {
  return file ?? join(dataFolder, 'chain-heads.txt')
}

/**
 * The name under which the store keeps the watched directory file's last state. A store of several engines keeps one for each: their files need not change
 * at the same moment, and an old file is not a change.
 */
export function watchedFileName(settings: Pick<Settings, 'databaseUrl' | 'engineName'>): string {
  return settings.databaseUrl === undefined ? 'watched' : `watched by ${engineName(settings)}`
}
