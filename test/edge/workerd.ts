// Workers in workerd, which miniflare starts, for tests that run on Node.
import fs from 'node:fs'
import path from 'node:path'
import { Miniflare, type MiniflareOptions } from 'miniflare'

export const compatibility = {
  compatibilityDate: '2026-04-01',
  compatibilityFlags: ['nodejs_compat', 'enable_request_signal'],
}

export interface Deployed {
  readonly url: string
  readonly miniflare: Miniflare
  /** Text of the answer, whatever its status. */
  ask(query: string, parameters?: Readonly<Record<string, string>>): Promise<string>
  stop(): Promise<void>
}

const core = () => fs.readFileSync(path.join('dist/core', 'core.wasm'))

/** name: of test/edge/workers, or `example`. */
export async function deploy(name: string, options: Partial<MiniflareOptions> = {}): Promise<Deployed> {
  const miniflare = new Miniflare({
    ...compatibility,
    modules: [
      { type: 'ESModule', path: 'worker.js', contents: fs.readFileSync(`test/edge/dist/workers/${name}.js`, 'utf8') },
      ...['core.wasm', 'granary/core.wasm'].map(name => ({
        type: 'CompiledWasm' as const,
        path: name,
        contents: core(),
      })),
    ],
    // Miniflare's own entry would hide from the Worker that a client has gone.
    unsafeDirectSockets: [{}],
    ...(options as object),
  } as MiniflareOptions)
  await miniflare.ready
  const url = (await miniflare.unsafeGetDirectURL()).href
  return {
    url,
    miniflare,
    ask: async (query, parameters = {}) => {
      const answer = await fetch(`${url}?${new URLSearchParams(parameters)}`, { method: 'POST', body: query })
      return answer.text()
    },
    stop: () => miniflare.dispose(),
  }
}
