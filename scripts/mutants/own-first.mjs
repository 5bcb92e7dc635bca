import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { BaseSequencer } from 'vitest/node'
import { root } from '../install.mjs'
import { plan } from './instrument.mjs'

/** The tests beside the changed files first: they notice most, and other rooms' tests then get only the rest. */
export default class OwnFirst extends BaseSequencer {
  async sort(files) {
    const changed = new Set(Object.keys(JSON.parse(readFileSync(plan, 'utf8')).sources).map(dirname))
    const own = (file) => changed.has(dirname(relative(root, file.moduleId)))
    return [...files.filter(own), ...files.filter((file) => !own(file))]
  }
}
