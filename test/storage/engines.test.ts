import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnOf } from '../../runtime/columns/build.ts'
import { Chunk } from '../../runtime/columns/chunk.ts'
import { packChunk, unpackChunk } from '../../runtime/columns/transfer.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { FaultyDisk } from '../../runtime/storage/disks/faulty.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { decodeLogBlock, encodeLogBlock, LogTable } from '../../runtime/storage/engines/logTable.ts'
import { MemoryTable } from '../../runtime/storage/engines/memoryTable.ts'
import { FrameCodec } from '../../runtime/storage/mergetree/frames.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import { newMemory, random } from '../harness.ts'

const memory = newMemory('core.debug')
const codec = new FrameCodec(memory)
const arena = new Arena(memory)
const chunkOf = (...texts: string[]): Chunk => new Chunk([columnOf(parseType('String'), texts, arena)], texts.length)
const textsOf = (chunk: Chunk): unknown[] =>
  Array.from({ length: chunk.rows }, (_, row) => chunk.columns[0].valueAt(row))

test('Memory: a reader keeps what it started with', () => {
  const table = new MemoryTable()
  table.append([packChunk(chunkOf('a', 'b'))])
  const before = table.snapshot()
  table.append([packChunk(chunkOf('c')), packChunk(chunkOf())])
  assert.equal(table.rows, 3)
  assert.deepEqual(
    before.map(packed => textsOf(unpackChunk(packed, arena))),
    [['a', 'b']],
  )
  table.replace([])
  assert.equal(table.rows + table.bytes, 0)
})

async function read(table: LogTable): Promise<unknown[]> {
  const all: unknown[] = []
  for (const { path, bytes } of table.files())
    for (const chunk of decodeLogBlock(await table.disk.read(path, 0, bytes), codec, arena)) all.push(...textsOf(chunk))
  return all
}

test('Log: rows come back in the order they came, also after a start', async () => {
  const disk = new MemoryDisk()
  const table = await LogTable.open(disk, 'data/log', codec)
  await table.append(encodeLogBlock([chunkOf('a', 'b'), chunkOf('c')], codec), 3)
  for (let i = 0; i < 11; i++) await table.append(encodeLogBlock([chunkOf(`${i}`)], codec), 1)
  await table.append(encodeLogBlock([], codec), 0)
  const again = await LogTable.open(disk, 'data/log', codec)
  assert.equal(again.rows, 14)
  assert.deepEqual(await read(again), ['a', 'b', 'c', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10'])
  await again.truncate()
  assert.equal(again.rows, 0)
  assert.deepEqual(await disk.list('data/log'), [])
})

test('Log: an INSERT is there whole or not at all', async () => {
  for (let crashAtStep = 0; crashAtStep < 6; crashAtStep++) {
    const survivor = new MemoryDisk()
    const disk = new FaultyDisk(survivor, random(crashAtStep), { crashAtStep })
    const table = await LogTable.open(disk, 'log', codec)
    let acknowledged = 0
    for (let i = 0; i < 6; i++)
      await table.append(encodeLogBlock([chunkOf(`${i}`, `${i}`)], codec), 2).then(
        () => acknowledged++,
        () => {},
      )
    const rows = await read(await LogTable.open(survivor, 'log', codec))
    assert.ok(rows.length >= acknowledged * 2 && rows.length % 2 === 0)
  }
})

test('Log: damage is noticed', async () => {
  const bytes = encodeLogBlock([chunkOf('some', 'text')], codec).slice()
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] ^= 1
    assert.throws(() => [...decodeLogBlock(bytes, codec, arena)])
    bytes[at] ^= 1
  }
})
