// Builds dist/edge/: one ES module for workerd and its like, and the core beside it, which a Worker imports compiled.
//   node build/edge.mjs
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildCore } from './core.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** A file of this package compiles WebAssembly when it is loaded, which Workers may not do; nothing of it is used. */
const withoutCompiling = {
  name: 'without-compiling',
  setup(builder) {
    builder.onResolve({ filter: /^\.\/compressors\.js$/ }, ({ path: name, resolveDir }) =>
      resolveDir.endsWith('hyparquet-compressors/src')
        ? { path: path.join(resolveDir, name), sideEffects: false }
        : undefined,
    )
  },
}

/** How a Worker's sources become one module. */
export const workerOptions = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  conditions: ['workerd', 'worker'],
  mainFields: ['module', 'main'],
  plugins: [withoutCompiling],
  external: ['node:*', 'cloudflare:*', '*.wasm'],
  logLevel: 'warning',
}

export async function buildEdge() {
  const outdir = path.join(root, 'dist/edge')
  fs.rmSync(outdir, { recursive: true, force: true })
  await build({
    ...workerOptions,
    entryPoints: [path.join(root, 'adapters/edge/index.ts')],
    outdir,
    minify: true,
    keepNames: false,
  })
  fs.copyFileSync(path.join(root, 'dist/core/core.wasm'), path.join(outdir, 'core.wasm'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildCore()
  await buildEdge()
}
