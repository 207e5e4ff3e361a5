// Values of every numeric type for the kernel tests: limits, NaNs and chance, written to and read from kernel memory.
import { Arena, type Memory } from '../../runtime/core/memory.ts'
import { random } from '../harness.ts'

export type Suffix = 'I8' | 'I16' | 'I32' | 'I64' | 'U8' | 'U16' | 'U32' | 'U64' | 'F32' | 'F64'
export type Value = number | bigint

export const suffixes: Suffix[] = ['I8', 'I16', 'I32', 'I64', 'U8', 'U16', 'U32', 'U64', 'F32', 'F64']
export const rowCounts = [0, 1, 15, 16, 17, 100, 1000]
export const widthOf = (suffix: Suffix): number => Number(suffix.slice(1)) / 8

const arrays = {
  I8: Int8Array,
  I16: Int16Array,
  I32: Int32Array,
  I64: BigInt64Array,
  U8: Uint8Array,
  U16: Uint16Array,
  U32: Uint32Array,
  U64: BigUint64Array,
  F32: Float32Array,
  F64: Float64Array,
}

/** Kernels by a name put together at run time. */
export function kernel(memory: Memory, name: string): (...args: number[]) => number {
  const found = (memory.kernels as unknown as Record<string, (...args: number[]) => number>)[name]
  if (!found) throw new Error(`no kernel ${name}`)
  return found
}

/** A copy of values of one type that lie in memory. */
export function readValues(memory: Memory, suffix: Suffix, pointer: number, rows: number): Value[] {
  const bytes = memory.copyOut(pointer, rows * widthOf(suffix))
  return Array.from(new arrays[suffix](bytes.slice().buffer as ArrayBuffer) as ArrayLike<Value>)
}

export function writeValues(arena: Arena, suffix: Suffix, values: Value[]): number {
  const pointer = arena.allocate(values.length * widthOf(suffix))
  arena.memory.copyIn(pointer, new Uint8Array(toTyped(suffix, values).buffer))
  return pointer
}

/** What a type makes of values: integers wrap. */
export function toTyped(suffix: Suffix, values: Value[]) {
  const wide = suffix === 'I64' || suffix === 'U64'
  const array = new arrays[suffix](values.length)
  values.forEach((value, i) => {
    array[i] = (wide ? BigInt(value) : Number(value)) as never
  })
  return array
}

/** Random values with many repeats, zeros, limits and NaNs. */
export function someValues(suffix: Suffix, rows: number, seed: number): Value[] {
  const next = random(seed)
  const bits = BigInt(widthOf(suffix) * 8)
  return Array.from({ length: rows }, () => {
    const kind = next()
    if (suffix === 'F32' || suffix === 'F64') {
      const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 9007199254740992, 1.5]
      if (kind < 0.4) return special[Math.floor(next() * special.length)]
      const value = (next() - 0.5) * 10 ** Math.floor(next() * 22)
      return suffix === 'F32' ? Math.fround(value) : value
    }
    const signed = suffix[0] === 'I'
    const low = signed ? -(1n << (bits - 1n)) : 0n
    const high = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n
    const special = [0n, 1n, 2n, low, high, high - 1n, low + 1n]
    const value =
      kind < 0.4
        ? special[Math.floor(next() * special.length)]
        : low + (BigInt(Math.floor(next() * 2 ** 53)) * (high - low)) / (1n << 53n)
    return bits === 64n ? value : Number(value)
  })
}

export function someMask(rows: number, seed: number, density = 0.5): number[] {
  const next = random(seed)
  return Array.from({ length: rows }, () => (next() < density ? 1 : 0))
}

/** Strings of 0 to 40 bytes, now and then 300, with shared beginnings. */
export function someStrings(rows: number, seed: number): string[] {
  const next = random(seed)
  return Array.from({ length: rows }, () => {
    const length = next() < 0.2 ? 0 : next() < 0.02 ? 300 : Math.floor(next() * 40)
    const changed = Math.floor(next() * 40)
    return Array.from({ length }, (_, i) =>
      i === changed ? String.fromCharCode(33 + Math.floor(next() * 90)) : 'a',
    ).join('')
  })
}

/** Writes strings behind a few bytes that are not theirs, as in a slice. */
export function writeStrings(arena: Arena, strings: string[]): { offsets: number; bytes: number } {
  const before = 5
  const total = before + strings.reduce((sum, text) => sum + text.length, 0)
  const offsets = arena.allocate((strings.length + 1) * 4)
  const bytes = arena.allocate(total)
  const { memory } = arena
  let at = before
  memory.u32[offsets >> 2] = at
  strings.forEach((text, i) => {
    for (let k = 0; k < text.length; k++) memory.u8[bytes + at + k] = text.charCodeAt(k)
    at += text.length
    memory.u32[(offsets >> 2) + i + 1] = at
  })
  return { offsets, bytes }
}

export function readStrings(memory: Memory, offsets: number, bytes: number, rows: number): string[] {
  return Array.from({ length: rows }, (_, i) => {
    const from = memory.u32[(offsets >> 2) + i]
    return memory.text(bytes + from, memory.u32[(offsets >> 2) + i + 1] - from)
  })
}

/** Runs a test's body with an arena that goes back afterwards. */
export function withArena(memory: Memory, body: (arena: Arena) => void): void {
  const arena = new Arena(memory)
  try {
    body(arena)
  } finally {
    arena.destroy()
  }
}

/** Numbers below a limit, such as groups or rows. */
export function someIds(rows: number, below: number, seed: number): number[] {
  const next = random(seed)
  return Array.from({ length: rows }, () => Math.floor(next() * below))
}

/** Short names for what most tests write and read. */
export function shorthands(memory: Memory) {
  return {
    u8: (arena: Arena, values: number[]): number => writeValues(arena, 'U8', values),
    u32: (arena: Arena, values: number[]): number => writeValues(arena, 'U32', values),
    f64: (arena: Arena, values: number[]): number => writeValues(arena, 'F64', values),
    readU8: (at: number, rows: number) => readValues(memory, 'U8', at, rows) as number[],
    readU32: (at: number, rows: number) => readValues(memory, 'U32', at, rows) as number[],
    readU64: (at: number, rows: number) => readValues(memory, 'U64', at, rows) as bigint[],
    readF64: (at: number, rows: number) => readValues(memory, 'F64', at, rows) as number[],
    /** The body for each number of rows, with an arena of its own. */
    forRows(body: (rows: number, arena: Arena) => void): void {
      for (const rows of rowCounts) withArena(memory, arena => body(rows, arena))
    },
  }
}
