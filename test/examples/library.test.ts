// Each example runs by itself, in the runtime that runs this test, with the package as it was built.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const { versions } = process
const runtime = versions['bun'] ? 'bun' : versions['deno'] ? 'deno' : 'node'
const run = { node: [], deno: ['run', '--allow-all', '--quiet'], bun: ['run'] }[runtime]
const runTests = { node: ['--test'], deno: ['test', '--allow-all', '--no-check'], bun: ['test'] }[runtime]

async function outputOf(args: readonly string[]): Promise<string> {
  // A test runner tells its own tests that they run under it, which those of an example do not.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NO_COLOR: '1', FORCE_COLOR: undefined }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args as string[], { env })
  return stdout + stderr
}

const expected: Record<string, readonly (string | RegExp)[]> = {
  library: [
    '100000 rows inserted',
    /\/docs/,
    'Start',
    '275 ms in the first seconds',
    /20,\s+21,\s+22,/,
    '60 UNKNOWN_TABLE',
  ],
  'library-arrow': [/1000 \[/, '21065.833', /999n/],
  'embedded-client': [/s: ["']one["']/, /s: ["']two["']/, 'ClickHouseError 60'],
}

for (const [name, lines] of Object.entries(expected))
  test(`examples/${name}`, async () => {
    const text = await outputOf([...run, `examples/${name}/main.mjs`])
    for (const line of lines)
      assert.ok(typeof line === 'string' ? text.includes(line) : line.test(text), `${line} is in:\n${text}`)
  })

test('examples/testing', async () => {
  const text = await outputOf([...runTests, './examples/testing/orders.test.mjs'])
  assert.match(text, /(^|\s)(# |ℹ )pass 2|2 pass|2 passed/)
})
