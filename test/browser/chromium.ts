import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'

// Tests run as bundles in dist/, from where the package is not found: it is looked up beside its package.json.
const require = createRequire(path.resolve('test/browser/package.json'))
const { chromium } = require('playwright-core') as typeof import('playwright-core')

const executable = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--remote-debugging-port=0'],
  ...[
    '--disable-background-networking',
    '--host-resolver-rules=MAP insecure.test 127.0.0.1',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
  ],
]
const startMs = 30_000

/**
 * A headless Chromium with a profile of its own, which outlives the process: kill() and restart() are a machine that loses the
 * browser. What a page writes to its console or throws is kept in `messages`.
 */
export class Chromium {
  readonly messages: string[] = []

  private constructor(
    readonly profile: string,
    private process: ChildProcess,
    private browser: Browser,
  ) {
    this.#listen()
  }

  static async start(): Promise<Chromium> {
    const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-chromium-'))
    const { process, browser } = await launch(profile)
    return new Chromium(profile, process, browser)
  }

  get context(): BrowserContext {
    return this.browser.contexts()[0]
  }

  #listen(): void {
    this.context.on('console', message => this.messages.push(`${message.type()}: ${message.text()}`))
    this.context.on('weberror', error => this.messages.push(`error: ${error.error().stack ?? error.error().message}`))
  }

  async open(url: string): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(url)
    return page
  }

  devTools(page: Page): Promise<CDPSession> {
    return this.context.newCDPSession(page)
  }

  /** As a power cut to the browser: all its processes end at once. */
  async kill(): Promise<void> {
    await end(this.process, 'SIGKILL')
    await this.browser.close().catch(() => {}) // the connection is gone already
  }

  /** After kill(): the same profile in a new browser. */
  async restart(): Promise<void> {
    const { process, browser } = await launch(this.profile)
    this.process = process
    this.browser = browser
    this.#listen()
  }

  async close(): Promise<void> {
    await this.kill()
    // Its processes may still be letting go of their files.
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
}

async function launch(profile: string): Promise<{ process: ChildProcess; browser: Browser }> {
  const port = path.join(profile, 'DevToolsActivePort')
  fs.rmSync(port, { force: true })
  // A group of its own, so that all its processes can be ended together.
  const child = spawn(executable, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    const endpoint = await new Promise<string>((resolve, reject) => {
      let said = ''
      const timer = setTimeout(() => reject(new Error(`${executable} does not start: ${said}`)), startMs)
      child.stderr!.on('data', (bytes: Buffer) => {
        said += bytes.toString()
        const found = /DevTools listening on (ws:\S+)/.exec(said)
        if (!found) return
        clearTimeout(timer)
        resolve(found[1])
      })
      child.once('error', reject)
      child.once('exit', code => reject(new Error(`${executable} ended with ${code}: ${said}`)))
    })
    child.stderr!.resume()
    return { process: child, browser: await chromium.connectOverCDP(endpoint) }
  } catch (error) {
    await end(child, 'SIGKILL')
    throw error
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  try {
    process.kill(-child.pid!, signal)
  } catch {
    child.kill(signal)
  }
  await ended
}
