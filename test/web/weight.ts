import { gzipSync } from 'node:zlib'
import type { AdminWorld } from '../keeping/admin-world.js'

/** A page's weight with gzip, its styles and scripts included, bytes. @param headers the viewer's */
export async function weightOf({ admin }: AdminWorld, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const html = await (await fetch(new URL(path, admin.url), { headers })).text()
  const seen = new Set<string>()
  const files = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, file]) => file ?? '')
  let weight = gzipSync(html).length
  for (let file = files.pop(); file !== undefined; file = files.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = Buffer.from(await (await fetch(new URL(file, admin.url))).arrayBuffer())
    weight += gzipSync(text).length
    files.push(...[...text.toString('utf8').matchAll(/from '(\/assets\/[^']+)'/g)].map(([, other]) => other ?? ''))
  }
  return weight
}
