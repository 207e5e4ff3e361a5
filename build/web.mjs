// Builds dist/browser/ and dist/edge/: ES modules for pages and their workers, and for workerd and its like.
// The core lies beside them, in dist/core/. They share the engine, which lies in dist/browser, so that the package has it once; a Worker is bundled when it is deployed, and
// then has only what it uses. In a browser the modules load each other by URLs relative to themselves, so they work from any static
// server, and through bundlers that know `new URL(…, import.meta.url)`.
//   node build/web.mjs
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { pageOptions } from './browser.mjs'
import { buildCore } from './core.mjs'
import { workerOptions } from './edge.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

export async function buildWeb() {
  for (const folder of ['browser', 'edge']) fs.rmSync(path.join(root, 'dist', folder), { recursive: true, force: true })
  // The page's side apart: what it has in common with the engine is little, and would be a file more to wait for at the start.
  for (const entries of [['browser/index'], ['browser/worker', 'edge/index']])
    await build({
      ...pageOptions,
      plugins: workerOptions.plugins,
      external: workerOptions.external,
      entryPoints: entries.map(name => path.join(root, `adapters/${name}.ts`)),
      outdir: path.join(root, 'dist'),
      outbase: path.join(root, 'adapters'),
      chunkNames: 'browser/chunk-[hash]',
      splitting: true,
      minify: true,
    })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildCore()
  await buildWeb()
}
