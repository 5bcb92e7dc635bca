import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { messageOf } from '../common/errors.js'
import { checkTogether } from './consistency.js'
import { networkRows } from './rows/network.js'
import { folderRows } from './rows/folders.js'
import { staffRows } from './rows/staff.js'
import { callRows } from './rows/calls.js'
import { keepingRows } from './rows/keeping.js'
import { serverRows } from './rows/servers.js'
import type { SettingRow } from './setting-row.js'
import { SettingsError } from './settings-error.js'
import { fileValues, notOneValue, type Found } from './settings-file.js'

export type { ServerAddress } from './parsers.js'
export type { SettingRow } from './setting-row.js'
export { SettingsError } from './settings-error.js'
export type { TrunkSetting } from './trunks.js'

/** Every setting there is, in the order of the README's table, which is this table; a test holds the two together. */
export const settingRows = {
  ...networkRows,
  ...folderRows,
  ...callRows,
  ...staffRows,
  ...keepingRows,
  ...serverRows,
} as const satisfies Record<string, SettingRow<unknown>>

type Rows = typeof settingRows

export type Settings = { readonly [Name in keyof Rows]: ReturnType<Rows[Name]['parse']> }

/**
 * Reads the settings: environment variable before file before default. Paths are made absolute against `root`.
 * @param file YAML; undefined: `config/ringround.yaml` below `root`, which may be missing
 * @param warn called for each setting under its former name; it is still read
 * @throws SettingsError one line per error, all at once
 */
export function readSettings(options: {
  readonly root: string
  readonly file?: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly warn?: (line: string) => void
}): Settings {
  const file = options.file ?? resolve(options.root, 'config', 'ringround.yaml')
  if (options.file !== undefined && !existsSync(file))
    throw new SettingsError(`${file}: there is no such settings file. Name one that exists, or leave --config out.`)
  const problems: string[] = []
  const inFile = existsSync(file) ? fileValues(file, problems) : new Map<string, Found>()
  const env = { ...options.env }
  const renamed = underNewNames(inFile, env)
  const settings: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries<SettingRow<unknown>>(settingRows)) {
    const fromEnv = env[setting.env]
    const found =
      fromEnv !== undefined
        ? { value: fromEnv.trim(), where: setting.env }
        : (inFile.get(setting.key) ?? { value: setting.fallback, where: 'the default' })
    inFile.delete(setting.key)
    try {
      if (found.list === undefined) settings[name] = setting.parse(found.value)
      else if (setting.parseList) settings[name] = setting.parseList(found.list)
      else problems.push(notOneValue(found.where, setting.key))
    } catch (error) {
      const written = setting.secret || found.list ? '' : ` is "${found.value}"; it`
      problems.push(`${found.where}: ${setting.key}${written} has to be ${messageOf(error)}.`)
    }
  }
  for (const [key, found] of inFile)
    problems.push(found.list ? notOneValue(found.where, key) : `${found.where}: there is no setting "${key}". ${nearest(key)}`)
  const known = new Set<string>(Object.values(settingRows).map((setting) => setting.env))
  for (const [name, value] of Object.entries(env)) {
    // Variables of the test suite and of the bench have their own prefixes.
    if (value !== undefined && name.startsWith('RINGROUND_') && !name.startsWith('RINGROUND_TEST_') && !known.has(name))
      problems.push(`${name}: there is no such environment variable of Ringround. The README lists them.`)
  }
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))
  for (const line of renamed) options.warn?.(line)
  const result = settings as unknown as Settings
  checkTogether(result)
  const absolute = (path: string) => (isAbsolute(path) ? path : resolve(options.root, path))
  return {
    ...result,
    dataFolder: absolute(result.dataFolder),
    recordingsFolder: absolute(result.recordingsFolder),
    directoryFile: absolute(result.directoryFile),
    promptsFolder: absolute(result.promptsFolder),
    sipTraceFile: result.sipTraceFile === undefined ? undefined : absolute(result.sipTraceFile),
    masterKeyFile: result.masterKeyFile === undefined ? undefined : absolute(result.masterKeyFile),
    chainHeadsFile: result.chainHeadsFile === undefined ? undefined : absolute(result.chainHeadsFile),
    tlsCertificate: result.tlsCertificate === undefined ? undefined : absolute(result.tlsCertificate),
    tlsKey: result.tlsKey === undefined ? undefined : absolute(result.tlsKey),
    tlsCa: result.tlsCa === undefined ? undefined : absolute(result.tlsCa),
  }
}

/** Moves settings under a former name to the current name, unless that is set as well. @returns a warning for each */
function underNewNames(inFile: Map<string, Found>, env: NodeJS.ProcessEnv): readonly string[] {
  const lines: string[] = []
  for (const { key, env: variable, formerly } of Object.values<SettingRow<unknown>>(settingRows)) {
    if (!formerly) continue
    const found = inFile.get(formerly.key)
    if (found) {
      lines.push(`${found.where}: the setting "${formerly.key}" is now called "${key}". Rename it; the old name will go.`)
      if (!inFile.has(key)) inFile.set(key, found)
      inFile.delete(formerly.key)
    }
    const value = env[formerly.env]
    if (value !== undefined) {
      lines.push(`${formerly.env}: this environment variable is now called ${variable}. Rename it; the old name will go.`)
      env[variable] ??= value
      env[formerly.env] = undefined
    }
  }
  return lines
}

function nearest(key: string): string {
  const last = key.split('.').at(-1) ?? key
  const near = Object.values(settingRows).find((setting) => setting.key.endsWith(`.${last}`))
  return near ? `Did you mean "${near.key}"?` : 'The README lists them.'
}

/** The settings as a Markdown table, for the README. */
export function settingsTable(): string {
  const rows = Object.values(settingRows).map(
    (setting) =>
      `| \`${setting.key}\` | \`${setting.env}\` | ${setting.fallback === '' ? '(empty)' : `\`${setting.fallback}\``} | ${setting.meaning} |`,
  )
  return ['| in the file | environment variable | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}
