import { Memory } from '../core/memory.ts'
import type { Engine } from '../engine/contract.ts'
import type { Platform } from '../platform.ts'
import type { FrameOptions } from './compressedFrames.ts'

/** What the requests of one server share. */
export class ServerContext {
  #memory: Memory | null = null

  constructor(
    readonly engine: Engine,
    readonly platform: Platform,
    readonly displayName: string,
  ) {}

  /** A core of the server's own, for compression on the wire only; made when first asked for. */
  readonly memory = (): Memory => {
    this.#memory ??= new Memory(this.platform.core)
    return this.#memory
  }

  frameOptions(): FrameOptions {
    return { memory: this.memory(), zstd: this.platform.zstd }
  }
}
