// How a page and its worker begin. Once the engine is open, they go on as runtime/engine/portMessages.ts says.
import type { EngineOptions } from '../../runtime/engine/contract.ts'
import type { WireError } from '../../runtime/engine/messages.ts'
import type { LogLevel } from '../../runtime/platform.ts'

export interface EngineStart extends Omit<EngineOptions, 'memory'> {
  readonly waitMs?: number
  readonly memoryBytes?: number
  readonly logLevel?: LogLevel
}

export interface OpenMessage {
  readonly kind: 'open'
  readonly start: EngineStart
  /** The worker holds a lock of this name for as long as it lives. */
  readonly aliveLock: string
}

export type OpenAnswer =
  | { readonly kind: 'opened'; readonly version: string; readonly core: WebAssembly.Module }
  | { readonly kind: 'refused'; readonly error: WireError }
