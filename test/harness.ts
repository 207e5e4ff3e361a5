// What every test shares: the core's module, found beside the bundle, and its memories.
import { Memory } from '../runtime/core/memory.ts'
import { type CoreBuild, compileCore } from './coreModule.ts'

const modules = new Map<string, WebAssembly.Module>()

/** The compiled core. The debug build asserts per row. */
export function coreModule(build: CoreBuild = 'core'): WebAssembly.Module {
  let module = modules.get(build)
  if (!module) {
    module = compileCore(build)
    modules.set(build, module)
  }
  return module
}

export const newMemory = (build: CoreBuild = 'core', pages?: number): Memory => new Memory(coreModule(build), { pages })

/** A small generator of repeatable numbers in [0, 1): mulberry32. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
