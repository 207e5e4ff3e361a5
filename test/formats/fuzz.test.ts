import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DBError } from '../../runtime/core/errors.ts'
import { Arena, type Memory } from '../../runtime/core/memory.ts'
import { formats } from '../../runtime/formats/registry.ts'
import { newMemory } from '../harness.ts'
import { read, sampleChunk, sampleSchema, schemaOf, write } from './samples.ts'

/** Reads; anything but rows or an error of ours is a failure. */
async function readsOrRefuses(format: string, bytes: Uint8Array, piece: number, memory: Memory, schema = sampleSchema) {
  try {
    const { columns } = await read(format, schema, bytes, memory, {}, piece)
    const [rows] = columns.map(column => column.length)
    assert.ok(columns.every(column => column.length === rows))
  } catch (error) {
    if (!(error instanceof DBError) || error.errorName === 'LOGICAL_ERROR') throw error
  }
}

const readable = formats.filter(({ reader, writer }) => reader && writer)
const single = new Set(['LineAsString', 'RawBLOB'])

for (const { name } of readable) {
  if (single.has(name)) continue
  test(`${name}: broken input is refused, and never traps or hangs`, async () => {
    const memory = newMemory('core.debug')
    const arena = new Arena(memory)
    const valid = write(name, sampleSchema, sampleChunk(arena), memory).bytes()
    const change = fc.record({ at: fc.nat(valid.length - 1), to: fc.nat(255), cut: fc.nat(3) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 3000 }),
        async (changes, piece) => {
          let bytes = valid.slice()
          for (const { at, to, cut } of changes) {
            if (at >= bytes.length) continue
            if (cut === 0) bytes = bytes.slice(0, at)
            else if (cut === 1) bytes = Uint8Array.from([...bytes.slice(0, at), to, ...bytes.slice(at)])
            else bytes[at] = to
          }
          await readsOrRefuses(name, bytes, piece, memory)
        },
      ),
      { numRuns: 50, seed: 7 },
    )
  })
}

test('texts of brackets, quotes and escapes', async () => {
  const memory = newMemory('core.debug')
  const schema = schemaOf({
    a: 'Array(Tuple(Nullable(Int8), Map(String, Array(String))))',
    b: 'Nullable(String)',
    c: 'DateTime64(3)',
  })
  const piece = fc.constantFrom(
    ...'[](){}\'"\\,:\t\n N0-1.e'.split(''),
    '"a":',
    '"b":',
    'null',
    'NULL',
    '\\N',
    '[]',
    '2020-01-01',
    '\u00e9',
  )
  for (const format of [
    'TabSeparated',
    'CSV',
    'JSONEachRow',
    'JSONCompactEachRow',
    'Values',
    'JSON',
    'TSKV',
    'JSONAsString',
    'LineAsString',
  ])
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), async (pieces, size) => {
        const wanted = format === 'JSONAsString' || format === 'LineAsString' ? schemaOf({ s: 'String' }) : schema
        await readsOrRefuses(format, new TextEncoder().encode(pieces.join('')), size, memory, wanted)
      }),
      { numRuns: 60, seed: 11 },
    )
})
