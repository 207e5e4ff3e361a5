// Aggregate states: flags, bits, moments, single values, reservoirs, means, and the hashes of uniq().
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Arena } from '../../runtime/core/memory.ts'
import { newMemory } from '../harness.ts'
import {
  kernel,
  readStrings,
  readValues,
  rowCounts,
  type Suffix,
  shorthands,
  someIds,
  someMask,
  someStrings,
  someValues,
  suffixes,
  type Value,
  widthOf,
  withArena,
  writeStrings,
  writeValues,
} from './values.ts'

const memory = newMemory()
const { kernels } = memory
const groups = 5

const { u8, u32, f64, readU8, readU32, readF64 } = shorthands(memory)

/** Whole numbers that sums of f64 hold exactly in any order. */
const someWhole = (rows: number, seed: number): number[] => someIds(rows, 200, seed).map(value => value - 100)

/** Rows of unaggregated groups, then the same with everything in group 0. */
function forGroups(body: (rows: number, ids: number[], idsAt: number, arena: Arena) => void): void {
  for (const rows of rowCounts)
    withArena(memory, arena => {
      const ids = someIds(rows, groups, rows)
      body(rows, ids, u32(arena, ids), arena)
      body(rows, new Array(rows).fill(0), 0, arena)
    })
}

test('flags of groups, and masks of true values', () =>
  forGroups((rows, ids, _idsAt, arena) => {
    const flags = arena.allocateZeroed(groups)
    kernels.markGroups(flags, u32(arena, ids), rows)
    const seen = Array.from({ length: groups }, (_, i) => Number(ids.includes(i)))
    assert.deepEqual(readU8(flags, groups), seen)
    const other = someMask(groups, rows)
    kernels.orFlags(flags, 0, u8(arena, other), groups)
    assert.deepEqual(
      readU8(flags, groups),
      seen.map((flag, i) => flag | other[i]),
    )
    const marks = someMask(rows, rows + 1)
    const spread = arena.allocateZeroed(groups)
    kernels.orFlags(spread, u32(arena, ids), u8(arena, marks), rows)
    assert.deepEqual(
      readU8(spread, groups),
      seen.map((_, group) => Number(ids.some((id, i) => id === group && marks[i] === 1))),
    )
    const values = someValues('U8', rows, rows) as number[]
    const out = arena.allocate(rows)
    for (const nullsAt of [0, u8(arena, marks)]) {
      kernels.truthMask(u8(arena, values), nullsAt, rows, out)
      assert.deepEqual(
        readU8(out, rows),
        values.map((value, i) => Number(value !== 0 && !(nullsAt && marks[i]))),
      )
    }
    const bytes = u8(arena, values)
    assert.equal(kernels.compareBytesOf(bytes, u8(arena, values), rows), 0)
    if (rows > 0)
      assert.notEqual(kernels.compareBytesOf(bytes, u8(arena, values.with(rows - 1, values[rows - 1] ^ 1)), rows), 0)
  }))

test('bitwise and, or, xor of every width', () =>
  forGroups((rows, ids, idsAt, arena) => {
    for (const suffix of ['U8', 'U16', 'U32', 'U64'] as const) {
      const all = (1n << BigInt(widthOf(suffix) * 8)) - 1n
      const values = someValues(suffix, rows, rows)
      const at = writeValues(arena, suffix, values)
      for (const [name, start, operation] of [
        ['And', all, (a: bigint, b: bigint) => a & b],
        ['Or', 0n, (a: bigint, b: bigint) => a | b],
        ['Xor', 0n, (a: bigint, b: bigint) => a ^ b],
      ] as const) {
        const expected = new Array<bigint>(groups).fill(start)
        values.forEach((value, i) => {
          expected[ids[i]] = operation(expected[ids[i]], BigInt(value))
        })
        const states = writeValues(arena, suffix, new Array(groups).fill(start))
        kernel(memory, `bit${name}${suffix}Grouped`)(states, idsAt, at, rows)
        assert.deepEqual(readValues(memory, suffix, states, groups).map(BigInt), expected)
      }
    }
  }))

test('moments of one and of two columns, and their merge', () =>
  forGroups((rows, ids, idsAt, arena) => {
    const [xs, ys] = [someWhole(rows, rows), someWhole(rows, rows + 1)]
    const sums = (width: number, terms: (x: number, y: number) => number[]) => {
      const states = new Array(groups * width).fill(0)
      xs.forEach((x, i) => {
        terms(x, ys[i]).forEach((term, k) => {
          states[ids[i] * width + k] += term
        })
      })
      return states
    }
    const four = arena.allocateZeroed(groups * 40)
    kernels.moments4Grouped(four, idsAt, f64(arena, xs), rows)
    const expected = sums(5, x => [1, x, x ** 2, x ** 3, x ** 4])
    assert.deepEqual(readF64(four, groups * 5), expected)
    const two = arena.allocateZeroed(groups * 48)
    kernels.comomentsGrouped(two, idsAt, f64(arena, xs), f64(arena, ys), rows)
    assert.deepEqual(
      readF64(two, groups * 6),
      sums(6, (x, y) => [1, x, y, x * y, x * x, y * y]),
    )
    const order = [4, 2, 0, 1, 3]
    kernels.addVectorsF64(four, u32(arena, order), f64(arena, expected), groups, 5)
    assert.deepEqual(
      readF64(four, groups * 5),
      expected.map((value, i) => value + expected[order.indexOf(Math.floor(i / 5)) * 5 + (i % 5)]),
    )
  }))

test('numbers of every type widened to f64', () => {
  for (const rows of rowCounts)
    for (const suffix of suffixes.filter(suffix => suffix !== 'F64'))
      withArena(memory, arena => {
        const values = someValues(suffix, rows, rows)
        const out = arena.allocate(rows * 8)
        kernel(memory, `widen${suffix}`)(writeValues(arena, suffix, values), rows, out)
        assert.deepEqual(readF64(out, rows), values.map(Number))
      })
})

const wideSuffix: Record<number, Suffix> = { 1: 'U8', 2: 'U16', 4: 'U32', 8: 'U64' }

test('single values: last one stands, of any width', () =>
  forGroups((rows, ids, idsAt, arena) => {
    const rowNumbers = someIds(rows, Math.max(rows, 1), rows)
    for (const width of [1, 2, 4, 8, 3, 16]) {
      const values = someIds(rows * width, 256, width)
      const at = u8(arena, values)
      for (const indicesAt of [0, u32(arena, rowNumbers)]) {
        const states = arena.allocateZeroed(groups * width)
        const expected = new Array<number>(groups * width).fill(0)
        ids.forEach((id, i) => {
          const from = (indicesAt ? rowNumbers[i] : i) * width
          expected.splice(id * width, width, ...values.slice(from, from + width))
        })
        if (wideSuffix[width]) kernel(memory, `putValues${width}`)(states, idsAt, at, indicesAt, rows)
        else kernels.putValuesBytes(states, idsAt, at, indicesAt, rows, width)
        assert.deepEqual(readU8(states, groups * width), expected)
      }
    }
  }))

test('single strings: last one stands, and grows', () =>
  forGroups((rows, ids, idsAt, arena) => {
    const pool = arena.allocateZeroed(16)
    memory.u32[pool >> 2] = arena.address
    const states = arena.allocateZeroed(groups * 16)
    const expected = new Array<string | null>(groups).fill(null)
    for (const seed of [1, 2, 3]) {
      const strings = someStrings(rows, seed * 100 + rows)
      const { offsets, bytes } = writeStrings(arena, strings)
      assert.equal(kernels.putStrings(pool, states, idsAt, offsets, bytes, 0, rows), 0)
      strings.forEach((text, i) => {
        expected[ids[i]] = text
      })
      const flags = arena.allocate(groups)
      kernels.stringStateFlags(states, groups, flags)
      assert.deepEqual(
        readU8(flags, groups),
        expected.map(text => Number(text !== null)),
      )
      const out = arena.allocate((groups + 1) * 4)
      const text = arena.allocate(kernels.stringStateOffsets(states, groups, out))
      kernels.stringStateBytes(states, groups, text)
      assert.deepEqual(
        readStrings(memory, out, text, groups),
        expected.map(text => text ?? ''),
      )
    }
  }))

test('last rows of groups', () =>
  forGroups((rows, ids, idsAt, arena) => {
    const flags = arena.allocateZeroed(groups)
    const [found, leaders] = [arena.allocate((rows + 1) * 4), arena.allocate((rows + 1) * 4)]
    const count = kernels.lastRows(flags, idsAt, rows, found, leaders)
    const expected = [...new Set(ids.toReversed())]
    assert.deepEqual(readU32(found, count), expected)
    assert.deepEqual(
      readU32(leaders, count),
      expected.map(id => ids.lastIndexOf(id)),
    )
  }))

test('means of sums of every kind', () => {
  for (const rows of rowCounts)
    withArena(memory, arena => {
      const counts = someIds(rows, 50, rows)
      const countsAt = writeValues(arena, 'U64', counts.map(BigInt))
      const out = arena.allocate(rows * 8)
      for (const suffix of ['I64', 'U64', 'F64'] as const) {
        const sums = someValues(suffix, rows, rows)
        kernel(memory, `average${suffix}`)(writeValues(arena, suffix, sums), countsAt, rows, out)
        assert.deepEqual(
          readF64(out, rows),
          sums.map((sum, i) => Number(sum) / counts[i]),
        )
      }
      for (const isSigned of [0, 1]) {
        // Below 2^53 in the high word and zeros below it, so that the twin rounds as the kernel does: once.
        const sums = someIds(rows, 2 ** 30, rows).map((value, i) => BigInt(isSigned && i % 2 ? -value : value) << 64n)
        const words = sums.flatMap(sum => [BigInt.asUintN(64, sum), BigInt.asUintN(64, sum >> 64n)])
        kernels.averageWords(writeValues(arena, 'U64', words), countsAt, rows, out, 2, isSigned, 100)
        assert.deepEqual(
          readF64(out, rows).map(mean => mean + 0),
          sums.map((sum, i) => Number(sum) / 100 / counts[i] + 0),
        )
      }
    })
})

test('hashes of uniq() and what a group that skips keeps', () => {
  const mask64 = (1n << 64n) - 1n
  const twin = (value: Value) => {
    let x = BigInt(value) & mask64
    x ^= x >> 33n
    x = (x * 0xff51afd7ed558ccdn) & mask64
    x ^= x >> 33n
    x = (x * 0xc4ceb9fe1a85ec53n) & mask64
    return Number((x ^ (x >> 33n)) & 0xffffffffn)
  }
  for (const rows of rowCounts)
    withArena(memory, arena => {
      for (const suffix of ['U8', 'U16', 'U32', 'U64', 'I8', 'I16', 'I32'] as const) {
        const values = someValues(suffix, rows, rows)
        const out = arena.allocate(rows * 4)
        kernel(memory, `uniqHash${suffix}`)(writeValues(arena, suffix, values), rows, out)
        assert.deepEqual(readU32(out, rows), values.map(twin))
      }
      const hashes = someIds(rows, 2 ** 32, rows)
      const ids = someIds(rows, groups, rows)
      const skips = [0, 1, 2, 3, 8]
      const kept = arena.allocate((rows + 1) * 4)
      const count = kernels.uniqKept(u32(arena, hashes), u32(arena, ids), u8(arena, skips), rows, kept)
      assert.deepEqual(
        readU32(kept, count),
        hashes.flatMap((hash, i) => (hash % 2 ** skips[ids[i]] === 0 ? [i] : [])),
      )
    })
})

const SAMPLES = 8192

/** The reservoir in plain words: the first 8,192 values, then each new one in a random place if that is among them. */
class TwinReservoir {
  samples: number[] = []
  seen = 0
  #state = 123459n

  #next(): number {
    const old = this.#state
    this.#state = (old * 6364136223846793005n) & ((1n << 64n) - 1n)
    return Number(((old ^ (old >> 22n)) >> (22n + (old >> 61n))) & 0xffffffffn)
  }

  insert(value: number): void {
    if (Number.isNaN(value)) return
    this.seen++
    if (this.seen <= SAMPLES) this.samples.push(value)
    else {
      const at = this.#next() % this.seen
      if (at < SAMPLES) this.samples[at] = value
    }
  }
}

function readReservoirs(arena: Arena, states: number, count: number) {
  const [offsets, totals] = [arena.allocate((count + 1) * 4), arena.allocate(count * 8)]
  const size = kernels.reservoirOffsets(states, count, offsets, totals)
  const samples = arena.allocate(size * 8)
  kernels.reservoirSamples(states, count, samples)
  return { offsets, totals, samples, size }
}

test('reservoirs keep what their twin keeps, and take in others', () => {
  for (const rows of [...rowCounts, 60_000])
    withArena(memory, arena => {
      const pool = arena.allocateZeroed(16)
      memory.u32[pool >> 2] = arena.address
      const twins = Array.from({ length: groups }, () => new TwinReservoir())
      const states = arena.allocate(groups * 24)
      kernels.reservoirStart(states, groups)
      const ids = someIds(rows, groups, rows)
      const values = someIds(rows, 1e6, rows + 1).map((value, i) => (i % 10 === 3 ? NaN : value))
      assert.equal(kernels.reservoirAdd(pool, states, u32(arena, ids), f64(arena, values), rows), 0)
      values.forEach((value, i) => {
        twins[ids[i]].insert(value)
      })
      const found = readReservoirs(arena, states, groups)
      assert.deepEqual(
        readF64(found.samples, found.size),
        twins.flatMap(twin => twin.samples),
      )
      assert.deepEqual(
        readValues(memory, 'U64', found.totals, groups).map(Number),
        twins.map(twin => twin.seen),
      )

      // Into a state of few values, and into full ones: every value seen is counted, and samples are values of either side.
      const target = arena.allocate(groups * 24)
      kernels.reservoirStart(target, groups)
      const few = [2e6, 2e6 + 1, 2e6 + 2]
      kernels.reservoirAdd(pool, target, 0, f64(arena, few), few.length)
      for (let round = 1; round <= 2; round++) {
        const { offsets, samples, totals } = found
        assert.equal(kernels.reservoirMerge(pool, target, 0, offsets, samples, totals, groups), 0)
        const merged = readReservoirs(arena, target, groups)
        const seen = twins.map((twin, i) => twin.seen * round + (i === 0 ? few.length : 0))
        assert.deepEqual(readValues(memory, 'U64', merged.totals, groups).map(Number), seen)
        const starts = readU32(merged.offsets, groups + 1)
        const all = readF64(merged.samples, merged.size)
        twins.forEach((twin, i) => {
          const mine = all.slice(starts[i], starts[i + 1])
          assert.equal(mine.length, Math.min(seen[i], SAMPLES))
          const known = new Set([...twin.samples, ...(i === 0 ? few : [])])
          assert.ok(mine.every(value => known.has(value)))
          if (seen[i] <= SAMPLES && round === 1)
            assert.equal(mine.filter(value => value >= 2e6).length, i === 0 ? 3 : 0)
        })
      }
    })
})

test('sorted runs and values between their neighbours', () => {
  for (const sizes of [[0], [1], [0, 2, 17, 1000, 0, 3], [5000]])
    withArena(memory, arena => {
      const offsets = [0]
      for (const size of sizes) offsets.push(offsets[offsets.length - 1] + size)
      const values = someWhole(offsets[sizes.length], sizes.length).map((value, i) => (i % 50 === 7 ? Infinity : value))
      const at = f64(arena, values)
      const offsetsAt = u32(arena, offsets)
      kernels.sortFloatRuns(at, offsetsAt, sizes.length)
      const runs = sizes.map((_, i) => values.slice(offsets[i], offsets[i + 1]).sort((a, b) => (a === b ? 0 : a - b)))
      assert.deepEqual(readF64(at, values.length), runs.flat())
      const finite = runs.map(run => run.map(value => (value === Infinity ? 1e300 : value)))
      const levels = [0, 0.1, 0.5, 0.99, 1]
      const out = arena.allocate(sizes.length * levels.length * 8)
      kernels.interpolateRuns(
        f64(arena, finite.flat()),
        offsetsAt,
        sizes.length,
        f64(arena, levels),
        levels.length,
        out,
      )
      assert.deepEqual(
        readF64(out, sizes.length * levels.length),
        finite.flatMap(run =>
          levels.map(level => {
            if (run.length === 0) return NaN
            const place = level * (run.length - 1)
            const left = Math.floor(place)
            const share = place - left
            return left + 1 < run.length ? run[left] * (1 - share) + run[left + 1] * share : run[left]
          }),
        ),
      )
    })
})
