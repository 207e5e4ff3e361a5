// Builds dist/: the core, and the bundles for Node, which Deno and Bun run as they are.
//   node build/build.mjs
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildCore } from './core.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const outdir = path.join(root, 'dist/node')

export async function buildAll() {
  buildCore()
  fs.rmSync(outdir, { recursive: true, force: true })
  await build({
    entryPoints: ['cli', 'worker', 'index'].map(name => path.join(root, `adapters/node/${name}.ts`)),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  })
  fs.copyFileSync(path.join(root, 'dist/core/core.wasm'), path.join(outdir, 'core.wasm'))
  fs.chmodSync(path.join(outdir, 'cli.js'), 0o755)
}

/** Declarations for programs that import the package. */
function buildTypes() {
  fs.rmSync(path.join(root, 'dist/types'), { recursive: true, force: true })
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', 'adapters/types.json'], { cwd: root, stdio: 'inherit' })
  // What the compiler of the core wrote is where the sources expect it.
  fs.mkdirSync(path.join(root, 'dist/types/dist/core'), { recursive: true })
  fs.copyFileSync(path.join(root, 'dist/core/core.d.ts'), path.join(root, 'dist/types/dist/core/core.d.ts'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildAll()
  buildTypes()
}
