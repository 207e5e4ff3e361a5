// Kernels that move, mark and number rows: selections, ARRAY JOIN, join pairs, runs of merges.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newMemory } from '../harness.ts'
import {
  kernel,
  readStrings,
  readValues,
  rowCounts,
  shorthands,
  someIds,
  someMask,
  someStrings,
  someValues,
  toTyped,
  withArena,
  writeStrings,
  writeValues,
} from './values.ts'

const noRow = 0xffffffff
const memory = newMemory()
const { kernels } = memory

const { u8, u32, readU8, readU32, readU64, forRows } = shorthands(memory)

/** Some of them are of no row. */
const idsWithMissing = (rows: number, below: number, seed: number, missing: number): number[] => {
  const absent = someMask(rows, seed + 77, missing)
  return someIds(rows, below, seed).map((id, i) => (absent[i] ? noRow : id))
}

/** Sizes of 0 to 4 as offsets, not from 0. */
const someOffsets = (rows: number, seed: number): number[] => {
  const offsets = [3]
  for (const size of someIds(rows, 5, seed)) offsets.push(offsets[offsets.length - 1] + size)
  return offsets
}

test('filling: bytes of any width, numbers, positions', () =>
  forRows((rows, arena) => {
    for (const width of [1, 2, 3, 8, 20]) {
      const value = Array.from({ length: width }, (_, i) => i * 7 + 1)
      const out = arena.allocate(rows * width)
      kernels.fillBytes(u8(arena, value), width, rows, out)
      assert.deepEqual(readU8(out, rows * width), Array.from({ length: rows }, () => value).flat())
    }
    const out = arena.allocate(rows * 8)
    kernels.fillNumbers(writeValues(arena, 'U64', [2n ** 64n - 3n, 2n]), rows, out)
    assert.deepEqual(
      readU64(out, rows),
      Array.from({ length: rows }, (_, i) => BigInt.asUintN(64, BigInt(i) * 2n - 3n)),
    )
    const indices = someIds(rows, 1000, rows)
    const base = 2 ** 40 + 5
    kernels.fillPositions(base, u32(arena, indices), rows, out)
    assert.deepEqual(
      readU64(out, rows),
      indices.map(row => BigInt(base + row)),
    )
    kernels.fillPositions(base, 0, rows, out)
    assert.deepEqual(
      readU64(out, rows),
      indices.map((_, i) => BigInt(base + i)),
    )
  }))

test('masks and row numbers', () =>
  forRows((rows, arena) => {
    const [a, b] = [someMask(rows, rows + 1), someMask(rows, rows + 2)]
    const out = arena.allocate(rows * 4)
    kernels.orMasks(u8(arena, a), u8(arena, b), rows, out)
    assert.deepEqual(
      readU8(out, rows),
      a.map((x, i) => x | b[i]),
    )
    kernels.andNotMasks(u8(arena, a), u8(arena, b), rows, out)
    assert.deepEqual(
      readU8(out, rows),
      a.map((x, i) => x & (1 - b[i])),
    )
    assert.equal(kernels.isMask(u8(arena, a), rows), 1)
    for (const at of [0, rows - 1]) if (rows > 0) assert.equal(kernels.isMask(u8(arena, a.with(at, 2)), rows), 0)
    kernels.chooseRows(u8(arena, a), rows, out)
    assert.deepEqual(
      readU32(out, rows),
      a.map((x, i) => (x ? i : rows + i)),
    )
    const ids = idsWithMissing(rows, 9, rows, 0.3)
    kernels.isFound(u32(arena, ids), rows, out)
    assert.deepEqual(
      readU8(out, rows),
      ids.map(id => Number(id !== noRow)),
    )
    const nulls = u8(arena, b)
    kernels.markNoRow(u32(arena, ids), rows, noRow, nulls)
    assert.deepEqual(
      readU8(nulls, rows),
      b.map((x, i) => (ids[i] === noRow ? 1 : x)),
    )
    const added = u32(arena, ids)
    kernels.addToU32(added, rows, 7)
    assert.deepEqual(
      readU32(added, rows),
      ids.map(id => (id + 7) >>> 0),
    )
  }))

test('nonZero knows -0, and every width', () =>
  forRows((rows, arena) => {
    for (const suffix of ['I8', 'U16', 'I32', 'U64', 'F32', 'F64'] as const) {
      const values = someValues(suffix, rows, rows).map((value, i) => (i % 3 === 0 ? toTyped(suffix, [0])[0] : value))
      const out = arena.allocate(rows)
      const at = writeValues(arena, suffix, values)
      kernels.nonZero(at, toTyped(suffix, []).BYTES_PER_ELEMENT, Number(suffix[0] === 'F'), rows, out)
      assert.deepEqual(
        readU8(out, rows),
        values.map(value => Number(Number(value) !== 0)),
      )
    }
    const words = someMask(rows * 4, 5, 0.1)
    const wide = writeValues(arena, 'U64', words.map(BigInt))
    for (const width of [16, 32]) {
      const out = arena.allocate(rows)
      kernels.nonZero(wide, width, 0, rows, out)
      assert.deepEqual(
        readU8(out, rows),
        Array.from({ length: rows }, (_, i) => Number(words.slice((i * width) / 8, ((i + 1) * width) / 8).includes(1))),
      )
    }
  }))

test('LIMIT BY counts across calls', () => {
  const twin = (ids: number[], counts: number[], from: number, to: number) =>
    ids.map(id => {
      const seen = counts[id]++
      return Number(seen >= from && seen < to)
    })
  for (const [from, to] of [[0, 1], [0, 3], [2, 5]]) // biome-ignore format: pairs
    withArena(memory, arena => {
      const counts = arena.allocateZeroed(4 * 7)
      const expected = new Array(7).fill(0)
      for (const rows of rowCounts) {
        const ids = someIds(rows, 7, rows + from)
        const mask = arena.allocate(rows)
        kernels.limitByMask(u32(arena, ids), rows, counts, from, to, mask)
        assert.deepEqual(readU8(mask, rows), twin(ids, expected, from, to))
      }
    })
})

test('ARRAY JOIN: rows and elements, with and without empty arrays', () =>
  forRows((rows, arena) => {
    const offsets = someOffsets(rows, rows)
    const at = u32(arena, offsets)
    for (const keepEmpty of [0, 1]) {
      const pairs: [number, number][] = []
      for (let row = 0; row < rows; row++) {
        if (offsets[row] === offsets[row + 1] && keepEmpty) pairs.push([row, noRow])
        for (let element = offsets[row]; element < offsets[row + 1]; element++) pairs.push([row, element])
      }
      assert.equal(kernels.arrayJoinRows(at, rows, keepEmpty), pairs.length)
      const [rowOf, numbers] = [arena.allocate(pairs.length * 4), arena.allocate(pairs.length * 4)]
      kernels.arrayJoinNumbers(at, rows, keepEmpty, noRow, rowOf, numbers)
      assert.deepEqual(
        readU32(rowOf, pairs.length),
        pairs.map(([row]) => row),
      )
      assert.deepEqual(
        readU32(numbers, pairs.length),
        pairs.map(([, element]) => element),
      )
    }
    const other = offsets.map(offset => offset + 11)
    assert.equal(kernels.equalSizes(at, u32(arena, other), rows), 1)
    if (rows > 0) assert.equal(kernels.equalSizes(at, u32(arena, other.with(rows, other[rows] + 1)), rows), 0)
  }))

test('runs: repeated ids, positions, limits', () =>
  forRows((rows, arena) => {
    const offsets = someOffsets(rows, rows + 1)
    const at = u32(arena, offsets)
    const total = offsets[rows] - offsets[0]
    const sizes = offsets.slice(1).map((end, i) => end - offsets[i])
    const ids = someIds(rows, 50, rows)
    const out = arena.allocate(total * 4)
    kernels.repeatIds(u32(arena, ids), at, rows, out)
    assert.deepEqual(
      readU32(out, total),
      ids.flatMap((id, i) => new Array(sizes[i]).fill(id)),
    )
    kernels.positionsInRows(at, rows, out)
    assert.deepEqual(
      readU32(out, total),
      sizes.flatMap(size => Array.from({ length: size }, (_, i) => i)),
    )
    kernels.runIndices(u32(arena, ids), at, rows, out)
    assert.deepEqual(
      readU32(out, total),
      sizes.flatMap((size, row) => Array.from({ length: size }, (_, i) => ids[row] + i)),
    )
    for (const limit of [0, 1, 3, 9])
      for (const last of [0, 1]) {
        const [newOffsets, starts] = [arena.allocate((rows + 1) * 4), arena.allocate(rows * 4)]
        const kept = sizes.map(size => Math.min(size, limit))
        assert.equal(
          kernels.limitRuns(at, rows, limit, last, newOffsets, starts),
          kept.reduce((sum, size) => sum + size, 0),
        )
        const expected = [0]
        for (const size of kept) expected.push(expected[expected.length - 1] + size)
        assert.deepEqual(readU32(newOffsets, rows + 1), expected)
        assert.deepEqual(
          readU32(starts, rows),
          kept.map((size, i) => (last ? offsets[i + 1] - size : offsets[i])),
        )
      }
  }))

test('join: chains of rows by key, pairs in pieces', () =>
  forRows((rows, arena) => {
    const keys = 6
    const right = idsWithMissing(rows, keys, rows, 0.2)
    const left = idsWithMissing(rows, keys, rows + 1, 0.2)
    const rightIds = u32(arena, right)
    const nulls = someMask(rows, rows + 2, 0.2)
    kernels.clearIds(rightIds, u8(arena, nulls), rows, noRow)
    const there = right.map((id, i) => (nulls[i] ? noRow : id))
    assert.deepEqual(readU32(rightIds, rows), there)
    const [heads, next, firsts] = [arena.allocate(keys * 4), arena.allocate(rows * 4), arena.allocate(rows * 4)]
    kernels.chainRows(rightIds, rows, keys, noRow, heads, next)
    kernels.headsOf(u32(arena, left), rows, heads, noRow, firsts)
    for (const onlyFirst of [0, 1]) {
      const expected = left.flatMap((id, row) => {
        const matches = id === noRow ? [] : there.flatMap((other, i) => (other === id ? [[row, i]] : []))
        return onlyFirst ? matches.slice(0, 1) : matches
      })
      for (const capacity of [1, 7, 100_000]) {
        if (capacity < 7 && expected.length > 1000) continue
        const room = Math.min(capacity, expected.length + 1)
        const [state, lefts, rights] = [arena.allocateZeroed(8), arena.allocate(room * 4), arena.allocate(room * 4)]
        const pairs: number[][] = []
        for (;;) {
          const count = kernels.joinPairs(firsts, rows, next, noRow, onlyFirst, room, state, lefts, rights)
          if (count === 0) break
          const rightRows = readU32(rights, count)
          readU32(lefts, count).forEach((row, i) => {
            pairs.push([row, rightRows[i]])
          })
        }
        assert.deepEqual(pairs, expected)
      }
    }
  }))

test('join: every pair of two sides', () => {
  for (const [leftRows, rightRows] of [[0, 3], [3, 0], [1, 1], [5, 17], [40, 3]]) // biome-ignore format: pairs
    withArena(memory, arena => {
      const state = arena.allocateZeroed(8)
      const [lefts, rights] = [arena.allocate(7 * 4), arena.allocate(7 * 4)]
      const pairs: number[][] = []
      for (;;) {
        const count = kernels.crossPairs(leftRows, rightRows, 7, state, lefts, rights)
        if (count === 0) break
        const rightNumbers = readU32(rights, count)
        readU32(lefts, count).forEach((row, i) => {
          pairs.push([row, rightNumbers[i]])
        })
      }
      assert.deepEqual(
        pairs,
        Array.from({ length: leftRows * rightRows }, (_, i) => [Math.floor(i / rightRows), i % rightRows]),
      )
    })
})

test('join: marked rows, and each row once', () =>
  forRows((rows, arena) => {
    const numbers = someIds(rows, 40, rows)
    const others = numbers.map((_, i) => i + 1000)
    const marks = arena.allocateZeroed(40)
    kernels.markRows(u32(arena, numbers), rows, marks)
    assert.deepEqual(
      readU8(marks, 40),
      Array.from({ length: 40 }, (_, i) => Number(numbers.includes(i))),
    )
    const [fresh, a, b] = [arena.allocateZeroed(40), u32(arena, numbers), u32(arena, others)]
    const expected = numbers.flatMap((row, i) => (numbers.indexOf(row) === i ? [[row, others[i]]] : []))
    const kept = kernels.firstPairs(a, b, rows, fresh)
    const keptOthers = readU32(b, kept)
    assert.deepEqual(
      readU32(a, kept).map((row, i) => [row, keptOthers[i]]),
      expected,
    )
    assert.deepEqual(readU8(fresh, 40), readU8(marks, 40))
  }))

test('merges: sums of runs of floats', () =>
  forRows((rows, arena) => {
    const groups = someIds(rows, 5, rows)
    const nulls = someMask(rows, rows, 0.3)
    for (const suffix of ['F32', 'F64'] as const) {
      const values = Array.from(toTyped(suffix, someIds(rows, 1000, rows + 3)) as Float64Array)
      for (const withNulls of [false, true]) {
        const out = arena.allocateZeroed(5 * 8)
        const at = writeValues(arena, suffix, values)
        kernel(memory, `sumRuns${suffix}`)(at, u32(arena, groups), rows, withNulls ? u8(arena, nulls) : 0, out)
        const expected = new Array(5).fill(0)
        values.forEach((value, i) => {
          if (!(withNulls && nulls[i])) expected[groups[i]] += value
        })
        assert.deepEqual(readValues(memory, suffix, out, 5), expected)
      }
    }
  }))

test('keys side by side, and strings copied to given places', () =>
  forRows((rows, arena) => {
    const columns = [1, 2, 3].map(seed => someValues('U64', rows, seed + rows) as bigint[])
    const target = arena.allocate(rows * 24)
    columns.forEach((keys, word) => {
      kernels.keysInterleave(writeValues(arena, 'U64', keys), rows, target, 3, word)
    })
    assert.deepEqual(
      readU64(target, rows * 3),
      Array.from({ length: rows * 3 }, (_, i) => columns[i % 3][Math.floor(i / 3)]),
    )
    const strings = someStrings(rows, rows + 5)
    const { offsets, bytes } = writeStrings(arena, strings)
    const kept = strings.map((text, i) => (i % 4 === 1 ? '' : text))
    const places = [0]
    for (const text of kept) places.push(places[places.length - 1] + text.length)
    const copies = arena.allocate(places[rows])
    const placesAt = u32(arena, places)
    kernels.copyRows(offsets, bytes, rows, placesAt, copies)
    assert.deepEqual(readStrings(memory, placesAt, copies, rows), kept)
  }))

test('strings: marks for several needles, first lines, ASCII', () =>
  forRows((rows, arena) => {
    const strings = someStrings(rows, rows).map((text, i) =>
      i % 5 === 0 ? `${text}\r\nline` : i % 5 === 1 ? `${text}\nNeedle` : text,
    )
    const { offsets, bytes } = writeStrings(arena, strings)
    const mask = arena.allocateZeroed(rows)
    const write = (text: string) => memory.writeText(arena, text)
    const [line, needle] = [write('line'), write('needle')]
    kernels.markString(offsets, bytes, rows, line.pointer, line.size, mask, 3, 0)
    kernels.markString(offsets, bytes, rows, needle.pointer, needle.size, mask, 200, 1)
    assert.deepEqual(
      readU8(mask, rows),
      strings.map(text => (/needle/i.test(text) ? 200 : text.includes('line') ? 3 : 0)),
    )
    assert.equal(kernels.markString(offsets, bytes, rows, line.pointer, 0, mask, 9, 0), rows)
    assert.deepEqual(readU8(mask, rows), new Array(rows).fill(9))
    const lines = strings.map(text => text.split(/\r?\n/)[0])
    const [lineOffsets, text] = [arena.allocate((rows + 1) * 4), arena.allocate(rows * 320)]
    kernels.pickFirstLine(offsets, bytes, rows, lineOffsets, text)
    assert.deepEqual(readStrings(memory, lineOffsets, text, rows), lines)
    const ascii = write('x'.repeat(rows))
    assert.equal(kernels.isAscii(ascii.pointer, rows), 1)
    for (const at of [0, rows >> 1, rows - 1]) {
      if (rows === 0) continue
      memory.u8[ascii.pointer + at] = 0xc3
      assert.equal(kernels.isAscii(ascii.pointer, rows), 0)
      assert.equal(kernels.isAscii(ascii.pointer, at), 1)
      memory.u8[ascii.pointer + at] = 120
    }
  }))
