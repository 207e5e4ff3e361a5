// What the worker of a page runs: the whole engine, on one thread. The page talks to it by messages.
import { DBError, toDBError } from '../../runtime/core/errors.ts'
import { Memory } from '../../runtime/core/memory.ts'
import type { Engine } from '../../runtime/engine/contract.ts'
import { createEngine } from '../../runtime/engine/engine.ts'
import { toWire } from '../../runtime/engine/portMessages.ts'
import { serveEngine } from '../../runtime/engine/portServer.ts'
import type { EngineStart, OpenAnswer, OpenMessage } from './messages.ts'
import { workerPlatform } from './workerPlatform.ts'

/** Of this worker; the types know only of a page's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null
  postMessage(message: unknown, transfer?: Transferable[]): void
}

const scope = globalThis as unknown as WorkerScope
const memoryBytesDefault = 1 << 30
/** Steps of 32 MiB: what a tab takes counts from the start, and each step costs a garbage collection. */
const growPages = 512
const cacheBytesDefault = 192 << 20
const marksBytesDefault = 32 << 20

// Loaded while the page is still writing its first message.
const loading = loadCore()
loading.catch(() => {}) // told when the page asks

scope.onmessage = async ({ data }: MessageEvent<OpenMessage>) => {
  if (data.kind !== 'open') return
  const post = (answer: OpenAnswer) => scope.postMessage(answer)
  try {
    holdLock(data.aliveLock)
    const core = await loading
    const engine = await start(core, data.start)
    serveEngine(engine, {
      post: (message, transfer) => scope.postMessage(message, transfer),
      listen(onMessage) {
        scope.onmessage = event => onMessage(event.data)
      },
    })
    post({ kind: 'opened', version: engine.version, core })
  } catch (error) {
    post({ kind: 'refused', error: toWire(toDBError(error)) })
  }
}

async function start(core: WebAssembly.Module, given: EngineStart): Promise<Engine> {
  const { waitMs, logLevel, memoryBytes = memoryBytesDefault, ...options } = given
  const platform = workerPlatform({ core, waitMs, logLevel })
  const memory = new Memory(core, { pages: Math.ceil(memoryBytes / 65536), growPages })
  try {
    const engine = await createEngine(platform, {
      columnCacheBytes: Math.min(cacheBytesDefault, memoryBytes / 4),
      marksCacheBytes: Math.min(marksBytesDefault, memoryBytes / 16),
      maxServerMemoryUsage: memoryBytes,
      ...options,
      memory,
    })
    return {
      version: engine.version,
      sessions: engine.sessions,
      execute: request => engine.execute(request),
      authenticate: credentials => engine.authenticate(credentials),
      metrics: () => engine.metrics(),
      async close(closing) {
        await engine.close(closing)
        await platform.close()
      },
    }
  } catch (error) {
    await platform.close().catch(() => {}) // the first error is the one to tell
    throw error
  }
}

/** Whoever waits for this lock is given it when the worker has ended, in whatever way. */
function holdLock(name: string): void {
  void navigator.locks?.request(name, () => new Promise(() => {}))
}

async function loadCore(): Promise<WebAssembly.Module> {
  const url = new URL('../core/core.wasm', import.meta.url)
  const answer = await fetch(url)
  if (!answer.ok) throw new DBError('NETWORK_ERROR', `Cannot load ${url}: status ${answer.status}`)
  // A server may not know the type of .wasm files, which compileStreaming insists on.
  const isTyped = answer.headers.get('content-type')?.startsWith('application/wasm')
  return isTyped ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer())
}
