// The core without any of Granary's TypeScript, from JavaScript and from C: both examples answer a query over a part that ClickHouse
// wrote as ClickHouse does, and the test vectors hold in C too.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Vector, vectorsInC } from './vectorsInC.ts'

const expected = readFileSync('examples/embed-data/expected.tsv', 'utf8')
const onNode = !('Deno' in globalThis) && !('Bun' in globalThis)

test('the example in plain JavaScript answers as ClickHouse does', () => {
  const run = 'Deno' in globalThis ? ['run', '--allow-all'] : []
  const answer = execFileSync(process.execPath, [...run, 'examples/embed-js/main.mjs'], { encoding: 'utf8' })
  assert.equal(answer, expected)
})

/** What is missing for the translation to C, in words; empty where nothing is. */
function missingTools(): string {
  const works = (command: string, args: string[], input = '') => spawnSync(command, args, { input }).status === 0
  if (!works('make', ['--version'])) return 'make'
  if (!works('cc', ['--version'])) return 'a C compiler'
  if (!works('cc', ['-E', '-'], '#include <simde/wasm/simd128.h>\n')) return "SIMDe's headers (Debian: libsimde-dev)"
  if (!existsSync('examples/embed-c/node_modules/wabt')) return 'wasm2c (npm ci --prefix examples/embed-c)'
  return ''
}

// Once is enough: what the translated core computes does not depend on the runtime that runs this test.
if (onNode)
  test('the example in C answers as ClickHouse does, and the test vectors hold', t => {
    const missing = missingTools()
    if (missing !== '') {
      assert.equal(process.env.GRANARY_NEEDS_C, undefined, `not found: ${missing}`)
      t.diagnostic(`not compiled, as there is no ${missing}`)
      return
    }
    const out = 'dist/embed-c'
    const make = (...args: string[]) =>
      execFileSync('make', ['-j2', '-C', 'examples/embed-c', `OUT=../../${out}`, 'CFLAGS=-O1', ...args], {
        stdio: 'pipe',
      })
    make(`../../${out}/main`)
    assert.equal(execFileSync(`${out}/main`, ['examples/embed-data'], { encoding: 'utf8', stdio: 'pipe' }), expected)

    mkdirSync(`${out}/vectors`, { recursive: true })
    const files = readdirSync('test/vectors').filter(name => name.endsWith('.json'))
    const vectors = files.flatMap(
      file => (JSON.parse(readFileSync(`test/vectors/${file}`, 'utf8')) as { vectors: Vector[] }).vectors,
    )
    writeFileSync(`${out}/vectors.c`, vectorsInC(vectors))
    const objects = ['wasm-rt', 'granary_0', 'granary_1'].map(name => `${out}/${name}.o`)
    const include = ['-Iexamples/embed-c', `-I${out}`]
    execFileSync('cc', ['-O1', '-w', ...include, `${out}/vectors.c`, ...objects, '-lm', '-o', `${out}/runVectors`])
    assert.equal(execFileSync(`${out}/runVectors`, { encoding: 'utf8' }), `${vectors.length} vectors hold\n`)
  })
