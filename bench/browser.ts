import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

interface Reply {
  readonly id?: number
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** A tab besides the first. */
export type Tab = Pick<Browser, 'open' | 'before' | 'evaluate' | 'until'>

async function untilTrue(evaluate: (expression: string) => Promise<unknown>, expression: string, withinMs = 60_000): Promise<void> {
  const end = performance.now() + withinMs
  const holds = async () => {
    try {
      // The promise's value: the promise itself would be truthy at once.
      return await evaluate(`(async () => document.readyState !== 'loading' && Boolean(await (${expression})))()`)
    } catch (error) {
      // A page being left does not answer.
      if (error instanceof Error && /navigated or closed|Promise was collected/.test(error.message)) return false
      throw error
    }
  }
  while ((await holds()) !== true) {
    if (performance.now() > end) throw new Error(`never came true in the page: ${expression}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Chromium's path; undefined if there is none. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path))
}

/**
 * Headless Chromium, driven through its DevTools protocol over a pair of pipes (no port is opened). One page.
 * `close()` ends it and removes its profile.
 */
export class Browser {
  readonly #pending = new Map<number, { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }>()
  readonly #profile = mkdtempSync(join(tmpdir(), 'ringround-chromium-'))
  readonly #process: ChildProcess
  readonly #write: Writable
  #session: string | undefined
  /** Attached service workers: one session each, for another session cannot undo its settings. */
  readonly #workers = new Map<string, string>()
  /** Registrations of service workers, by scope. */
  readonly #workerAt = new Map<string, string>()
  #nextId = 1
  /** Errors and warnings that the page has put on its console, and failed requests. */
  readonly complaints: string[] = []

  private constructor(binary: string, size: string, more: readonly string[]) {
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--hide-scrollbars',
    ]
    this.#process = spawn(
      binary,
      [
        ...flags,
        ...more,
        `--window-size=${size}`,
        '--autoplay-policy=no-user-gesture-required',
        '--remote-debugging-pipe',
        `--user-data-dir=${this.#profile}`,
        'about:blank',
      ],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      },
    )
    // Made as pipes by the options above.
    this.#write = this.#process.stdio[3] as Writable
    this.#read(this.#process.stdio[4] as Readable)
    this.#process.on('exit', () => {
      for (const pending of this.#pending.values()) pending.reject(new Error('Chromium has ended'))
      this.#pending.clear()
    })
  }

  /** @param flags further Chromium options */
  static async start(binary: string, size = '1360,1000', flags: readonly string[] = []): Promise<Browser> {
    const browser = new Browser(binary, size, flags)
    const { targetInfos } = (await browser.#send('Target.getTargets')) as { targetInfos: { targetId: string; type: string }[] }
    const page = targetInfos.find((target) => target.type === 'page')
    const { sessionId } = (await browser.#send('Target.attachToTarget', { targetId: page?.targetId, flatten: true })) as {
      sessionId: string
    }
    browser.#session = sessionId
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await browser.#send(`${domain}.enable`)
    return browser
  }

  async open(url: string): Promise<void> {
    await this.#send('Page.navigate', { url })
  }

  /** Value of an expression in the page (JSON). Rejects with what the page threw. */
  evaluate<T>(expression: string): Promise<T> {
    return this.#evaluate(expression)
  }

  async #evaluate<T>(expression: string, session = this.#session): Promise<T> {
    const answer = (await this.#send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true }, session)) as {
      result: { value: T }
      exceptionDetails?: { exception?: { description?: string } }
    }
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? 'the page threw')
    return answer.result.value
  }

  /** Waits until the page has loaded completely and the expression is true in it. */
  until(expression: string, withinMs?: number): Promise<void> {
    return untilTrue((one) => this.evaluate(one), expression, withinMs)
  }

  /** Types into the focused element, key by key; `\r` is Enter, `\b` Backspace, `\t` Tab, `\x1b` Escape, `↓` and `↑` the arrows. */
  async type(text: string): Promise<void> {
    const special: Readonly<
      Record<string, { readonly key: string; readonly code: string; readonly windowsVirtualKeyCode: number; readonly text?: string }>
    > = {
      '\r': { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
      '\b': { key: 'Backspace', code: 'Backspace', windowsVirtualKeyCode: 8 },
      '\t': { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 },
      '\x1b': { key: 'Escape', code: 'Escape', windowsVirtualKeyCode: 27 },
      '↓': { key: 'ArrowDown', code: 'ArrowDown', windowsVirtualKeyCode: 40 },
      '↑': { key: 'ArrowUp', code: 'ArrowUp', windowsVirtualKeyCode: 38 },
    }
    for (const character of text) {
      const key = special[character] ?? { key: character, text: character }
      await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', ...key })
      await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', ...key })
    }
  }

  /** @param dark as if the person preferred dark colours; @param whole the page in its whole height */
  async screenshot(options: { readonly dark?: boolean; readonly whole?: boolean } = {}): Promise<Buffer> {
    await this.#send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: options.dark ? 'dark' : 'light' }] })
    const { data } = (await this.#send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: options.whole ?? false })) as {
      data: string
    }
    return Buffer.from(data, 'base64')
  }

  /** Emulated media preferences. @param forced in colours of the reader's own (`forced-colors`) */
  async prefers(look: 'dark' | 'light', forced = false): Promise<void> {
    const features = [
      { name: 'prefers-color-scheme', value: look },
      { name: 'forced-colors', value: forced ? 'active' : 'none' },
    ]
    await this.#send('Emulation.setEmulatedMedia', { features })
  }

  /** The printed page, as PDF. */
  async printed(): Promise<Buffer> {
    const { data } = (await this.#send('Page.printToPDF', { preferCSSPageSize: true })) as { data: string }
    return Buffer.from(data, 'base64')
  }

  async resize(width: number, height: number): Promise<void> {
    await this.#send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 })
  }

  /** Sets the page and its service workers offline or online. */
  async connect(connected: boolean): Promise<void> {
    const conditions = { offline: !connected, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
    const { targetInfos } = (await this.#send('Target.getTargets')) as { targetInfos: { targetId: string; type: string }[] }
    for (const { targetId } of targetInfos.filter(({ type }) => type === 'service_worker')) {
      const known = this.#workers.get(targetId)
      const sessionId =
        known ?? ((await this.#send('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string }).sessionId
      if (known === undefined) await this.#send('Network.enable', {}, sessionId)
      this.#workers.set(targetId, sessionId)
      await this.#send('Network.emulateNetworkConditions', conditions, sessionId)
    }
    await this.#send('Network.emulateNetworkConditions', conditions)
  }

  /** Emulates a round trip of this many ms, and a bandwidth in bytes a second. */
  async slowNetwork({ latencyMs, bytesPerSecond }: { readonly latencyMs: number; readonly bytesPerSecond: number }): Promise<void> {
    await this.#send('Network.emulateNetworkConditions', {
      offline: false,
      latency: latencyMs,
      downloadThroughput: bytesPerSecond,
      uploadThroughput: bytesPerSecond,
    })
  }

  /** Clears the file cache; sessions stay. */
  async forgetFiles(): Promise<void> {
    await this.#send('Network.clearBrowserCache')
  }

  /** Errors that prevent installing the page as an app, and its manifest. */
  async installability(): Promise<{
    readonly errors: readonly string[]
    readonly manifest: string
    readonly manifestErrors: readonly unknown[]
  }> {
    const { installabilityErrors } = (await this.#send('Page.getInstallabilityErrors')) as {
      installabilityErrors: readonly { readonly errorId: string }[]
    }
    const { data = '', errors } = (await this.#send('Page.getAppManifest')) as { data?: string; errors: readonly unknown[] }
    return { errors: installabilityErrors.map(({ errorId }) => errorId), manifest: data, manifestErrors: errors }
  }

  /** Adds a virtual authenticator that makes and shows passkeys by itself, as if touched by its owner. */
  async keepPasskeys(): Promise<void> {
    await this.#send('WebAuthn.enable')
    await this.#send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
  }

  /** As if the user had allowed an origin to show notices. */
  async mayNotify(origin: string): Promise<void> {
    await this.#send('Browser.grantPermissions', { origin, permissions: ['notifications'] })
  }

  /** As if a push service had delivered this to a site's service worker. */
  async push(site: string, data: string): Promise<void> {
    if (this.#workerAt.size === 0) await this.#send('ServiceWorker.enable')
    const end = performance.now() + 60_000
    while (!this.#workerAt.has(site)) {
      if (performance.now() > end) throw new Error(`there is no service worker at ${site}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await this.#send('ServiceWorker.deliverPushMessage', { origin: new URL(site).origin, registrationId: this.#workerAt.get(site), data })
  }

  /** Runs in every page opened from now on, before its own scripts. */
  async before(script: string): Promise<void> {
    await this.#send('Page.addScriptToEvaluateOnNewDocument', { source: script })
  }

  /** Another tab of the same browser. */
  async tab(url: string): Promise<Tab> {
    const { targetId } = (await this.#send('Target.createTarget', { url })) as { targetId: string }
    const { sessionId } = (await this.#send('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string }
    await this.#send('Page.enable', {}, sessionId)
    const evaluate = <T>(expression: string) => this.#evaluate<T>(expression, sessionId)
    return {
      evaluate,
      open: async (address) => {
        await this.#send('Page.navigate', { url: address }, sessionId)
      },
      before: async (source) => {
        await this.#send('Page.addScriptToEvaluateOnNewDocument', { source }, sessionId)
      },
      until: (expression, withinMs) => untilTrue(evaluate, expression, withinMs),
    }
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve))
    // Asked first, so that its own processes end with it; killed if it takes too long.
    this.#session = undefined
    this.#send('Browser.close').catch(() => undefined)
    const tooLong = setTimeout(() => this.#process.kill('SIGKILL'), 5_000)
    await gone
    clearTimeout(tooLong)
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }

  #send(method: string, params: Readonly<Record<string, unknown>> = {}, session = this.#session): Promise<unknown> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#write.write(`${JSON.stringify({ id, method, params, ...(session === undefined ? {} : { sessionId: session }) })}\0`)
    })
  }

  #read(from: Readable): void {
    let rest = ''
    from.setEncoding('utf8')
    from.on('data', (text: string) => {
      const messages = (rest + text).split('\0')
      rest = messages.pop() ?? ''
      for (const message of messages) this.#take(JSON.parse(message) as Reply)
    })
  }

  #take(reply: Reply): void {
    if (reply.id !== undefined) {
      const pending = this.#pending.get(reply.id)
      this.#pending.delete(reply.id)
      if (reply.error) pending?.reject(new Error(reply.error.message))
      else pending?.resolve(reply.result)
      return
    }
    if (reply.method === 'ServiceWorker.workerRegistrationUpdated')
      for (const { registrationId, scopeURL } of (reply.params?.['registrations'] ?? []) as { registrationId: string; scopeURL: string }[])
        this.#workerAt.set(scopeURL, registrationId)
    // Of what is only told (that a sign-out took what was kept), nothing.
    const isTold =
      reply.method === 'Log.entryAdded' && (reply.params?.['entry'] as { readonly level?: string } | undefined)?.level === 'info'
    if (reply.method === 'Runtime.exceptionThrown' || (reply.method === 'Log.entryAdded' && !isTold))
      this.complaints.push(JSON.stringify(reply.params))
    if (reply.method === 'Runtime.consoleAPICalled' && ['error', 'warning'].includes(String(reply.params?.['type'])))
      this.complaints.push(JSON.stringify(reply.params))
  }
}
