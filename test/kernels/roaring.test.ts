import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

/** Sets with sparse, dense and unbroken containers. */
function someValues(seed: number): number[] {
  const next = random(seed)
  const values = new Set<number>()
  for (let c = Math.floor(next() * 6); c > 0; c--) {
    const high = (next() < 0.2 ? 65535 : Math.floor(next() * 6)) * 65536
    const kind = next()
    if (kind < 0.4) for (let k = Math.floor(next() * 300); k > 0; k--) values.add(high + Math.floor(next() * 65536))
    else if (kind < 0.6) for (let k = 4090 + Math.floor(next() * 12); k > 0; k--) values.add(high + k * 3)
    else if (kind < 0.8) for (let k = 0; k < 20_000; k++) values.add(high + Math.floor(next() * 65536))
    else if (kind < 0.9) for (let k = 0; k < 65_536; k++) values.add(high + k)
    else {
      const start = Math.floor(next() * 60_000)
      for (let k = 0; k < 5000; k++) values.add(high + start + k)
    }
  }
  return [...values]
}

const ascending = (values: Iterable<number>) => [...values].sort((a, b) => a - b)

for (const build of ['core', 'core.debug'] as const)
  describe(`roaring bitmaps (${build})`, () => {
    const memory = newMemory(build)
    const { kernels } = memory
    const arena = new Arena(memory)

    function create(): number {
      const bitmap = arena.allocate(kernels.roaringBytes())
      kernels.roaringInit(bitmap, arena.address)
      return bitmap
    }

    function from(values: number[], optimize = false): number {
      const bitmap = create()
      const data = arena.allocate(values.length * 4)
      memory.u32.set(values, data / 4)
      assert.equal(kernels.roaringAddMany(bitmap, data, values.length), 0)
      if (optimize) assert.equal(kernels.roaringRunOptimize(bitmap), 0)
      arena.free(data)
      return bitmap
    }

    function values(bitmap: number): number[] {
      const count = kernels.roaringCardinality(bitmap)
      const out = arena.allocate(count * 4)
      assert.equal(kernels.roaringToArray(bitmap, out), count)
      const got = [...memory.u32.subarray(out / 4, out / 4 + count)]
      arena.free(out)
      return got
    }

    test('adding, asking, counting', () => {
      for (let seed = 1; seed <= 25; seed++) {
        const input = someValues(seed)
        const sorted = ascending(input)
        const set = new Set(input)
        for (const optimize of [false, true]) {
          const bitmap = from(input, optimize)
          assert.deepEqual(values(bitmap), sorted)
          assert.equal(kernels.roaringCardinality(bitmap), sorted.length)
          assert.equal(kernels.roaringMin(bitmap), sorted[0] ?? -1)
          assert.equal(kernels.roaringMax(bitmap), sorted.at(-1) ?? -1)
          const next = random(seed)
          for (let k = 0; k < 300; k++) {
            const at = Math.floor(next() * sorted.length)
            const value =
              next() < 0.5 && sorted.length ? sorted[at] + Math.floor(next() * 3) : Math.floor(next() * 500_000)
            if (value > 0xffffffff) continue
            assert.equal(kernels.roaringContains(bitmap, value), set.has(value) ? 1 : 0)
            let rank = sorted.findIndex(x => x > value)
            if (rank < 0) rank = sorted.length
            if (k < 20) assert.equal(kernels.roaringRank(bitmap, value), rank)
            if (sorted.length) assert.equal(kernels.roaringSelect(bitmap, at), sorted[at])
          }
          assert.equal(kernels.roaringSelect(bitmap, sorted.length), -1)
          for (let k = 0; k < 20; k++) {
            const value = Math.floor(next() * 400_000)
            assert.equal(kernels.roaringAdd(bitmap, value), set.has(value) ? 0 : 1)
            assert.equal(kernels.roaringAdd(bitmap, value), 0)
            assert.equal(kernels.roaringContains(bitmap, value), 1)
            if (k === 19) assert.deepEqual(values(bitmap), ascending(new Set([...values(bitmap), value])))
          }
        }
      }
    })

    test('many at once', () => {
      const bitmap = from([1, 5, 70_000])
      const data = arena.allocate(16)
      memory.u32.set([5, 6, 70_000, 4_000_000_000], data / 4)
      const out = arena.allocate(4)
      kernels.roaringContainsMany(bitmap, data, 4, out)
      assert.deepEqual([...memory.bytes(out, 4)], [1, 0, 1, 0])
    })

    test('and, or, xor, and not', () => {
      const room = arena.allocate(16_384)
      for (let seed = 1; seed <= 40; seed++) {
        const [x, y] = [someValues(seed * 2), someValues(seed * 2 + 1)]
        const [xs, ys] = [new Set(x), new Set(y)]
        const a = from(x, seed % 2 === 0)
        const b = from(y, seed % 3 === 0)
        const both = x.filter(value => ys.has(value))
        const results = [
          ['And', both],
          ['Or', [...new Set([...x, ...y])]],
          ['Xor', [...x.filter(value => !ys.has(value)), ...y.filter(value => !xs.has(value))]],
          ['AndNot', x.filter(value => !ys.has(value))],
        ] as const
        for (const [name, expected] of results) {
          const out = create()
          assert.equal(kernels[`roaring${name}`](a, b, out), 0)
          assert.deepEqual(values(out), ascending(expected), name)
          assert.equal(kernels.roaringCardinality(out), expected.length)
        }
        assert.equal(kernels.roaringAndCardinality(a, b, room), both.length)
      }
    })

    test('the portable format, there and back', () => {
      for (let seed = 1; seed <= 30; seed++) {
        const input = someValues(seed)
        for (const optimize of [false, true]) {
          const bitmap = from(input, optimize)
          const size = kernels.roaringSerializedSize(bitmap)
          const bytes = arena.allocate(size)
          assert.equal(kernels.roaringSerialize(bitmap, bytes), size)
          const again = create()
          assert.equal(kernels.roaringDeserialize(again, bytes, size), size)
          assert.deepEqual(values(again), ascending(input))
          if (size < 5000)
            for (let cut = 0; cut < size; cut += 1 + (size >> 6))
              assert.equal(kernels.roaringDeserialize(create(), bytes, cut), -1)
        }
      }
    })

    test('known bytes', () => {
      // {1, 2, 3, 1000, 65536 * 2 + 5}: an array of four and an array of one.
      const bitmap = from([1, 2, 3, 1000, 131_077])
      const expected = [
        0x3a, 0x30, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 2, 0, 0, 0, 24, 0, 0, 0, 32, 0, 0, 0, 1, 0, 2, 0, 3, 0, 0xe8, 3, 5, 0,
      ]
      const bytes = arena.allocate(100)
      assert.equal(kernels.roaringSerialize(bitmap, bytes), expected.length)
      assert.deepEqual([...memory.bytes(bytes, expected.length)], expected)
      // {0 .. 99} as one run: cookie 12347, which containers are runs, key and size, one run.
      const run = from(
        Array.from({ length: 100 }, (_, i) => i),
        true,
      )
      const runBytes = [0x3b, 0x30, 0, 0, 1, 0, 0, 99, 0, 1, 0, 0, 0, 99, 0]
      assert.equal(kernels.roaringSerialize(run, bytes), runBytes.length)
      assert.deepEqual([...memory.bytes(bytes, runBytes.length)], runBytes)
      const empty = create()
      assert.equal(kernels.roaringSerialize(empty, bytes), 8)
      assert.equal(kernels.roaringDeserialize(create(), bytes, 8), 8)
    })

    test('hostile bytes are refused or give a proper set', () => {
      const next = random(77)
      let refused = 0
      for (let round = 0; round < 1500; round++) {
        const inner = new Arena(memory)
        const input = someValues(round + 500).slice(0, next() < 0.7 ? 200 : undefined)
        const bitmap = from(input, round % 2 === 0)
        const size = kernels.roaringSerializedSize(bitmap)
        const bytes = inner.allocate(size)
        kernels.roaringSerialize(bitmap, bytes)
        const reach = next() < 0.7 ? Math.min(size, 60) : size
        for (let k = 1 + Math.floor(next() * 3); k > 0; k--)
          memory.u8[bytes + Math.floor(next() * reach)] = Math.floor(next() * 256)
        const again = inner.allocate(32)
        kernels.roaringInit(again, inner.address)
        const got = kernels.roaringDeserialize(again, bytes, size)
        if (got < 0) refused++
        else {
          const all = values(again)
          assert.ok(all.every((value, i) => i === 0 || all[i - 1] < value))
        }
        inner.destroy()
        if (round % 50 === 0) arena.reset()
      }
      assert.ok(refused > 500)
    })
  })
