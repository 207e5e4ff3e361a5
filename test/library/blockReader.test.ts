import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Block, BlockReader } from '../../runtime/library/blockReader.ts'
import { ColumnSet } from '../../runtime/library/columnSet.ts'
import { withDatabase } from './openMemory.ts'

test('blocks are found in pieces of any size', () =>
  withDatabase(async db => {
    const query = `SELECT number, toString(number) s, [number, 1] a, toLowCardinality(toString(number % 3)) l, map('k', number) m,
      if(number % 2, NULL, toDecimal32(number, 1)) d, (number, repeat('x', number % 300)) t FROM numbers(1000) SETTINGS max_block_size = 300`
    const expected = await db.query(query).rows()
    const bytes = await db.query(query).bytes('NativeWithHeader')
    for (const size of [1, 7, 1000, 65_536]) {
      const reader = new BlockReader()
      const blocks: Block[] = []
      for (let at = 0; at < bytes.length; at += size) blocks.push(...reader.push(bytes.slice(at, at + size)))
      blocks.push(...reader.finish())
      const [header, ...rest] = blocks
      assert.equal(header.rows, 0)
      assert.deepEqual(new ColumnSet(header, rest, {}).rows(), expected)
    }
    const cut = new BlockReader()
    cut.push(bytes.slice(0, -1))
    assert.throws(() => cut.finish(), { errorName: 'CANNOT_READ_ALL_DATA' })
  }))
