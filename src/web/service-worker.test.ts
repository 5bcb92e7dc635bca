import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'

const source = readFileSync(new URL('./assets/service-worker.js', import.meta.url), 'utf8')
const site = 'https://advice.example'

interface Clicked {
  readonly notification: { readonly data: { readonly path: string }; close(): void }
  waitUntil(work: Promise<unknown>): void
}

/** The service worker, in a browser with or without a window of ours. A real browser lets no test press a notice. */
function worker({ hasWindow }: { readonly hasWindow: boolean }) {
  const listeners = new Map<string, (event: Clicked) => void>()
  const done: string[] = []
  const window = {
    focus: () => {
      done.push('focused')
      return Promise.resolve(window)
    },
    navigate: (href: string) => Promise.resolve(done.push(`led to ${href}`)),
  }
  const self = {
    location: new URL('/service-worker.js', site),
    addEventListener: (type: string, listener: (event: Clicked) => void) => listeners.set(type, listener),
    clients: {
      matchAll: ({ type }: { readonly type: string }) => Promise.resolve(type === 'window' && hasWindow ? [window] : []),
      openWindow: (href: string) => Promise.resolve(done.push(`opened ${href}`)),
    },
  }
  runInNewContext(source, { self, URL, version: '0', files: [], icon: '/icon.png' })
  return {
    async press(path: string): Promise<readonly string[]> {
      const work: Promise<unknown>[] = []
      listeners.get('notificationclick')?.({
        notification: { data: { path }, close: () => done.push('closed') },
        waitUntil: (one) => work.push(one),
      })
      await Promise.all(work)
      return done.splice(0)
    },
  }
}

test('a pressed notice closes and opens its page, in a new window or an open one', async () => {
  expect(await worker({ hasWindow: false }).press('/pocket')).toEqual(['closed', `opened ${site}/pocket`])
  expect(await worker({ hasWindow: true }).press('/call-backs')).toEqual(['closed', 'focused', `led to ${site}/call-backs`])
})

test('a notice opens no page of another site', async () => {
  for (const hasWindow of [false, true])
    for (const path of ['https://evil.example/', '//evil.example/pocket', String.raw`\\evil.example`, 'javascript:alert(1)'])
      expect(await worker({ hasWindow }).press(path), path).toEqual(['closed'])
})
