// A page with granary/browser in it, and what tests ask of it. Everything that a page keeps is under `globalThis.tests`.
import type { Page } from 'playwright-core'
import { Chromium } from './chromium.ts'
import { type Site, startSite } from './site.ts'

const html = `<!doctype html><title>Granary</title><script type="module">
import * as granary from '/browser/index.js'
const engines = new Map()
globalThis.tests = {
  granary,
  async open(start = {}, worker) {
    const { engine, platform } = await granary.openEngine(start, worker)
    engines.set(start.path ?? '', { engine, database: new granary.Database(engine, {}, platform) })
    return engine
  },
  engine: (path = '') => engines.get(path).engine,
  database: (path = '') => engines.get(path).database,
  async execute(query, { path, settings = {}, signal = new AbortController().signal, body = null, ...more } = {}) {
    const client = { interface: 'local', address: '', userAgent: '' }
    const request = { query, body, settings, parameters: {}, user: 'default', readonly: 0, signal, client, ...more }
    return engines.get(path ?? '').engine.execute(request)
  },
  async ask(query, options = {}) {
    try {
      const result = await tests.execute(query, options)
      return result.body ? await new Response(result.body).text() : ''
    } catch (error) {
      return 'ERROR ' + (error.code ?? error.name) + ': ' + error.message
    }
  },
}
globalThis.isReady = true
</script>`

/** What the page's script leaves behind, as seen by functions that run in it. */
export interface PageTests {
  granary: typeof import('../../adapters/browser/index.ts')
  open(start?: object, worker?: unknown): Promise<import('../../runtime/engine/contract.ts').Engine>
  engine(path?: string): import('../../runtime/engine/contract.ts').Engine
  database(path?: string): import('../../adapters/browser/index.ts').Database
  execute(query: string, options?: object): Promise<import('../../runtime/engine/contract.ts').QueryResult>
  ask(query: string, options?: object): Promise<string>
}

export class Pages {
  private constructor(
    readonly chromium: Chromium,
    readonly site: Site,
  ) {}

  static async start(mounts: Parameters<typeof startSite>[0] = {}): Promise<Pages> {
    const site = await startSite({
      '': new TextEncoder().encode(html),
      '/browser': 'dist/browser',
      '/core': 'dist/core',
      ...mounts,
    })
    return new Pages(await Chromium.start(), site)
  }

  /** A new tab. origin: another host name that leads to the same server. */
  async tab(origin = this.site.url): Promise<Page> {
    const page = await this.chromium.open(`${origin}/page.html`)
    await page.waitForFunction('globalThis.isReady')
    return page
  }

  async close(): Promise<void> {
    await this.chromium.close()
    await this.site.close()
  }
}

/** Opens a database in a page; '' or the error. */
export const open = (page: Page, start: object = {}): Promise<string> =>
  page.evaluate(
    given =>
      tests.open(given).then(
        () => '',
        error => `ERROR ${error.code ?? error.name}: ${error.message}`,
      ),
    start,
  )

/** The text of a query's result, or `ERROR code: message`. */
export const ask = (page: Page, query: string, options: object = {}): Promise<string> =>
  page.evaluate(([sql, more]) => tests.ask(sql as string, more as object), [query, options])

export const closeDatabase = (page: Page, path = ''): Promise<void> =>
  page.evaluate(where => tests.engine(where).close({ graceMs: 0 }), path)

declare global {
  var tests: PageTests
}
