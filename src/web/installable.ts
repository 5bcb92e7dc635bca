import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Assets } from './assets.js'

const name = 'Ringround'
/** The header's colour, which a mobile continues above the page. */
const themeColour = '#005eb8'

/** The files that the offline page needs. */
const offlineFiles = ['nhsuk.css', 'ringround.css', 'icon.svg', 'page.js', 'offline.js', 'kept-here.js'] as const

/**
 * What makes the pages an installable app: the manifest, the service worker, and its offline page. They need no sign-in: they tell nothing of anybody, and are the same
 * for all.
 * @param page the offline page, as a visitor who is not signed in sees it
 */
export function installableRoutes(app: FastifyInstance, assets: Assets, page: () => Promise<string>): void {
  app.get('/manifest.webmanifest', { config: { needs: 'anyone' }, schema: { hide: true } }, (_request, reply) => {
    const icon = (file: string, size: number, purpose: 'any' | 'maskable') => ({
      src: assets.address(file),
      sizes: `${size}x${size}`,
      type: 'image/png',
      purpose,
    })
    return reply
      .header('cache-control', 'no-cache')
      .type('application/manifest+json; charset=utf-8')
      .send(
        JSON.stringify({
          id: '/pocket',
          name,
          short_name: name,
          description: 'Advice lines with one press',
          lang: 'en-GB',
          start_url: '/pocket',
          scope: '/',
          display: 'standalone',
          theme_color: themeColour,
          background_color: '#f0f4f5',
          icons: [
            icon('icon-192.png', 192, 'any'),
            icon('icon-512.png', 512, 'any'),
            icon('icon-whole-512.png', 512, 'maskable'),
            { src: assets.address('icon.svg'), sizes: 'any', type: 'image/svg+xml' },
          ],
        }),
      )
  })

  app.get('/offline', { config: { needs: 'anyone' }, schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(await page()),
  )

  // Its bytes change with the files it caches: browsers then take the new one, and it deletes the old cache.
  app.get('/service-worker.js', { config: { needs: 'anyone' }, schema: { hide: true } }, async (_request, reply) => {
    const files = offlineFiles.map((file) => assets.address(file))
    const version = createHash('sha256')
      .update(await page())
      .update(files.join(' '))
      .digest('hex')
      .slice(0, 12)
    return reply
      .header('cache-control', 'no-cache')
      .type('text/javascript; charset=utf-8')
      .send(
        `const version = '${version}'\nconst files = ${JSON.stringify(files)}\nconst icon = ${JSON.stringify(assets.address('icon-192.png'))}\n${assets.text('service-worker.js')}`,
      )
  })
}
