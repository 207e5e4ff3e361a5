// Group tables, aggregate, sort and join kernels: ns a row. By hand: node bench/kernels-groups.mjs [filter]
import { readFileSync } from 'node:fs'
import { instantiateSync } from '@assemblyscript/loader'

const filter = process.argv[2] ?? ''
const rows = 10_000_000
const chunk = 65_536
const memory = new WebAssembly.Memory({ initial: 16, maximum: 32768 })
const module = new WebAssembly.Module(readFileSync('dist/core/core.wasm'))
const { exports: k } = instantiateSync(module, {
  env: {
    memory,
    abort() {
      throw new Error('abort')
    },
  },
})
const heap = k.heapCreate(32767)
const page = k.heapTake(heap, 1)
let cells = page
const newArena = () => {
  const arena = (cells += 64)
  k.arenaInit(arena, heap, 0)
  return arena
}
const fixed = newArena()

/** Uniform over `groups` 64-bit values without pattern. */
function keys64(groups) {
  const at = k.arenaAllocate(fixed, rows * 8)
  const to = new Uint32Array(memory.buffer, at, rows * 2)
  let state = 12345
  for (let i = 0; i < rows; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const value = Math.floor((state / 4294967296) * groups)
    to[2 * i] = Math.imul(value, 0x9e3779b1)
    to[2 * i + 1] = Math.imul(value, 0x85ebca6b) ^ value
  }
  return at
}

/** name, work(arena): best of `times`, every time with an empty arena. */
function measure(name, work, { times = 5, count = rows } = {}) {
  if (!name.includes(filter)) return
  const all = []
  let note = ''
  for (let i = 0; i < times; i++) {
    const arena = newArena()
    // Processor time: other work on the machine moves it less than the clock's.
    const start = process.cpuUsage()
    note = work(arena) ?? ''
    const { user, system } = process.cpuUsage(start)
    all.push((user + system) / 1000)
    k.arenaDestroy(arena)
  }
  const best = Math.min(...all)
  console.log(
    `${name.padEnd(58)} ${((best * 1e6) / count).toFixed(2).padStart(7)} ns/row  ${best.toFixed(1).padStart(7)} ms  first ${all[0].toFixed(0)} ms  ${note}`,
  )
}

const eachChunk = work => {
  for (let start = 0; start < rows; start += chunk) work(start, Math.min(chunk, rows - start))
}
const sets = [
  ['1.67M groups', keys64(1_670_000)],
  ['100k groups', keys64(100_000)],
  ['10k groups', keys64(10_000)],
  ['100 groups', keys64(100)],
]
const ids = k.arenaAllocate(fixed, rows * 4)
const narrow = k.arenaAllocate(fixed, rows * 4)
const wide = k.arenaAllocate(fixed, rows * 16)

for (const [name, keys] of sets) {
  measure(`upsert 8-byte keys, ${name}`, arena => {
    const table = k.groupTableCreate8(arena, 0)
    let size = 0
    eachChunk((start, count) => (size = k.groupTableUpsert8(table, keys + start * 8, count, ids)))
    return size
  })
}
measure(`upsert 8-byte keys, 1.67M groups expected`, arena => {
  const table = k.groupTableCreate8(arena, 1_700_000)
  eachChunk((start, count) => k.groupTableUpsert8(table, sets[0][1] + start * 8, count, ids))
})
measure('hash 8-byte keys', () => k.hashKeys8(sets[0][1], ids, rows))
for (const [name, keys] of sets) {
  const from = new Uint32Array(memory.buffer, keys, rows * 2)
  const to = new Uint32Array(memory.buffer, narrow, rows)
  const to16 = new Uint32Array(memory.buffer, wide, rows * 4)
  for (let i = 0; i < rows; i++) {
    to[i] = from[2 * i]
    to16[4 * i] = from[2 * i]
    to16[4 * i + 1] = from[2 * i + 1]
    to16[4 * i + 2] = from[2 * i] & 65535
    to16[4 * i + 3] = 0
  }
  measure(`upsert 4-byte keys, ${name}`, arena => {
    const table = k.groupTableCreate4(arena, 0)
    let size = 0
    eachChunk((start, count) => (size = k.groupTableUpsert4(table, narrow + start * 4, count, ids)))
    return size
  })
  measure(`upsert 16-byte keys, ${name}`, arena => {
    const table = k.groupTableCreateWide(arena, 0, 16)
    let size = 0
    eachChunk((start, count) => (size = k.groupTableUpsertWide(table, wide + start * 16, count, ids)))
    return size
  })
}
for (const bits of [5, 6, 7, 8])
  for (const [name, keys] of sets.slice(0, 2))
    measure(`count by 8-byte keys in ${1 << bits} partitions, ${name}`, arena => {
      const P = 1 << bits
      const hashes = k.arenaAllocate(arena, chunk * 4)
      const order = k.arenaAllocate(arena, chunk * 4)
      const starts = k.arenaAllocate(arena, 260 * 4)
      const tables = Array.from({ length: P }, () => k.groupTableCreate8(arena, 0))
      const counts = Array.from({ length: P }, () => {
        const p = k.arenaAllocate(arena, ((30000 * 8 * 64) / P) * 2)
        new Uint8Array(memory.buffer).fill(0, p, p + ((30000 * 8 * 64) / P) * 2)
        return p
      })
      const out = k.arenaAllocate(arena, chunk * 4)
      let buffered = []
      let t1 = 0,
        t2 = 0
      const flush = () => {
        const t = performance.now()
        for (let p = 0; p < P; p++)
          for (const b of buffered) {
            const n = b.starts[p + 1] - b.starts[p]
            k.groupTableUpsert8(tables[p], b.at + b.starts[p] * 8, n, out)
            k.countGrouped(counts[p], out, n)
          }
        for (const b of buffered) k.arenaFree(arena, b.at)
        buffered = []
        t2 += performance.now() - t
      }
      eachChunk((start, count) => {
        const t = performance.now()
        k.hashKeys8(keys + start * 8, hashes, count)
        k.partitionRows(hashes, count, bits, starts, order, 0)
        const at = k.arenaAllocate(arena, count * 8)
        k.gather8(keys + start * 8, order, count, at)
        buffered.push({ at, starts: new Uint32Array(memory.buffer, starts, P + 1).slice() })
        t1 += performance.now() - t
        if (buffered.length === 200) flush()
      })
      flush()
      return tables.reduce((sum, table) => sum + k.groupTableSize(table), 0) + ` ${t1.toFixed(0)} ${t2.toFixed(0)}`
    })
