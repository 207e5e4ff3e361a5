import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena, Budget } from '../../runtime/core/memory.ts'
import { newMemory, random } from '../harness.ts'

test('allocations do not overlap, are aligned, and come back', () => {
  const memory = newMemory('core.debug')
  const next = random(1)
  const before = memory.bytesTaken
  const arena = new Arena(memory)
  for (let round = 0; round < 5; round++) {
    const live: [number, number, number][] = []
    for (let i = 0; i < 300; i++) {
      const size = Math.floor(next() < 0.8 ? next() * 500 : next() * 300_000)
      const pointer = arena.allocate(size)
      assert.equal(pointer % 16, 0)
      memory.u8.fill(i & 255, pointer, pointer + size + 64)
      live.push([pointer, size, i & 255])
      if (next() < 0.2) {
        const [freed] = live.splice(Math.floor(next() * live.length), 1)
        if (freed[1] >= 40_000) arena.free(freed[0])
      }
    }
    live.sort((a, b) => a[0] - b[0])
    for (let i = 1; i < live.length; i++) assert.ok(live[i - 1][0] + live[i - 1][1] + 64 <= live[i][0])
    for (const [pointer, size, value] of live) assert.ok(memory.bytes(pointer, size).every(byte => byte === value))
    arena.reset()
  }
  arena.destroy()
  assert.equal(memory.bytesTaken, before)
})

test('a budget refuses with MEMORY_LIMIT_EXCEEDED, and the memory stays usable', () => {
  const memory = newMemory()
  const server = new Budget(memory, 4_000_000, 'total')
  const query = new Budget(memory, 1_000_000, 'query', server)
  const arena = new Arena(memory, query)
  arena.allocate(500_000)
  assert.throws(() => arena.allocate(600_000), { code: 241 })
  assert.equal(server.used, query.used)
  arena.destroy()
  assert.equal(server.used, 0)
  const again = new Arena(memory, query)
  assert.ok(again.allocate(800_000) > 0)
  assert.ok(query.peak > 800_000)
})

test('memory that cannot grow is an error, not a trap', () => {
  const memory = newMemory('core', 40)
  const arena = new Arena(memory)
  assert.throws(() => arena.allocate(10_000_000), { code: 241 })
  assert.ok(arena.allocate(1000) > 0)
})

test('a block grows with what it holds; without room it stays as it is', () => {
  const memory = newMemory('core.debug')
  const budget = new Budget(memory, 4_000_000, 'query')
  const arena = new Arena(memory, budget)
  const fresh = memory.kernels.arenaGrow(arena.address, 0, 0, 100)
  assert.notEqual(fresh, 0)
  let block = fresh
  for (let i = 0; i < 100; i++) memory.u8[block + i] = i
  for (const size of [5000, 40_000, 1_500_000]) {
    block = memory.kernels.arenaGrow(arena.address, block, 100, size)
    assert.ok(memory.bytes(block, 100).every((byte, i) => byte === i))
  }
  assert.ok(budget.used < 1_700_000, 'large blocks that were left are given back')
  assert.equal(memory.kernels.arenaGrow(arena.address, block, 100, 3_000_000), 0)
  assert.ok(memory.bytes(block, 100).every((byte, i) => byte === i))
  arena.destroy()
  assert.equal(budget.used, 0)
})

test('runs of pages: none overlap, freed ones are used again, too large ones are refused', () => {
  const memory = newMemory('core.debug', 400)
  const { kernels, heap } = memory
  const next = random(7)
  const runs: [number, number][] = []
  const before = kernels.heapPagesTaken(heap)
  for (let step = 0; step < 2000; step++) {
    if (next() < 0.55) {
      const pages = 1 + Math.floor(next() * 12)
      const address = kernels.heapTake(heap, pages)
      if (address === 0) {
        assert.ok(kernels.heapPagesTaken(heap) > 200, 'refused with most of the memory free')
        continue
      }
      assert.equal(address % 65536, 0)
      for (const [other, size] of runs)
        assert.ok(address + pages * 65536 <= other || other + size * 65536 <= address, 'two runs overlap')
      runs.push([address, pages])
    } else if (runs.length > 0) {
      const [[address, pages]] = runs.splice(Math.floor(next() * runs.length), 1)
      kernels.heapGive(heap, address, pages)
    }
    assert.equal(kernels.heapPagesTaken(heap) - before, runs.reduce((sum, [, pages]) => sum + pages, 0)) // biome-ignore format: one line
  }
  for (const pages of [0, -1, 401]) assert.equal(kernels.heapTake(heap, pages), 0)
})
