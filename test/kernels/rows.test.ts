// Masks, filters, gathers, selects, and offsets against their plain twins.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newMemory, random } from '../harness.ts'
import {
  kernel,
  readStrings,
  readValues,
  rowCounts,
  someMask,
  someStrings,
  withArena,
  writeStrings,
  writeValues,
} from './values.ts'

const widths = [1, 2, 4, 8, 16, 5] as const
const densities = [0, 0.02, 0.5, 0.98, 1]
const nowhere = 0xffffffff
const kernelName = (verb: string, width: number): string => verb + (width === 5 ? 'N' : width)
/** The width is an argument of the N kernels only. */
const extra = (width: number): number[] => (width === 5 ? [width] : [])

test('masks: logic, counts, row numbers', () => {
  const memory = newMemory()
  const { kernels } = memory
  for (const rows of [...rowCounts, 5000])
    for (const density of densities)
      withArena(memory, arena => {
        const [a, b] = [someMask(rows, rows, density), someMask(rows, rows + 1)]
        const [pa, pb, out] = [writeValues(arena, 'U8', a), writeValues(arena, 'U8', b), arena.allocate(rows)]
        const read = () => readValues(memory, 'U8', out, rows)
        kernels.maskAnd(pa, pb, out, rows)
        assert.deepEqual(
          read(),
          a.map((x, i) => x & b[i]),
        )
        kernels.maskOr(pa, pb, out, rows)
        assert.deepEqual(
          read(),
          a.map((x, i) => x | b[i]),
        )
        kernels.maskXor(pa, pb, out, rows)
        assert.deepEqual(
          read(),
          a.map((x, i) => x ^ b[i]),
        )
        kernels.maskAndNot(pa, pb, out, rows)
        assert.deepEqual(
          read(),
          a.map((x, i) => x & (1 - b[i])),
        )
        kernels.maskNot(pa, out, rows)
        assert.deepEqual(
          read(),
          a.map(x => 1 - x),
        )
        assert.equal(
          kernels.countMask(pa, rows),
          a.reduce((sum, x) => sum + x, 0),
        )
        assert.equal(kernels.firstInMask(pa, rows), a.indexOf(1))
        const indices = arena.allocate((rows + 8) * 4)
        const count = kernels.maskToIndices(pa, rows, indices)
        const expected = a.flatMap((x, i) => (x ? [i] : []))
        assert.deepEqual(readValues(memory, 'U32', indices, count), expected)
        kernels.indicesToMask(indices, count, out, rows)
        assert.deepEqual(read(), a)
      })
})

test('AND and OR of three values', () => {
  const memory = newMemory()
  withArena(memory, arena => {
    const values: (number | null)[] = [0, 1, null]
    const pairs = values.flatMap(a => values.map(b => [a, b]))
    const column = (side: number) => ({
      values: writeValues(
        arena,
        'U8',
        pairs.map(pair => pair[side] ?? 0),
      ),
      nulls: writeValues(
        arena,
        'U8',
        pairs.map(pair => Number(pair[side] === null)),
      ),
    })
    const [a, b] = [column(0), column(1)]
    const [out, nulls] = [arena.allocate(16), arena.allocate(16)]
    const read = () => readValues(memory, 'U8', out, 9).map((value, i) => (memory.u8[nulls + i] ? null : value))
    memory.kernels.ternaryAnd(a.values, a.nulls, b.values, b.nulls, out, nulls, 9)
    assert.deepEqual(
      read(),
      pairs.map(([x, y]) => (x === 0 || y === 0 ? 0 : x === null || y === null ? null : 1)),
    )
    memory.kernels.ternaryOr(a.values, a.nulls, b.values, b.nulls, out, nulls, 9)
    assert.deepEqual(
      read(),
      pairs.map(([x, y]) => (x === 1 || y === 1 ? 1 : x === null || y === null ? null : 0)),
    )
  })
})

test('filters keep the rows of the mask, also in place', () => {
  const memory = newMemory()
  const next = random(5)
  for (const width of widths)
    for (const rows of [...rowCounts, 3000])
      for (const density of densities)
        withArena(memory, arena => {
          const bytes = Uint8Array.from({ length: rows * width }, () => next() * 256)
          const mask = someMask(rows, rows + width, density)
          const expected = mask.flatMap((x, i) => (x ? [...bytes.subarray(i * width, i * width + width)] : []))
          const [values, pm, out] = [
            arena.allocate(bytes.length),
            writeValues(arena, 'U8', mask),
            arena.allocate(bytes.length),
          ]
          memory.copyIn(values, bytes)
          const filter = kernel(memory, kernelName('filter', width))
          for (const target of [out, values]) {
            const kept = filter(values, ...extra(width), pm, target, rows)
            assert.equal(kept * width, expected.length, `filter${width} ${rows} ${density}`)
            assert.deepEqual([...memory.copyOut(target, kept * width)], expected, `filter${width} ${rows} ${density}`)
          }
        })
})

test('gathers take rows by number, and scatters put them back', () => {
  const memory = newMemory()
  const next = random(6)
  for (const width of widths)
    for (const rows of rowCounts)
      withArena(memory, arena => {
        const bytes = Uint8Array.from({ length: 50 * width }, () => next() * 256)
        const indices = Array.from({ length: rows }, () => Math.floor(next() * 50))
        const holes = indices.map(index => (next() < 0.3 ? nowhere : index))
        const row = (i: number) =>
          i === nowhere ? new Array(width).fill(0) : [...bytes.subarray(i * width, i * width + width)]
        const [values, out] = [arena.allocate(bytes.length), arena.allocate(rows * width)]
        memory.copyIn(values, bytes)
        kernel(memory, width === 5 ? 'gatherBytes' : `gather${width}`)(
          values,
          ...extra(width),
          writeValues(arena, 'U32', holes),
          rows,
          out,
        )
        assert.deepEqual([...memory.copyOut(out, rows * width)], holes.flatMap(row), `gather${width}`)

        const order = Array.from({ length: 50 }, (_, i) => (i * 7) % 50)
        const target = arena.allocate(50 * width)
        const scatter = kernel(memory, kernelName('scatter', width))
        scatter(values, ...extra(width), writeValues(arena, 'U32', order), target, 50)
        const back = order.flatMap(i => [...memory.copyOut(target + i * width, width)])
        assert.deepEqual(back, [...bytes], `scatter${width}`)
      })
})

test('strings: filter, gather, select, fill', () => {
  const memory = newMemory()
  const { kernels } = memory
  const next = random(8)
  for (const rows of rowCounts)
    for (const density of densities)
      withArena(memory, arena => {
        const strings = someStrings(rows, rows + 1)
        const { offsets, bytes } = writeStrings(arena, strings)
        const mask = someMask(rows, rows, density)
        const pm = writeValues(arena, 'U8', mask)
        const outOffsets = arena.allocate((rows + 1) * 4)

        const kept = strings.filter((_, i) => mask[i])
        const size = kernels.filterStringsSize(offsets, pm, rows)
        assert.equal(size, kept.join('').length)
        const filtered = arena.allocate(size)
        assert.equal(kernels.filterStrings(offsets, bytes, pm, outOffsets, filtered, rows), kept.length)
        assert.deepEqual(readStrings(memory, outOffsets, filtered, kept.length), kept)

        const indices = Array.from({ length: rows }, () => (next() < 0.2 ? nowhere : Math.floor(next() * rows)))
        const pi = writeValues(arena, 'U32', indices)
        const taken = indices.map(index => (index === nowhere ? '' : strings[index]))
        const takenSize = kernels.gatherOffsets(offsets, pi, rows, outOffsets)
        assert.equal(takenSize, taken.join('').length)
        const gathered = arena.allocate(takenSize)
        kernels.gatherStrings(offsets, bytes, pi, rows, outOffsets, gathered)
        assert.deepEqual(readStrings(memory, outOffsets, gathered, rows), taken)

        const others = someStrings(rows, rows + 2)
        const other = writeStrings(arena, others)
        const picked = strings.map((text, i) => (mask[i] ? text : others[i]))
        const pickedSize = kernels.selectStringsSize(pm, offsets, other.offsets, rows)
        assert.equal(pickedSize, picked.join('').length)
        const selected = arena.allocate(pickedSize)
        kernels.selectStrings(pm, offsets, bytes, other.offsets, other.bytes, outOffsets, selected, rows)
        assert.deepEqual(readStrings(memory, outOffsets, selected, rows), picked)

        const { pointer } = memory.writeText(arena, 'abcdefghijklmnopqrstu')
        const filled = arena.allocate(rows * 21)
        kernels.fillStrings(pointer, 21, outOffsets, filled, rows)
        assert.deepEqual(readStrings(memory, outOffsets, filled, rows), new Array(rows).fill('abcdefghijklmnopqrstu'))
      })
})

test('select of every width', () => {
  const memory = newMemory()
  const next = random(9)
  for (const width of widths)
    for (const rows of rowCounts)
      withArena(memory, arena => {
        const some = () => Uint8Array.from({ length: rows * width }, () => next() * 256)
        const [a, b] = [some(), some()]
        const mask = someMask(rows, rows)
        const [pa, pb, out] = [a, b, a].map(bytes => arena.allocate(bytes.length))
        memory.copyIn(pa, a)
        memory.copyIn(pb, b)
        const select = kernel(memory, kernelName('selectByMask', width))
        select(writeValues(arena, 'U8', mask), pa, pb, ...extra(width), out, rows)
        const expected = mask.flatMap((x, i) => [...(x ? a : b).subarray(i * width, i * width + width)])
        assert.deepEqual([...memory.copyOut(out, rows * width)], expected, `selectByMask${width}`)
      })
})

test('offsets and lengths, arrays, sequences', () => {
  const memory = newMemory()
  const { kernels } = memory
  for (const rows of rowCounts)
    withArena(memory, arena => {
      const lengths = Array.from({ length: rows }, (_, i) => (i * 5) % 7)
      const total = lengths.reduce((sum, length) => sum + length, 0)
      const [offsets, out] = [arena.allocate((rows + 1) * 4), arena.allocate((rows + 1) * 8)]
      assert.equal(kernels.lengthsToOffsets(writeValues(arena, 'U32', lengths), offsets, rows), total)
      kernels.rebaseOffsets(offsets, rows, 3, offsets)
      kernels.offsetsToLengths(offsets, out, rows)
      assert.deepEqual(readValues(memory, 'U32', out, rows), lengths)
      kernels.offsetsToLengthsU64(offsets, out, rows)
      assert.deepEqual(readValues(memory, 'U64', out, rows), lengths.map(BigInt))
      kernels.offsetsToU64(offsets, out, rows)
      const again = arena.allocate((rows + 1) * 4)
      assert.equal(kernels.offsetsFromU64(out, again, rows), 0)
      kernels.rebaseOffsets(again, rows, 3, again)
      assert.deepEqual(readValues(memory, 'U32', again, rows + 1), readValues(memory, 'U32', offsets, rows + 1))

      const elements = arena.allocate(total * 4)
      kernels.replicateIndices(offsets, elements, rows)
      assert.deepEqual(
        readValues(memory, 'U32', elements, total),
        lengths.flatMap((n, i) => new Array(n).fill(i)),
      )
      kernels.enumerateElements(offsets, elements, rows)
      assert.deepEqual(
        readValues(memory, 'U32', elements, total),
        lengths.flatMap(n => Array.from({ length: n }, (_, i) => i + 1)),
      )

      const indices = lengths.map((_, i) => (i % 4 === 0 ? nowhere : (i * 3) % rows))
      const pi = writeValues(arena, 'U32', indices)
      const starts = readValues(memory, 'U32', offsets, rows + 1) as number[]
      const expected = indices.map(i =>
        i === nowhere ? [] : Array.from({ length: lengths[i] }, (_, k) => starts[i] + k),
      )
      const count = kernels.gatherOffsets(offsets, pi, rows, again)
      assert.equal(count, expected.flat().length)
      const nested = arena.allocate(count * 4)
      kernels.gatherElements(offsets, pi, rows, nested)
      assert.deepEqual(readValues(memory, 'U32', nested, count), expected.flat())

      const mask = someMask(rows, 3)
      const spread = arena.allocate(total)
      kernels.spreadMask(offsets, writeValues(arena, 'U8', mask), spread, rows)
      assert.deepEqual(
        readValues(memory, 'U8', spread, total),
        lengths.flatMap((n, i) => new Array(n).fill(mask[i])),
      )

      kernels.fillRange(7, 1, rows, out)
      assert.deepEqual(
        readValues(memory, 'U32', out, rows),
        lengths.map((_, i) => i + 7),
      )
      kernels.sequenceI64(writeValues(arena, 'I64', [-5n]), writeValues(arena, 'I64', [3n]), out, rows)
      assert.deepEqual(
        readValues(memory, 'I64', out, rows),
        lengths.map((_, i) => BigInt(i) * 3n - 5n),
      )
    })
})
