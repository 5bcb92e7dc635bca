import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Settings } from './config/settings.js'

/** Where the settings keep what happens: a SQLite file, or a PostgreSQL database. */
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

/** The name that this engine writes beside every fact. */
export function engineName({ engineName: name }: Pick<Settings, 'engineName'>): string {
  return name === '' ? hostname() : name
}

/** Where heads of the links are written down. */
export function chainHeadsFile({ dataFolder, chainHeadsFile: file }: Pick<Settings, 'dataFolder' | 'chainHeadsFile'>): string {
  return file ?? join(dataFolder, 'chain-heads.txt')
}

/**
 * Under what name the store keeps what the watched directory file said. A store of several engines keeps it for each of them: their files need not change
 * in the same moment, and one that is old is no change.
 */
export function watchedFileName(settings: Pick<Settings, 'databaseUrl' | 'engineName'>): string {
  return settings.databaseUrl === undefined ? 'watched' : `watched by ${engineName(settings)}`
}
