// What package.json promises is there after a build, and a runtime that imports `granary` gets its own.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { test } from 'node:test'
import { runtimeHere } from './program.ts'

interface Package {
  readonly bin: Record<string, string>
  readonly exports: Record<string, unknown>
  readonly files: string[]
}
const { bin, exports, files } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as Package

function targets(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Object.values(value as object).flatMap(targets)
}

test('every target of exports and bin is built and published', () => {
  for (const target of [...targets(exports), ...targets(bin)]) {
    const file = target.replace(/^\.\//, '')
    // Declarations are made by npm run build alone.
    if (!file.startsWith('dist/types/')) assert.ok(fs.existsSync(file), `${file} is built`)
    const isPublished = file === 'package.json' || files.some(name => file === name || file.startsWith(`${name}/`))
    assert.ok(isPublished, `${file} is in "files"`)
  }
})

test('each runtime imports its own', async () => {
  const name = 'granary'
  const granary = (await import(name)) as Record<string, unknown>
  assert.equal(typeof granary[`${runtimeHere}Platform`], 'function')
  assert.equal(typeof granary['open'], 'function')
  for (const folder of ['node', 'deno', 'bun']) {
    const one = (await import(`${name}/${folder}`)) as Record<string, unknown>
    assert.equal(typeof one[`${folder}Platform`], 'function')
  }
})
