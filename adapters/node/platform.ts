import { randomFillSync } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import { Worker } from 'node:worker_threads'
import type { LogLevel, Platform, WorkerHandle } from '../../runtime/platform.ts'
import { brotli, deflate, gzip, zstd, zstdStream } from './codecs.ts'
import { LocalDisk } from './disk.ts'

export interface NodePlatformOptions {
  /** The compiled core. By default the core.wasm beside the bundle is compiled. */
  core?: WebAssembly.Module
  /** Worker threads for queries; 0: everything runs in the calling thread. */
  threads?: number
  logLevel?: LogLevel
}

const levels: readonly LogLevel[] = ['error', 'warning', 'information', 'debug']

/** What Node, and with its modules Deno and Bun, can do. */
export function nodePlatform(options: NodePlatformOptions = {}): Platform {
  const core = options.core ?? compileCore()
  const threads = options.threads ?? os.availableParallelism()
  const loudest = levels.indexOf(options.logLevel ?? 'information')
  return {
    name: runtimeName(),
    core,
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      after(ms, call) {
        const timer = setTimeout(call, Math.min(ms, 0x7fffffff))
        timer.unref?.()
        return () => clearTimeout(timer)
      },
      wait: ms => new Promise(resolve => setTimeout(resolve, ms)),
      yield: () => new Promise(resolve => setImmediate(resolve)),
    },
    random: () => Math.random(),
    randomBytes: size => randomFillSync(new Uint8Array(size)),
    openDisk: async location => new LocalDisk(location),
    startWorker: threads > 0 ? (onMessage, onExit) => startWorker(core, options, onMessage, onExit) : undefined,
    threads,
    hostName: os.hostname(),
    zstd,
    gzip,
    deflate,
    brotli,
    zstdStream,
    fetch: (url, { method, headers, body, signal }) =>
      fetch(url, { method, headers, body: body as BodyInit | undefined, signal }),
    log(level, text) {
      if (levels.indexOf(level) <= loudest)
        process.stderr.write(`${new Date().toISOString().replace('T', ' ').replace('Z', '')} <${level}> ${text}\n`)
    },
  }
}

/** What a worker thread is started with. */
export interface WorkerStart {
  core: WebAssembly.Module
  logLevel?: LogLevel
}

function startWorker(
  core: WebAssembly.Module,
  { logLevel }: NodePlatformOptions,
  onMessage: (message: unknown) => void,
  onExit: (error: Error | null) => void,
): WorkerHandle {
  const workerData: WorkerStart = { core, logLevel }
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData })
  let ended = false
  const end = (error: Error | null) => {
    if (!ended) onExit(error)
    ended = true
  }
  worker.on('message', onMessage)
  worker.on('error', error => end(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', code => end(code === 0 ? null : new Error(`A worker thread ended with code ${code}`)))
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    async terminate() {
      ended = true
      await worker.terminate()
    },
  }
}

function compileCore(): WebAssembly.Module {
  return new WebAssembly.Module(fs.readFileSync(new URL('./core.wasm', import.meta.url)))
}

function runtimeName(): string {
  const { versions } = process
  if (versions['bun']) return `Bun ${versions['bun']}`
  if (versions['deno']) return `Deno ${versions['deno']}`
  return `Node ${versions.node}`
}
