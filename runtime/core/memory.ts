import { assert } from './assert.ts'
import { DBError } from './errors.ts'
import { growPages, instantiateCore, type Kernels, pagesMax } from './kernels.ts'
import { decodeText, encodeText } from './text.ts'

const budgetBytes = 32
const arenaBytes = 64
/** Of an allocation that has pages of its own: header and slack. */
const overheadBytes = 128

/**
 * One core: its kernels, its linear memory, typed views of it, and the heap that arenas take their pages from.
 * A view is borrowed: it is made anew when memory has grown, so never keep one across an allocation.
 */
export class Memory {
  readonly kernels: Kernels
  readonly heap: number
  /** For what lives as long as the core. */
  readonly root: Arena
  /** Bytes that the heap may grow to. */
  readonly limit: number
  readonly #memory: WebAssembly.Memory
  #buffer: ArrayBuffer
  #u8!: Uint8Array
  #i8!: Int8Array
  #u16!: Uint16Array
  #i16!: Int16Array
  #u32!: Uint32Array
  #i32!: Int32Array
  #u64!: BigUint64Array
  #i64!: BigInt64Array
  #f32!: Float32Array
  #f64!: Float64Array
  #data!: DataView
  #scratch: number
  #scratchBytes: number
  readonly #reserves = new Set<(bytes: number) => boolean>()

  constructor(module: WebAssembly.Module, options: { pages?: number; growPages?: number } = {}) {
    const pages = Math.min(options.pages ?? pagesMax, pagesMax)
    const core = instantiateCore(module, pages)
    this.kernels = core.kernels
    this.#memory = core.memory
    this.#buffer = core.memory.buffer
    this.limit = pages * 65536
    this.heap = this.kernels.heapCreate(pages, Math.min(options.growPages ?? growPages, pages))
    if (this.heap === 0) throw new DBError('CANNOT_ALLOCATE_MEMORY', 'The core has no memory to start with')
    this.#attach()
    const first = this.kernels.heapTake(this.heap, 1)
    assert(first !== 0, 'a new heap has a free page')
    this.root = new Arena(this, null, first)
    this.#scratchBytes = 4096
    this.#scratch = this.root.allocate(this.#scratchBytes)
  }

  #attach(): void {
    const buffer = this.#memory.buffer
    this.#buffer = buffer
    this.#u8 = new Uint8Array(buffer)
    this.#i8 = new Int8Array(buffer)
    this.#u16 = new Uint16Array(buffer)
    this.#i16 = new Int16Array(buffer)
    this.#u32 = new Uint32Array(buffer)
    this.#i32 = new Int32Array(buffer)
    this.#u64 = new BigUint64Array(buffer)
    this.#i64 = new BigInt64Array(buffer)
    this.#f32 = new Float32Array(buffer)
    this.#f64 = new Float64Array(buffer)
    this.#data = new DataView(buffer)
  }

  #fresh(): this {
    if (this.#memory.buffer !== this.#buffer) this.#attach()
    return this
  }

  // Whole-memory views: index with (pointer / width).
  get u8(): Uint8Array {
    return this.#fresh().#u8
  }
  get i8(): Int8Array {
    return this.#fresh().#i8
  }
  get u16(): Uint16Array {
    return this.#fresh().#u16
  }
  get i16(): Int16Array {
    return this.#fresh().#i16
  }
  get u32(): Uint32Array {
    return this.#fresh().#u32
  }
  get i32(): Int32Array {
    return this.#fresh().#i32
  }
  get u64(): BigUint64Array {
    return this.#fresh().#u64
  }
  get i64(): BigInt64Array {
    return this.#fresh().#i64
  }
  get f32(): Float32Array {
    return this.#fresh().#f32
  }
  get f64(): Float64Array {
    return this.#fresh().#f64
  }
  /** For unaligned access. */
  get data(): DataView {
    return this.#fresh().#data
  }

  /** A borrowed view of bytes. */
  bytes(pointer: number, size: number): Uint8Array {
    return this.u8.subarray(pointer, pointer + size)
  }

  /** Bytes that outlive the memory's next growth. */
  copyOut(pointer: number, size: number): Uint8Array {
    return this.u8.slice(pointer, pointer + size)
  }

  copyIn(pointer: number, bytes: Uint8Array): void {
    this.u8.set(bytes, pointer)
  }

  text(pointer: number, size: number): string {
    return decodeText(this.bytes(pointer, size))
  }

  /** Copies text into an arena; gives where and how long. */
  writeText(arena: Arena, text: string): { pointer: number; size: number } {
    const bytes = encodeText(text)
    const pointer = arena.allocate(bytes.length)
    this.copyIn(pointer, bytes)
    return { pointer, size: bytes.length }
  }

  /**
   * A small buffer for results that a kernel returns through memory. Valid until the next call: read it before anything else runs.
   */
  scratch(size = 4096): number {
    if (size > this.#scratchBytes) {
      this.root.free(this.#scratch)
      this.#scratchBytes = size
      this.#scratch = this.root.allocate(size)
    }
    return this.#scratch
  }

  /** Bytes of linear memory that exist, taken or not. */
  get size(): number {
    return this.#memory.buffer.byteLength
  }

  get bytesTaken(): number {
    return this.kernels.heapPagesTaken(this.heap) * 65536
  }

  /** give: lets go of so many bytes, if it has them, that are only kept for later; whether it had any. Gives what ends this. */
  addReserve(give: (bytes: number) => boolean): () => void {
    this.#reserves.add(give)
    return () => this.#reserves.delete(give)
  }

  /** For an allocation that found no room: whether it is worth another attempt. */
  makeRoom(bytes: number): boolean {
    for (const give of this.#reserves) if (give(bytes)) return true
    return false
  }
}

/** A byte limit shared by the arenas of one query (or of one server, as the parent of its queries' budgets). */
export class Budget {
  readonly address: number

  constructor(
    readonly memory: Memory,
    readonly limit: number,
    readonly what = 'query',
    readonly parent: Budget | null = null,
  ) {
    this.address = memory.root.takeCell(budgetBytes)
    memory.kernels.budgetInit(this.address, limit, parent?.address ?? 0)
  }

  get used(): number {
    return this.memory.kernels.budgetUsed(this.address)
  }

  get peak(): number {
    return this.memory.kernels.budgetPeak(this.address)
  }

  /** Whether its limit, or one above it, is what keeps an allocation from being made; what it takes is whole pages. */
  isShortOf(bytes: number): boolean {
    const pages = Math.ceil((bytes + overheadBytes) / 65536) * 65536
    if (this.limit > 0 && this.used + pages > this.limit) return true
    return this.parent?.isShortOf(bytes) ?? false
  }

  /** Every arena of this budget must be destroyed before. */
  release(): void {
    this.memory.root.giveCell(this.address, budgetBytes)
  }
}

/**
 * Memory that is given back as a whole. Allocations are 16-byte aligned, not zeroed, and have 64 bytes of slack behind them.
 * Over the budget: MEMORY_LIMIT_EXCEEDED.
 */
export class Arena {
  readonly address: number
  #alive = true
  readonly #cells = new Map<number, number[]>()
  readonly #children = new Set<Arena>()
  #parent: Arena | null = null

  constructor(
    readonly memory: Memory,
    readonly budget: Budget | null = null,
    /** Where the arena's own structure lies; by default a cell of the root arena. */
    address?: number,
  ) {
    this.address = address ?? memory.root.takeCell(arenaBytes)
    memory.kernels.arenaInit(this.address, memory.heap, budget?.address ?? 0)
  }

  allocate(size: number): number {
    assert(this.#alive, 'an arena is not used after its end')
    assert(size >= 0, 'a size is not negative')
    const { memory, budget } = this
    let pointer = memory.kernels.arenaAllocate(this.address, size)
    while (pointer === 0 && !budget?.isShortOf(size) && memory.makeRoom(size))
      pointer = memory.kernels.arenaAllocate(this.address, size)
    if (pointer === 0) this.fail(size)
    return pointer
  }

  /** Zeroed bytes. */
  allocateZeroed(size: number): number {
    const pointer = this.allocate(size)
    this.memory.u8.fill(0, pointer, pointer + size)
    return pointer
  }

  /** Throws MEMORY_LIMIT_EXCEEDED. Also for kernels that allocate by themselves and say that they could not. */
  fail(size = 0): never {
    const { budget } = this
    if (budget && budget.limit > 0)
      throw new DBError(
        'MEMORY_LIMIT_EXCEEDED',
        `Memory limit (for ${budget.what}) exceeded: would use ${mib(budget.used + size)} (attempt to allocate chunk of ${size} bytes), maximum: ${mib(budget.limit)}`,
      )
    throw new DBError(
      'MEMORY_LIMIT_EXCEEDED',
      `Memory limit (total) exceeded: the core has ${mib(this.memory.bytesTaken)} in use (attempt to allocate chunk of ${size} bytes)`,
    )
  }

  /** Gives back one allocation of 32 KiB or more early; smaller ones wait for the arena's end. */
  free(pointer: number): void {
    this.memory.kernels.arenaFree(this.address, pointer)
  }

  /** An arena of the same budget that ends with this one, if not before: for scratch that is given back often. */
  child(): Arena {
    const child = new Arena(this.memory, this.budget)
    child.#parent = this
    this.#children.add(child)
    return child
  }

  /** Gives everything back; the arena can be used again. */
  reset(): void {
    this.#endChildren()
    this.memory.kernels.arenaReset(this.address)
  }

  #endChildren(): void {
    for (const child of this.#children) child.destroy()
    this.#children.clear()
  }

  destroy(): void {
    if (!this.#alive) return
    this.#alive = false
    if (this.#parent) this.#parent.#children.delete(this)
    this.#endChildren()
    this.memory.kernels.arenaDestroy(this.address)
    this.memory.root.giveCell(this.address, arenaBytes)
  }

  /** A small block that is used again after giveCell: for structures that come and go in the root arena. */
  takeCell(size: number): number {
    return this.#cells.get(size)?.pop() ?? this.allocate(size)
  }

  giveCell(pointer: number, size: number): void {
    const free = this.#cells.get(size)
    if (free) free.push(pointer)
    else this.#cells.set(size, [pointer])
  }
}

function mib(bytes: number): string {
  return `${(bytes / 1048576).toFixed(2)} MiB`
}
