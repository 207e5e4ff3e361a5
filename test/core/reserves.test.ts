// What is only kept for later goes when the core is full.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena, Budget } from '../../runtime/core/memory.ts'
import { newMemory } from '../harness.ts'

const pageBytes = 65536

test('an allocation that finds no room has what is kept for later go', () => {
  const memory = newMemory('core', 64)
  const kept = Array.from({ length: 40 }, () => new Arena(memory))
  for (const arena of kept) arena.allocate(pageBytes - 256)
  const asked: number[] = []
  const end = memory.addReserve(bytes => {
    asked.push(bytes)
    const before = kept.length
    for (let left = bytes; left > 0 && kept.length > 0; left -= pageBytes) kept.pop()?.destroy()
    return kept.length < before
  })
  const budget = new Budget(memory, 10 * pageBytes)
  const bounded = new Arena(memory, budget)
  assert.throws(() => bounded.allocate(11 * pageBytes), { errorName: 'MEMORY_LIMIT_EXCEEDED' })
  assert.deepEqual(asked, [], 'what a budget forbids is not helped by room')

  const arena = new Arena(memory)
  assert.ok(arena.allocate(30 * pageBytes) > 0)
  assert.ok(asked.length > 0 && kept.length > 0)
  assert.throws(() => arena.allocate(40 * pageBytes), { errorName: 'MEMORY_LIMIT_EXCEEDED' })
  assert.equal(kept.length, 0, 'all was tried')
  end()
  asked.length = 0
  assert.throws(() => arena.allocate(40 * pageBytes), { errorName: 'MEMORY_LIMIT_EXCEEDED' })
  assert.deepEqual(asked, [])
})
