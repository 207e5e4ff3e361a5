import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { DBError } from '../../runtime/core/errors.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { PartReader } from '../../runtime/storage/mergetree/partReader.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory, random } from '../harness.ts'
import { type Shape, TestTable } from './tables.ts'

const shape: Shape = {
  columns: [
    ['k', 'UInt32'],
    ['s', 'String'],
    ['n', 'Nullable(UInt16)'],
    ['a', 'Array(Array(String))'],
    ['lc', 'LowCardinality(Nullable(String))'],
    ['m', 'Map(String, UInt8)'],
  ],
  sorting: ['k'],
  settings: { defaultCodec: 'NONE', indexGranularity: 16 },
}

test('bytes that mean nothing give errors or other values, whatever they are, and never end the core', async () => {
  const memory = newMemory('core.debug')
  const disk = new MemoryDisk()
  const table = await TestTable.open(disk, memory, shape)
  const rows = Array.from({ length: 100 }, (_, i): Value[] => [
    i,
    'x'.repeat(i % 20),
    i % 3 ? i : null,
    [['a'.repeat(i % 4)], []],
    i % 4 ? `v${i % 9}` : null,
    [['key', i]],
  ])
  await table.insert(rows)
  const [part] = table.table.parts()
  const next = random(11)
  const files = [...disk.files].filter(([name]) => /\.(bin|mrk)$/.test(name))
  let errors = 0
  for (const [name, file] of files) {
    const whole = file.bytes
    for (let attempt = 0; attempt < 40; attempt++) {
      file.bytes = whole.slice()
      // Behind the frame's header, so that sizes of frames stay and what is in them does not.
      const from = name.endsWith('.bin') ? 25 : 0
      for (let i = 0; i < 1 + (attempt % 3); i++)
        file.bytes[from + Math.floor(next() * (whole.length - from))] = [0, 1, 127, 128, 255][Math.floor(next() * 5)]
      const reader = new PartReader({ disk, memory, verifyChecksums: false })
      const arena = new Arena(memory)
      const mark = Math.floor(next() * part.marks.count)
      for (const [column] of shape.columns)
        try {
          const [read] = await reader.readColumns(part, [column], attempt % 2 ? 0 : mark, part.marks.count, arena)
          for (let row = 0; row < (read?.rows ?? 0); row++) read?.valueAt(row)
        } catch (error) {
          if (!(error instanceof DBError)) throw error
          errors++
        }
      arena.destroy()
      reader.close()
    }
    file.bytes = whole
  }
  assert.ok(errors > 100)
  assert.deepEqual(await table.rows(), rows)
})
