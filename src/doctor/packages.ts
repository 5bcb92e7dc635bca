import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../common/errors.js'
import { fine, wrong, type Finding } from './finding.js'

interface Locked {
  readonly version?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly devOptional?: boolean
}

/** Whether node_modules matches package-lock.json, apart from development packages. */
export function packages(root: string): Finding {
  const advice = 'run npm start once, or: npm ci --omit=dev --ignore-scripts'
  try {
    const wanted = packagesIn(join(root, 'package-lock.json'))
    const kept = join(root, 'node_modules', '.package-lock.json')
    const installed = existsSync(kept) ? packagesIn(kept) : {}
    const needed = Object.entries(wanted).filter(
      ([path, entry]) => path !== '' && entry.dev !== true && entry.optional !== true && entry.devOptional !== true,
    )
    const missing = needed
      .filter(([path, { version }]) => installed[path]?.version !== version)
      .map(([path]) => path.replace(/^node_modules\//, ''))
    if (missing.length === 0) return fine(`${needed.length} npm packages, as package-lock.json has them`)
    return wrong(
      `${missing.length} npm packages are missing or of another version: ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ' ...' : ''}`,
      advice,
    )
  } catch (error) {
    return wrong(`the list of npm packages cannot be read: ${messageOf(error)}`, advice)
  }
}

function packagesIn(file: string): Readonly<Record<string, Locked>> {
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly packages?: Readonly<Record<string, Locked>> }).packages ?? {}
}
