import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { type Core, loadCore } from '../../adapters/core/index.ts'
import { coreModule } from '../harness.ts'

// test/vectors/README.md describes the form. Only what any host has is used here: the functions and the memory.
type Piece = { type: keyof typeof arrays; values: (number | string)[] } | { hex: string } | { room: number }
interface Vector {
  name: string
  buffers: Record<string, Piece>
  calls: { call: string; args: (number | string)[]; returns?: number; as?: string }[]
  expect: Record<string, Piece>
}

const arrays = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
}
const floats: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity, '-0': -0 }

function bytesOf(piece: Piece): Uint8Array {
  if ('room' in piece) return new Uint8Array(piece.room)
  if ('hex' in piece) return Uint8Array.from(piece.hex.match(/../g) ?? [], byte => Number.parseInt(byte, 16))
  const make = arrays[piece.type]
  const values =
    /64/.test(piece.type) && piece.type !== 'f64'
      ? piece.values.map(BigInt)
      : piece.values.map(value => floats[value] ?? value)
  return new Uint8Array((make as { from(list: unknown[]): { buffer: ArrayBuffer } }).from(values).buffer)
}

function run({ kernels, memory }: Core, arena: number, { buffers, calls, expect }: Vector): void {
  const names: Record<string, number> = { arena }
  for (const [name, piece] of Object.entries(buffers)) {
    const bytes = bytesOf(piece)
    names[name] = kernels.arenaAllocate(arena, bytes.length)
    assert.ok(names[name] > 0)
    new Uint8Array(memory.buffer, names[name], bytes.length).set(bytes)
  }
  for (const { call, args, returns, as } of calls) {
    const kernel = (kernels as unknown as Record<string, (...args: number[]) => number>)[call]
    const result = kernel(...args.map(arg => (typeof arg === 'string' ? names[arg] : arg)))
    if (returns !== undefined) assert.equal(result, returns, `${call} returns`)
    if (as) names[as] = result
  }
  for (const [name, piece] of Object.entries(expect)) {
    const expected = bytesOf(piece)
    assert.deepEqual(new Uint8Array(memory.buffer, names[name], expected.length).slice(), expected, name)
  }
}

for (const build of ['core', 'core.debug'] as const) {
  const core = await loadCore(coreModule(build))
  describe(`test vectors (${build})`, () => {
    const heap = core.kernels.heapCreate(2048, 16)
    const arena = core.kernels.heapTake(heap, 1)
    for (const file of readdirSync('test/vectors', { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.json'),
    ))
      test(file, () => {
        const { vectors } = JSON.parse(readFileSync(`test/vectors/${file}`, 'utf8')) as { vectors: Vector[] }
        assert.ok(vectors.length > 0)
        for (const vector of vectors) {
          core.kernels.arenaInit(arena, heap, 0)
          try {
            run(core, arena, vector)
          } catch (error) {
            throw new Error(`${file}: ${vector.name}`, { cause: error })
          }
          core.kernels.arenaDestroy(arena)
        }
      })
  })
}
