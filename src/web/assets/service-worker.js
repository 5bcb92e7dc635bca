// Caches the offline page with its styles and scripts, and nothing else: no user's page, and nothing of a patient. `version`, `files` and `icon` are written before this by the server.
const cacheName = `ringround-${version}`
const offlinePage = '/offline'

self.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()))
})

async function keep() {
  const cache = await caches.open(cacheName)
  // Without the cookie: caches what a visitor who is not signed in sees.
  await Promise.all(
    [offlinePage, ...files].map(async (path) => {
      const answer = await fetch(path, { credentials: 'omit', cache: 'reload' })
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      await cache.put(path, answer)
    }),
  )
}

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()))
})

async function forgetOthers() {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name.startsWith('ringround-') && name !== cacheName).map((name) => caches.delete(name)))
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => kept(offlinePage)))
  else if (files.includes(pathname)) event.respondWith(kept(pathname).then((answer) => (answer.ok ? answer : fetch(request))))
})

async function kept(path) {
  const cache = await caches.open(cacheName)
  return (await cache.match(path)) ?? Response.error()
}

// Shows a notice while the page is closed. One with the same tag replaces the one before, so a repeat is shown once. Nothing of it is kept.
self.addEventListener('push', (event) => {
  event.waitUntil(show(event.data))
})

async function show(data) {
  const { title, body, tag, path } = data.json()
  await self.registration.showNotification(title, { body, tag, icon, data: { path } })
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data.path))
})

/** Opens only pages of ours, in an open window if there is one. */
async function open(path) {
  const { href, origin } = new URL(path, self.location.origin)
  if (origin !== self.location.origin) return
  const [window] = await self.clients.matchAll({ type: 'window' })
  if (!window) await self.clients.openWindow(href)
  else await window.focus().then((shown) => shown.navigate(href))
}
