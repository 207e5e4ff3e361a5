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
