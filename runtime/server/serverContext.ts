import { Memory } from '../core/memory.ts'
import type { Engine } from '../engine/contract.ts'
import type { Platform } from '../platform.ts'
import type { FrameOptions } from './compressedFrames.ts'

export interface ServerContextOptions {
  readonly displayName?: string
  readonly memory?: Memory
  readonly heldBytesMax?: number
}

/** What the requests of one server share. */
export class ServerContext {
  #memory: Memory | null
  readonly displayName: string
  /** Bytes that one answer may hold back until its end. */
  readonly heldBytesMax: number

  constructor(
    readonly engine: Engine,
    readonly platform: Platform,
    options: ServerContextOptions = {},
  ) {
    this.#memory = options.memory ?? null
    this.displayName = options.displayName ?? platform.hostName
    this.heldBytesMax = options.heldBytesMax ?? 1 << 29
  }

  /** For compression on the wire only: a core of the server's own, made when first asked for, unless it was given one. */
  readonly memory = (): Memory => {
    this.#memory ??= new Memory(this.platform.core)
    return this.#memory
  }

  frameOptions(): FrameOptions {
    return { memory: this.memory(), zstd: this.platform.zstd }
  }
}
