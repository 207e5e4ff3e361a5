// Builds dist/browser/: ES modules for pages and their workers, and the core beside them. They load each other by URLs relative to
// themselves, so they work from any static server, and through bundlers that know `new URL(…, import.meta.url)`.
//   node build/browser.mjs
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildCore } from './core.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** How sources become modules of a page. */
export const pageOptions = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome109', 'firefox111', 'safari16.4'],
  mainFields: ['module', 'main'],
  logLevel: 'warning',
}

export async function buildBrowser() {
  const outdir = path.join(root, 'dist/browser')
  const folder = path.join(root, 'adapters/browser')
  fs.rmSync(outdir, { recursive: true, force: true })
  // Not together: what both have is little, and a file more to wait for at the start.
  for (const entry of ['index', 'worker'])
    await build({
      ...pageOptions,
      entryPoints: [path.join(folder, `${entry}.ts`)],
      outdir,
      splitting: true,
      chunkNames: 'chunk-[hash]',
      minify: true,
    })
  fs.copyFileSync(path.join(root, 'dist/core/core.wasm'), path.join(outdir, 'core.wasm'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildCore()
  await buildBrowser()
}
