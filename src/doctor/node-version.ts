import { fine, wrong, type Finding } from './finding.js'

/** @param version as `process.versions.node` */
export function nodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return fine(`Node.js ${version}`)
  return wrong(`Node.js ${version}`, 'install Node.js 20.19 or newer')
}
