import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platformHere } from './here.ts'

const platform = platformHere()
const { clock } = platform

test('now is the time of day, monotonic never goes back', () => {
  assert.ok(Math.abs(clock.now() - Date.now()) < 1000)
  let last = clock.monotonic()
  for (let i = 0; i < 10_000; i++) {
    const next = clock.monotonic()
    assert.ok(next >= last)
    last = next
  }
})

test('after calls once, unless it is taken back; wait resolves in time', async () => {
  const calls: string[] = []
  clock.after(10, () => calls.push('called'))
  clock.after(10, () => calls.push('taken back'))()
  const started = clock.monotonic()
  await clock.wait(60)
  assert.ok(clock.monotonic() - started >= 50)
  assert.deepEqual(calls, ['called'])
  // Longer than timers of the runtimes can be.
  clock.after(1e13, () => calls.push('at once'))()
})

test('yield lets others go first', async () => {
  let gone = false
  setTimeout(() => (gone = true), 0)
  const started = clock.monotonic()
  while (!gone && clock.monotonic() - started < 5000) await clock.yield()
  assert.ok(gone)
})

test('chance', () => {
  const numbers = Array.from({ length: 1000 }, () => platform.random())
  assert.ok(numbers.every(number => number >= 0 && number < 1))
  assert.ok(new Set(numbers).size > 990)
  assert.equal(platform.randomBytes(0).length, 0)
  const bytes = platform.randomBytes(100_000)
  assert.equal(new Set(bytes).size, 256)
  assert.notDeepEqual(platform.randomBytes(16), platform.randomBytes(16))
})
