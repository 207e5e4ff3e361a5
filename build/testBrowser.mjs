// Tests that drive a real Chromium: test/browser/**/*.test.ts run on Node and find the browser's bundles in dist/.
//   node build/test.mjs --runtime browser [--only SUBSTRING]
// Needs `npm ci` in test/browser, and a Chromium: /usr/bin/chromium, or what the variable CHROMIUM names.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'
import { nodeArgs, testBundle } from './testBundle.mjs'
import { pageOptions } from './browser.mjs'

/** Gives the exit code of the run. */
export async function testBrowser(root, only) {
  const directory = path.join(root, 'test/browser')
  if (!fs.existsSync(path.join(directory, 'node_modules/playwright-core'))) {
    console.error('Run `npm ci` in test/browser first')
    return 1
  }
  const files = fs
    .readdirSync(directory, { recursive: true })
    .filter(name => name.endsWith('.test.ts') && !name.includes('node_modules'))
    .map(name => path.join(directory, name))
    .filter(file => path.relative(root, file).includes(only))
  if (files.length === 0) {
    console.error(`no test file matches ${JSON.stringify(only)}`)
    return 1
  }
  const outdir = path.join(root, 'dist/test')
  fs.rmSync(outdir, { recursive: true, force: true })
  await build({
    entryPoints: files,
    outdir,
    outbase: path.join(root, 'test'),
    ...testBundle,
  })
  // What runs in pages themselves.
  const suite = path.join(directory, 'suite')
  await build({
    ...pageOptions,
    target: 'es2022',
    entryPoints: [path.join(suite, 'disks.ts')],
    outdir: path.join(outdir, 'browser/suite'),
    alias: {
      'node:test': path.join(root, 'test/edge/suite/nodeTest.ts'),
      'node:assert/strict': path.join(suite, 'nodeAssert.ts'),
    },
  })
  const bundles = files.map(file =>
    path.join(outdir, path.relative(path.join(root, 'test'), file).replace(/\.ts$/, '.js')),
  )
  // One file at a time: each starts a browser of its own.
  return spawnSync(process.execPath, [...nodeArgs(1), ...bundles], { cwd: root, stdio: 'inherit' }).status ?? 1
}
