// `granary/core`: the kernels alone, for programs that bring their own engine. Nothing else of Granary is behind this module;
// docs/core-abi.md says what each kernel takes and gives, and how to make the heap and the arenas that most of them work in.

/** The exported functions, typed from the sources by the compiler. Pointers, sizes and row counts are numbers, 64-bit values bigints. */
export type Kernels = Omit<Awaited<ReturnType<typeof import('../../dist/core/core.js').instantiate>>, 'memory'>

export interface Core {
  readonly kernels: Kernels
  /** Growing it detaches its buffer: take views anew after every call that may allocate. */
  readonly memory: WebAssembly.Memory
  /** major.minor.patch of the interface. */
  readonly version: string
}

/** Where core.wasm lies, for programs that fetch or read it. A bundled Worker, whose modules have no URL, imports the file instead. */
export const coreUrl: URL = findCore()

/** The largest memory, in pages of 64 KiB: 2 GiB, so that a pointer is a positive i32. */
const pagesMax = 32768

/** A core in a memory of its own. Some runtimes forbid compiling at run time: those pass the module that they were deployed with. */
export async function loadCore(source: BufferSource | WebAssembly.Module): Promise<Core> {
  const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source)
  const memory = new WebAssembly.Memory({ initial: 1, maximum: pagesMax })
  // Only debug builds import it: their assertions end here.
  const abort = (): never => {
    throw new Error('An assertion inside the core failed')
  }
  const { exports } = await WebAssembly.instantiate(module, { env: { memory, abort } })
  const kernels = exports as unknown as Kernels
  const version = kernels.abiVersion()
  return { kernels, memory, version: `${version >> 16}.${(version >> 8) & 255}.${version & 255}` }
}

function findCore(): URL {
  try {
    return new URL('./core.wasm', import.meta.url)
  } catch {
    return new URL('file:///core.wasm')
  }
}
