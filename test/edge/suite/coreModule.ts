// In place of test/coreModule.ts: a Worker imports what is compiled.
import core from 'core.wasm'
import debug from 'core.debug.wasm'
import type { CoreBuild } from '../../coreModule.ts'

export const compileCore = (build: CoreBuild): WebAssembly.Module => (build === 'core' ? core : debug)
