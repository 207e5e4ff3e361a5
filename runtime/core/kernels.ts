import { instantiateSync } from '@assemblyscript/loader'
import { assert } from './assert.ts'
import { DBError } from './errors.ts'

/** The core's exports, typed from the sources by the compiler. */
export type Kernels = Awaited<ReturnType<typeof import('../../dist/core/core.js').instantiate>>

/** Memory that a core may take, in 64 KiB pages: below 2 GiB, so that every pointer is a positive i32. */
export const pagesMax = 32767
/** Steps of 256 MiB: V8 collects garbage at each of them, and what is not touched is not resident. */
export const growPages = 4096

/** Instantiates the core in a memory of its own. The module is compiled by the host: some forbid doing it at run time. */
export function instantiateCore(
  module: WebAssembly.Module,
  pages = pagesMax,
): { kernels: Kernels; memory: WebAssembly.Memory } {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: pages + 1 })
  const abort = (): never => {
    throw new DBError('LOGICAL_ERROR', 'An assertion inside the core failed')
  }
  const { exports } = instantiateSync<Record<string, unknown>>(module, { env: { memory, abort } })
  return { kernels: exports as unknown as Kernels, memory }
}

export type Kernel = (...args: number[]) => number

/** A kernel whose name is put together at run time, as `equal` + the type's suffix. */
export function kernelNamed(kernels: Kernels, name: string): Kernel {
  const kernel = (kernels as unknown as Record<string, Kernel | undefined>)[name]
  assert(kernel !== undefined, `the core has a kernel for every type that asks for one`)
  return kernel
}

export const hasKernel = (kernels: Kernels, name: string): boolean =>
  typeof (kernels as unknown as Record<string, unknown>)[name] === 'function'
