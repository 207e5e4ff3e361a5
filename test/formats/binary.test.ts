import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory } from '../harness.ts'
import { read, sampleChunk, sampleSchema, samples, schemaOf, valuesOf, write } from './samples.ts'

const formats = ['RowBinary', 'RowBinaryWithNames', 'RowBinaryWithNamesAndTypes', 'Native']

for (const format of formats)
  test(`${format}: every type, there and back`, async () => {
    const memory = newMemory('core.debug')
    const arena = new Arena(memory)
    const chunk = sampleChunk(arena)
    const bytes = write(format, sampleSchema, chunk, memory).bytes()
    const expected = chunk.columns.map(valuesOf)
    assert.deepEqual((await read(format, sampleSchema, bytes, memory)).columns, expected)
    assert.deepEqual((await read(format, sampleSchema, bytes, memory, {}, 7)).columns, expected)
    for (const end of [1, 10, Math.floor(bytes.length / 2), bytes.length - 1])
      await assert.rejects(read(format, sampleSchema, bytes.subarray(0, end), memory), { code: 33 })
    assert.equal(samples.length, expected.length)
  })

test('names in the header order the columns; what is not there is left out', async () => {
  const memory = newMemory('core.debug')
  const schema = schemaOf({ a: 'UInt8', b: 'String', c: 'Array(UInt16)' })
  const given = schemaOf({ c: 'Array(UInt16)', x: 'Nullable(String)', a: 'UInt8' })
  const arena = new Arena(memory)
  const { chunkOf } = await import('./samples.ts')
  const chunk = chunkOf(
    given,
    [
      [[1, 2], []],
      [null, 'q'],
      [3, 4],
    ],
    arena,
  )
  for (const format of ['RowBinaryWithNamesAndTypes', 'Native']) {
    const bytes = write(format, given, chunk, memory).bytes()
    const { columns, omitted } = await read(format, schema, bytes, memory)
    assert.deepEqual(columns, [
      [3, 4],
      ['', ''],
      [[1, 2], []],
    ])
    assert.deepEqual(omitted, [[null, 'all', null]])
    await assert.rejects(read(format, schema, bytes, memory, { input_format_skip_unknown_fields: 0 }), { code: 117 })
  }
})

test('Native converts types, and NULL to a default', async () => {
  const memory = newMemory('core.debug')
  const arena = new Arena(memory)
  const { chunkOf } = await import('./samples.ts')
  const given = schemaOf({ a: 'Nullable(String)', b: 'Int32' })
  const chunk = chunkOf(
    given,
    [
      ['12', null],
      [7, -1],
    ],
    arena,
  )
  const bytes = write('Native', given, chunk, memory).bytes()
  const { columns, omitted } = await read('Native', schemaOf({ a: 'UInt16', b: 'String' }), bytes, memory)
  assert.deepEqual(columns, [
    [12, 0],
    ['7', '-1'],
  ])
  assert.equal(typeof omitted[0][0], 'number')
})
