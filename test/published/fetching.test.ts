// Which bytes are asked for, how many requests run at once, and what is given up.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdBytes, ownBytes, releaseBytes } from '../../runtime/core/buffers.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { Fetcher, FetchQueue, Lease } from '../../runtime/storage/mergetree/fetcher.ts'
import { KeptBytes } from '../../runtime/storage/mergetree/keptBytes.ts'
import { type ByteRange, planRequests } from '../../runtime/storage/mergetree/planRequests.ts'
import { random } from '../harness.ts'

/** Each byte by itself: 1 where a range covers it. */
function bytesOf(ranges: readonly ByteRange[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (const { start, end } of ranges) bytes.fill(1, start, end)
  return bytes
}

test('requests bring what is wanted and not there, once, in the file and its order', () => {
  const next = random(7)
  const size = 400
  const range = (): ByteRange => {
    const start = Math.floor(next() * size)
    return { start, end: Math.min(size, start + Math.floor(next() * 60)) }
  }
  for (let round = 0; round < 1000; round++) {
    const wanted = Array.from({ length: Math.floor(next() * 8) }, range)
    const have: ByteRange[] = []
    for (let at = Math.floor(next() * 80); at < size && round % 3 > 0; at += 10 + Math.floor(next() * 120)) {
      const end = Math.min(size, at + 1 + Math.floor(next() * 40))
      have.push({ start: at, end })
      at = end
    }
    const rules = { gapBytes: Math.floor(next() * 30), requestBytes: 1 + Math.floor(next() * 100) }
    const requests = planRequests(wanted, have, rules)
    const [want, there, got] = [wanted, have, requests].map(ranges => bytesOf(ranges, size))
    for (let i = 0; i < size; i++) {
      if (want[i] && !there[i]) assert.equal(got[i], 1, 'what is wanted comes')
      if (there[i]) assert.equal(got[i], 0, 'what is there does not come again')
    }
    let needless = 0
    for (let i = 0; i < size; i++) {
      needless = got[i] && !want[i] ? needless + 1 : 0
      assert.ok(needless <= rules.gapBytes, 'no more than a gap comes for nothing')
    }
    for (const [i, { start, end }] of requests.entries()) {
      assert.ok(start < end && end - start <= rules.requestBytes, 'a request has a size within bounds')
      if (i > 0) assert.ok(requests[i - 1].end <= start, 'requests come in order and do not overlap')
      assert.ok(want[start] === 1 || (i > 0 && requests[i - 1].end === start), 'a request starts with what is wanted')
    }
  }
})

/** A disk whose reads end when they are told to. */
class SlowDisk extends MemoryDisk {
  readonly waiting: { path: string; start: number; end: number; go: () => void; fail: (error: Error) => void }[] = []
  aborted = 0

  constructor() {
    super(() => 0, { sync: false })
  }

  override async read(path: string, start: number, end: number, options: { signal?: AbortSignal } = {}) {
    options.signal?.addEventListener('abort', () => this.aborted++)
    await new Promise<void>((go, fail) => this.waiting.push({ path, start, end, go, fail }))
    return super.read(path, start, end)
  }

  async goAll(): Promise<void> {
    while (this.waiting.length > 0) {
      for (const one of this.waiting.splice(0)) one.go()
      await settle()
    }
  }
}

const settle = () => new Promise(resolve => setTimeout(resolve, 0))

async function slowDisk(): Promise<{ disk: SlowDisk; whole: Uint8Array }> {
  const disk = new SlowDisk()
  const whole = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 31) >> 3)
  for (const name of ['a', 'b', 'c']) await disk.put(name, whole)
  return { disk, whole }
}

const wantedOf = (file: string, start: number, end: number) => [{ file, path: file, ranges: [{ start, end }] }]

test('no more requests at once than are allowed, and waited-for ones first', async () => {
  const { disk, whole } = await slowDisk()
  const fetcher = new Fetcher(disk, new FetchQueue(2), 1 << 30)
  const lease = new Lease(fetcher)
  for (const file of ['a', 'b', 'c']) fetcher.ahead(wantedOf(file, 0, 100), lease, 0)
  assert.deepEqual(
    disk.waiting.map(({ path }) => path),
    ['a', 'b'],
  )
  const urgent = fetcher.read('a', 'a', 500_000, 500_010)
  disk.waiting[0].go()
  disk.waiting.shift()
  await settle()
  assert.deepEqual(
    disk.waiting.map(({ path, start }) => [path, start]),
    [
      ['b', 0],
      ['a', 500_000],
    ],
  )
  await disk.goAll()
  assert.deepEqual(await urgent, whole.slice(500_000, 500_010))
  lease.end()
})

test('what was asked for ahead is not asked for again, by nobody', async () => {
  const { disk, whole } = await slowDisk()
  const fetcher = new Fetcher(disk, new FetchQueue(), 1 << 30)
  const [one, two] = [new Lease(fetcher), new Lease(fetcher)]
  fetcher.ahead(wantedOf('a', 0, 100_000), one, 0)
  fetcher.ahead(wantedOf('a', 50_000, 150_000), two, 0)
  assert.deepEqual(
    disk.waiting.map(({ start, end }) => [start, end]),
    [
      [0, 100_000],
      [100_000, 150_000],
    ],
  )
  const both = [fetcher.read('a', 'a', 10, 90_000, one), fetcher.read('a', 'a', 60_000, 150_000, two)]
  await disk.goAll()
  assert.deepEqual(await Promise.all(both), [whole.slice(10, 90_000), whole.slice(60_000, 150_000)])
  assert.deepEqual(await fetcher.read('a', 'a', 0, 150_000), whole.slice(0, 150_000))
  assert.equal(disk.waiting.length, 0)
})

test('a query that ends gives up what is only its own', async () => {
  const { disk, whole } = await slowDisk()
  const fetcher = new Fetcher(disk, new FetchQueue(2), 1 << 30)
  const [one, two] = [new Lease(fetcher), new Lease(fetcher)]
  fetcher.ahead(wantedOf('a', 0, 100), one, 0)
  fetcher.ahead(wantedOf('b', 0, 100), one, 0)
  fetcher.ahead(wantedOf('c', 0, 100), one, 0)
  fetcher.ahead(wantedOf('b', 0, 100), two, 0)
  const waiting = fetcher.read('a', 'a', 0, 50, one)
  one.end()
  await assert.rejects(waiting, /cancelled/)
  await settle()
  assert.equal(disk.aborted, 1)
  await disk.goAll()
  assert.deepEqual(await fetcher.read('b', 'b', 0, 100, two), whole.slice(0, 100))
  assert.equal(fetcher.bytes, 100, 'a and c are not kept')
  // The same bytes can be had again.
  const again = fetcher.read('a', 'a', 0, 50)
  await disk.goAll()
  assert.deepEqual(await again, whole.slice(0, 50))
})

test('what is kept stays under its limit, and what is in use stays', async () => {
  const { disk } = await slowDisk()
  const fetcher = new Fetcher(disk, new FetchQueue(), 250_000)
  const read = async (file: string, start: number) => {
    const bytes = fetcher.read(file, file, start, start + 100_000)
    await disk.goAll()
    return bytes
  }
  const lease = new Lease(fetcher)
  fetcher.ahead(wantedOf('c', 0, 100_000), lease, 3)
  for (let i = 0; i < 8; i++) await read(i % 2 ? 'a' : 'b', i * 100_000)
  assert.ok(fetcher.bytes <= 250_000)
  assert.ok(lease.bytes === 100_000)
  lease.passed(2)
  assert.equal(lease.bytes, 100_000)
  lease.passed(3)
  assert.equal(lease.bytes, 0)
  fetcher.clear()
  assert.equal(fetcher.bytes, 0)
})

test('a request that fails is told to who waits, and made again by who comes next', async () => {
  const { disk, whole } = await slowDisk()
  const fetcher = new Fetcher(disk, new FetchQueue(), 1 << 30)
  const broken = fetcher.read('a', 'a', 0, 10)
  disk.waiting.splice(0)[0].fail(new Error('the line is down'))
  await assert.rejects(broken, /the line is down/)
  const short = fetcher.read('a', 'a', (1 << 20) - 5, (1 << 20) + 5)
  const told = assert.rejects(short, /has 5 of the bytes/)
  await disk.goAll()
  await told
  const good = fetcher.read('a', 'a', 0, 10)
  await disk.goAll()
  assert.deepEqual(await good, whole.slice(0, 10))
})

test('bytes are given back with their last holder, and not before', async () => {
  const made: Uint8Array[] = []
  class OwningDisk extends MemoryDisk {
    override async read(path: string, start: number, end: number) {
      const bytes = ownBytes((await super.read(path, start, end)).slice())
      made.push(bytes)
      return bytes
    }
  }
  const whole = Uint8Array.from({ length: 1000 }, (_, i) => i % 251)
  const disk = new OwningDisk(() => 0, { sync: false })
  await disk.put('a', whole)
  /** Where buffers can be given back at all. */
  const gone = 'transfer' in ArrayBuffer.prototype ? 0 : 100
  const kept = { bytes: new KeptBytes(450), prefix: '' }
  const fetchers = [0, 1].map(() => new Fetcher(disk, new FetchQueue(), 0, kept))
  const first = await fetchers[0].read('a', 'a', 0, 100)
  const second = await fetchers[1].read('a', 'a', 10, 90)
  assert.equal(made.length, 1, 'the second has the bytes of the first')
  releaseBytes(first)
  fetchers[0].forget('')
  assert.deepEqual(second, whole.slice(10, 90))
  releaseBytes(second)
  assert.equal(made[0].length, gone, 'nobody holds them')
  // Those that others push out.
  for (let at = 0; at < 1000; at += 100) {
    const bytes = await fetchers[1].read('a', 'a', at, at + 100)
    assert.deepEqual(bytes, whole.slice(at, at + 100))
    releaseBytes(bytes)
  }
  assert.deepEqual(
    made.slice(1).map(bytes => bytes.length),
    [...Array(6).fill(gone), 100, 100, 100, 100],
  )
  // Of several pieces, and forgotten while it is read.
  const reading = fetchers[1].read('a', 'a', 550, 750)
  fetchers[1].forget('')
  assert.deepEqual(await reading, whole.slice(550, 750))
  // What is not known to be the holders' own stays.
  const other = new Uint8Array(100)
  holdBytes(other)
  releaseBytes(other)
  releaseBytes(other)
  assert.equal(other.length, 100)
})
