import { DBError } from '../../runtime/core/errors.ts'
import { PortEngine } from '../../runtime/engine/portEngine.ts'
import { fromWire } from '../../runtime/engine/portMessages.ts'
import type { Platform } from '../../runtime/platform.ts'
import type { EngineStart, OpenAnswer, OpenMessage } from './messages.ts'
import { pagePlatform } from './pagePlatform.ts'

export interface OpenedEngine {
  readonly engine: PortEngine
  /** Of this thread: what stands in front of the engine may need it. */
  readonly platform: Platform
}

/** Starts a worker with an engine in it. worker: one of your own, or where its script lies. */
export async function openEngine(start: EngineStart, worker?: Worker | URL | string): Promise<OpenedEngine> {
  const aliveLock = `granary/worker/${crypto.randomUUID?.() ?? Math.random()}`
  const thread = worker instanceof Worker ? worker : startWorker(worker)
  try {
    const { version, core } = await new Promise<Extract<OpenAnswer, { kind: 'opened' }>>((resolve, reject) => {
      thread.onmessage = ({ data }: MessageEvent<OpenAnswer>) => {
        if (data.kind === 'opened') resolve(data)
        else reject(fromWire(data.error))
      }
      thread.onerror = event => reject(new DBError('ABORTED', `The worker does not start: ${event.message || thread}`))
      const message: OpenMessage = { kind: 'open', start, aliveLock }
      thread.postMessage(message)
    })
    thread.onerror = null
    const platform = pagePlatform({ core, logLevel: start.logLevel })
    const engine = new WorkerEngine(thread, platform, version)
    engine.watch(aliveLock)
    return { engine, platform }
  } catch (error) {
    thread.terminate()
    throw error
  }
}

class WorkerEngine extends PortEngine {
  #isClosing = false
  readonly #unwatch = new AbortController()

  constructor(
    readonly worker: Worker,
    platform: Platform,
    version: string,
  ) {
    const listen = (onMessage: (message: unknown) => void) => {
      worker.onmessage = event => onMessage(event.data)
    }
    super({ post: (message, transfer) => worker.postMessage(message, transfer ?? []), listen }, platform.clock, version)
  }

  /** No event tells that a worker has ended; but the locks that it held are free then. */
  watch(lock: string): void {
    const gone = () => {
      if (this.#isClosing) return
      this.worker.terminate()
      this.lose(
        new DBError(
          'ABORTED',
          'The worker of the database has ended (it ran out of memory, or was terminated): open it again',
        ),
      )
    }
    // Rejects when it is no longer of interest.
    void navigator.locks?.request(lock, { signal: this.#unwatch.signal }, gone).catch(() => {})
  }

  override async close(options?: { graceMs?: number }): Promise<void> {
    this.#isClosing = true
    await super.close(options).finally(() => {
      this.#unwatch.abort()
      this.worker.terminate()
    })
  }
}

function startWorker(where?: URL | string): Worker {
  if (where === undefined) {
    // In this form bundlers see that the worker is theirs to bundle too.
    if (isHere(new URL('./worker.js', import.meta.url)))
      return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
    return startElsewhere(new URL('./worker.js', import.meta.url))
  }
  const url = new URL(where, document.baseURI)
  return isHere(url) ? new Worker(url, { type: 'module' }) : startElsewhere(url)
}

const isHere = (url: URL): boolean =>
  url.origin === location.origin || url.protocol === 'blob:' || url.protocol === 'data:'

/** Workers start only from the page's own origin; but what they import may lie elsewhere, as on a CDN. */
function startElsewhere(url: URL): Worker {
  const script = new Blob([`import ${JSON.stringify(url.href)}`], { type: 'text/javascript' })
  const own = URL.createObjectURL(script)
  try {
    return new Worker(own, { type: 'module' })
  } finally {
    // It is loaded later than that, but keeps what it was started with.
    setTimeout(() => URL.revokeObjectURL(own), 60_000)
  }
}
