import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory } from '../harness.ts'
import { bytesOf, read, sampleChunk, sampleSchema, steady, valuesOf, write } from './samples.ts'

/** Made by expected.mjs from ClickHouse: each format's text of the same table. */
const expected = JSON.parse(readFileSync('test/formats/expected.json', 'utf8')) as Record<string, string>

const isBinary = (format: string) => /^(RowBinary|Native)/.test(format)

test('Native of ClickHouse is read', async () => {
  const memory = newMemory('core.debug')
  const values = sampleChunk(new Arena(memory)).columns.map(valuesOf)
  assert.deepEqual((await read('Native', sampleSchema, bytesOf(expected.Native), memory)).columns, values)
})

for (const [name, text] of Object.entries(expected)) {
  if (name === 'Native') continue // the same values may be cut into other blocks
  const [format] = name.split(' ')
  const settings = Object.fromEntries(
    name
      .split(' ')
      .slice(1)
      .map(item => item.split('=')),
  )
  test(`${name} is written as ClickHouse writes it`, () => {
    const memory = newMemory('core.debug')
    const written = write(format, sampleSchema, sampleChunk(new Arena(memory)), memory, settings)
    if (!isBinary(format)) assert.equal(steady(written.text()), steady(text))
    else assert.deepEqual(written.bytes(), bytesOf(text))
  })
}

const readable = [
  'TabSeparated',
  'TabSeparatedWithNames',
  'TabSeparatedWithNamesAndTypes',
  'CSV',
  'CSVWithNamesAndTypes',
  'JSON',
  'JSONCompact',
  'JSONEachRow',
  'JSONStringsEachRow',
  'JSONCompactEachRow',
  'JSONCompactEachRowWithNames',
  'JSONCompactEachRowWithNamesAndTypes',
  'JSONCompactStringsEachRow',
  'TSKV',
  'Values',
]

for (const format of readable)
  test(`${format}: every type, there and back, in pieces of any size`, async () => {
    const memory = newMemory('core.debug')
    const settings = { output_format_json_quote_denormals: 1 }
    const chunk = sampleChunk(new Arena(memory))
    const bytes = write(format, sampleSchema, chunk, memory, settings).bytes()
    const values = chunk.columns.map(valuesOf)
    for (const piece of [1 << 20, 7])
      assert.deepEqual((await read(format, sampleSchema, bytes, memory, settings, piece)).columns, values)
  })
