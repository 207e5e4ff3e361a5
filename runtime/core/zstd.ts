import { Arena, type Memory } from './memory.ts'

/** Bytes that a call of ZstdStream compresses at most: the window of its frames. */
export const zstdChunkSize = 1 << 20

/** A whole frame, by the core's own compressor: for runtimes without a native one. */
export function zstdCompress(memory: Memory, bytes: Uint8Array): Uint8Array {
  const { kernels } = memory
  const arena = new Arena(memory)
  try {
    const state = arena.allocate(kernels.zstdStateSize())
    const source = arena.allocate(bytes.length)
    const target = arena.allocate(kernels.zstdCompressBound(bytes.length))
    memory.copyIn(source, bytes)
    return memory.copyOut(target, kernels.zstdCompress(state, source, bytes.length, target))
  } finally {
    arena.destroy()
  }
}

/** Of a compressor's state, what a chunk leaves to the next: the distances used last. */
const carriedBytes = 16

/** A frame that is written as its bytes come, by the core's own compressor. It holds no kernel memory between chunks. */
export class ZstdStream {
  #carried: Uint8Array = new Uint8Array(carriedBytes)

  constructor(private readonly memory: Memory) {}

  /** The frame's header. */
  start(): Uint8Array {
    return this.#run(0, (state, _, target) => this.memory.kernels.zstdStart(state, target))
  }

  /** At most zstdChunkSize bytes. */
  next(bytes: Uint8Array, last: boolean): Uint8Array {
    const { memory } = this
    return this.#run(bytes.length, (state, source, target) => {
      memory.copyIn(source, bytes)
      return memory.kernels.zstdContinue(state, source, bytes.length, last, target)
    })
  }

  #run(size: number, call: (state: number, source: number, target: number) => number): Uint8Array {
    const { memory } = this
    const { kernels } = memory
    const arena = new Arena(memory)
    try {
      const state = arena.allocate(kernels.zstdStateSize())
      const source = arena.allocate(size)
      const target = arena.allocate(kernels.zstdCompressBound(size))
      memory.copyIn(state, this.#carried)
      const written = call(state, source, target)
      this.#carried = memory.copyOut(state, carriedBytes)
      return memory.copyOut(target, written)
    } finally {
      arena.destroy()
    }
  }
}
