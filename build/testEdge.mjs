// Tests of Workers: test/edge/*.test.ts run on Node and drive workerd.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { workerOptions } from './edge.mjs'

/** Returns the exit code. */
export async function testEdge(root, only) {
  return drive(root, only)
}

async function drive(root, only) {
  const folder = path.join(root, 'test/edge')
  const files = fs
    .readdirSync(folder)
    .filter(name => name.endsWith('.test.ts') && `test/edge/${name}`.includes(only))
    .map(name => path.join(folder, name))
  if (files.length === 0) return 0
  // Beside the packages that only these tests need.
  const outdir = path.join(folder, 'dist')
  fs.rmSync(outdir, { recursive: true, force: true })
  await build({
    entryPoints: files,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  })
  const workers = path.join(folder, 'workers')
  await build({
    ...workerOptions,
    entryPoints: fs.readdirSync(workers).map(name => path.join(workers, name)),
    outdir: path.join(outdir, 'workers'),
    minifySyntax: true,
  })
  const bundles = files.map(file => path.join(outdir, path.basename(file).replace(/\.ts$/, '.js')))
  const args = ['--test', '--enable-source-maps', '--test-concurrency=1', ...bundles]
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1
}
