import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** How test files become what Node, Deno and Bun run. */
export const testBundle = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
}

const bin = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../test/runtimes/node_modules/.bin')

/** Arguments of Node for its test runner. What hangs fails, a file as much as a test: the longest file takes 3 minutes. */
export const nodeArgs = concurrency => [
  '--test',
  '--enable-source-maps',
  `--test-concurrency=${concurrency}`,
  '--test-timeout=600000',
]

/** What runs bundles with a runtime's test runner. concurrency: files at a time, where the runner has a choice. */
export const runners = (bundles, concurrency) => ({
  node: [process.execPath, [...nodeArgs(concurrency), ...bundles]],
  node24: [path.join(bin, 'node'), [...nodeArgs(concurrency), ...bundles]],
  deno: [path.join(bin, 'deno'), ['test', '--allow-all', '--no-check', ...bundles]],
  bun: [path.join(bin, 'bun'), ['test', '--timeout', '120000', ...bundles]],
})
