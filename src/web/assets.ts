import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { bundledAsset, bundledAssets } from './bundled-assets.js'

/** A file that pages ask for, under a name that changes with its content: browsers keep it for ever. */
interface Asset {
  /** `page.1f2e3d4c.js`. */
  readonly served: string
  readonly type: string
  readonly content: Buffer
  compressed?: Promise<Buffer>
}

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
}

/** Of the kit: its styles and its scripts. */
const ofTheKit = { 'nhsuk.css': 'nhsuk-frontend.min.css', 'nhsuk.js': 'nhsuk-frontend.min.js' } as const

const own = fileURLToPath(new URL('./assets/', import.meta.url))
const zipped = promisify(gzip)

/** Where the kit's templates and files lie. */
export function kitFolder(): string {
  return join(createRequire(import.meta.url).resolve('nhsuk-frontend/package.json'), '..', 'dist')
}

/** The files of the pages, read when they are first asked for. */
export class Assets {
  readonly #byName = new Map<string, Asset>()
  readonly #byServed = new Map<string, Asset>()

  /** The address of a file: `page.js` of `src/web/assets`, `nhsuk.css` of the kit. @throws if there is none */
  address(name: string): string {
    return `/assets/${this.#asset(name).served}`
  }

  /** The text of a file of `src/web/assets`. @throws if there is none */
  text(name: string): string {
    return this.#asset(name).content.toString('utf8')
  }

  served(name: string): Asset | undefined {
    const found = this.#byServed.get(name)
    if (found) return found
    // A page opened before a restart asks for an old name: serve the file if its plain name exists.
    const plain = name.replace(/\.[0-9a-f]{10}(?=\.\w+$)/, '')
    try {
      const asset = this.#asset(plain)
      return asset.served === name ? asset : undefined
    } catch {
      return undefined
    }
  }

  #asset(name: string): Asset {
    const known = this.#byName.get(name)
    if (known) return known
    if (!/^[a-z0-9-]+\.[a-z]+$/.test(name)) throw new Error(`there is no file ${name}`)
    const content = Buffer.from(this.#content(name))
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 10)
    const served = name.replace(/(?=\.\w+$)/, `.${hash}`)
    const asset = { served, content, type: types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream' }
    this.#byName.set(name, asset)
    this.#byServed.set(served, asset)
    return asset
  }

  #content(name: string): string | Buffer {
    if (bundledAssets.includes(name)) return bundledAsset(name, join(own, name))
    if (!Object.hasOwn(ofTheKit, name)) {
      const file = readFileSync(join(own, name))
      // Modules import each other by plain name, but are served under hashed names.
      return name.endsWith('.js')
        ? file
            .toString('utf8')
            .replaceAll(/(?<=\b(?:from |import\()')\.\/([a-z-]+\.js)(?=')/g, (_all, other: string) => this.address(other))
        : file
    }
    const text = readFileSync(join(kitFolder(), 'nhsuk', ofTheKit[name as keyof typeof ofTheKit]), 'utf8').replace(
      /\/[*/]# sourceMappingURL=.*$/m,
      '',
    )
    // The kit's typeface comes from elsewhere and is licensed for nhs.uk alone; its pictures are named by where they lie there.
    return text.replaceAll(/@font-face\{[^}]*\}/g, '').replaceAll(/url\(\/assets\/images\/([a-z-]+\.svg)\)/g, 'url(/assets/images/$1)')
  }
}

/** `/assets/...`: needs no sign-in, and tells nothing about its users. */
export function assetRoutes(app: FastifyInstance, assets: Assets): void {
  app.get<{ Params: { readonly name: string } }>(
    '/assets/:name',
    { config: { needs: 'anyone' }, schema: { hide: true } },
    async (request, reply) => {
      const asset = assets.served(request.params.name)
      return asset ? send(request, reply, asset) : missing(reply)
    },
  )
  // Named by the kit's own styles.
  app.get<{ Params: { readonly name: string } }>(
    '/assets/images/:name',
    { config: { needs: 'anyone' }, schema: { hide: true } },
    async (request, reply) => {
      const { name } = request.params
      if (!/^nhsuk-icon-[a-z-]+\.svg$/.test(name)) return missing(reply)
      try {
        const content = readFileSync(join(kitFolder(), 'nhsuk', 'assets', 'images', name))
        return await reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml').send(content)
      } catch {
        return missing(reply)
      }
    },
  )
}

function missing(reply: FastifyReply): FastifyReply {
  return reply.status(404).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send('There is no such file.\n')
}

async function send(request: FastifyRequest, reply: FastifyReply, asset: Asset): Promise<FastifyReply> {
  void reply.header('cache-control', 'public, max-age=31536000, immutable').header('vary', 'accept-encoding').type(asset.type)
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(asset.content)
  asset.compressed ??= zipped(asset.content, { level: 9 })
  return reply.header('content-encoding', 'gzip').send(await asset.compressed)
}
