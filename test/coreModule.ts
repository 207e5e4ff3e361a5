import { readFileSync } from 'node:fs'

export type CoreBuild = 'core' | 'core.debug'

/** Another file stands in its place where nothing may be compiled at run time. */
export const compileCore = (build: CoreBuild): WebAssembly.Module =>
  new WebAssembly.Module(readFileSync(`dist/core/${build}.wasm`))
