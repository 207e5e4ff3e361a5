import { parentPort, Worker, workerData } from 'node:worker_threads'
import { type HostOptions, TaskHost } from '../../runtime/engine/host.ts'
import type { ToWorker } from '../../runtime/engine/messages.ts'
import type { LogLevel, Platform, WorkerHandle } from '../../runtime/platform.ts'
import type { PlatformOptions } from './hostPlatform.ts'

/** What a worker thread is started with. */
interface WorkerStart {
  core: WebAssembly.Module
  logLevel?: LogLevel
}

/** What a runtime has done to messages on their way. */
export interface Wire {
  pack(
    message: unknown,
    transfer: readonly ArrayBuffer[] | undefined,
  ): [message: unknown, transfer?: readonly ArrayBuffer[]]
  unpack(message: unknown): unknown
}

const plainWire: Wire = { pack: (message, transfer) => [message, transfer], unpack: message => message }

export function startWorker(
  program: URL,
  workerData: WorkerStart,
  onMessage: (message: unknown) => void,
  onExit: (error: Error | null) => void,
  wire: Wire = plainWire,
): WorkerHandle {
  const worker = new Worker(program, { workerData })
  let ended = false
  const end = (error: Error | null) => {
    if (!ended) onExit(error)
    ended = true
  }
  worker.on('message', message => onMessage(wire.unpack(message)))
  worker.on('error', error => end(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', code => end(code === 0 ? null : new Error(`A worker thread ended with code ${code}`)))
  return {
    post(message, transfer) {
      const [packed, moved] = wire.pack(message, transfer)
      worker.postMessage(packed, moved)
    },
    async terminate() {
      ended = true
      await worker.terminate()
    },
  }
}

/** What a worker thread runs: one core, one host for tasks, and messages to and from the thread that started it. */
export function runWorker(platformOf: (options: PlatformOptions) => Platform, wire: Wire = plainWire): void {
  const port = parentPort!
  const { core, logLevel } = workerData as WorkerStart
  const platform = platformOf({ core, logLevel, threads: 0 })
  let host: TaskHost | null = null
  const post = (answer: unknown, transfer?: readonly ArrayBuffer[]) => {
    const [packed, moved] = wire.pack(answer, transfer)
    port.postMessage(packed, moved)
  }
  port.on('message', (received: unknown) => {
    const message = wire.unpack(received) as { options: HostOptions } | ToWorker
    if ('options' in message) {
      host = new TaskHost(platform, post, message.options)
      if (message.options.warmUp) void host.warmUp()
    } else host?.handle(message)
  })
}
