import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnOf } from '../../runtime/columns/build.ts'
import { noRow } from '../../runtime/columns/column.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { JoinTable, markJoined } from '../../runtime/exec/joinTable.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import { newMemory } from '../harness.ts'

const memory = newMemory('core.debug')
const type = parseType('Nullable(UInt32)')
const build = [
  [5, 7, null, 5],
  [9, 7],
]
const probe = [7, 1, null, 5]

function open() {
  const arena = new Arena(memory)
  const table = new JoinTable(arena, [type])
  for (const rows of build) table.add([columnOf(type, rows, arena)], rows.length, arena)
  table.seal()
  return { arena, table, probing: table.probe([columnOf(type, probe, arena)], probe.length, arena) }
}

const read = (pointer: number, count: number) => Array.from(memory.u32.subarray(pointer / 4, pointer / 4 + count))

test('pairs come in the order of both sides, NULL joins nothing', () => {
  for (const pairsMax of [1, 2, 100])
    for (const outer of [false, true]) {
      const { probing, arena } = open()
      const pairs: number[][] = []
      for (let piece = probing.pairs(pairsMax, outer); piece; piece = probing.pairs(pairsMax, outer)) {
        const [left, right] = [read(piece.probe, piece.count), read(piece.build, piece.count)]
        left.forEach((row, i) => pairs.push([row, right[i]]))
      }
      const inner = [
        [0, 1],
        [0, 5],
        [3, 0],
        [3, 3],
      ]
      const all = [
        [0, 1],
        [0, 5],
        [1, noRow],
        [2, noRow],
        [3, 0],
        [3, 3],
      ]
      assert.deepEqual(pairs, outer ? all : inner)
      arena.destroy()
    }
})

test('one row of a key, whether there is one, and the rows that nobody joined', () => {
  const { probing, table, arena } = open()
  assert.deepEqual(read(probing.one(), 4), [1, noRow, noRow, 0])
  assert.deepEqual(read(probing.one(true), 4), [5, noRow, noRow, 3])
  const found = probing.found()
  assert.deepEqual(Array.from(memory.bytes(found, 4)), [1, 0, 0, 1])
  const marks = table.newMarks(arena)
  const pairs = probing.pairs(100, true)
  assert.ok(pairs)
  markJoined(marks, pairs, arena)
  const { rows, count } = table.unmarked(marks, arena)
  assert.deepEqual(read(rows, count), [2, 4])
  arena.destroy()
})
