import { randomFillSync } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import type { Coordinator } from '../../runtime/coordination/coordinator.ts'
import type { LogLevel, Platform } from '../../runtime/platform.ts'
import { isUrl, openUrlDisk } from '../../runtime/storage/openUrlDisk.ts'
import { clock } from './clock.ts'
import { brotli, deflate, gzip } from './codecs.ts'
import { LocalDisk } from './disk.ts'
import { connect, listenTcp } from './sockets.ts'
import { zstd, zstdStream } from './zstd.ts'
import { startWorker, type Wire } from './threads.ts'

export interface PlatformOptions {
  /** The compiled core. By default the core.wasm of the package is compiled. */
  core?: WebAssembly.Module
  /** Worker threads for queries; 0: everything runs in the calling thread. */
  threads?: number
  logLevel?: LogLevel
}

/** What one of the runtimes with Node's modules says of itself. */
export interface Host {
  readonly name: string
  /** Its worker's program. */
  readonly worker: URL
  readonly wire?: Wire
  readonly nativeZooKeeper?: (platform: Platform, options: { readonly servers: string }) => Coordinator
}

const levels: readonly LogLevel[] = ['error', 'warning', 'information', 'debug']

/** What Node, Deno and Bun can do, all by Node's modules. */
export function hostPlatform({ name, worker, wire, nativeZooKeeper }: Host, options: PlatformOptions): Platform {
  const core = options.core ?? compileCore()
  const threads = options.threads ?? os.availableParallelism()
  const loudest = levels.indexOf(options.logLevel ?? 'information')
  const start = { core, logLevel: options.logLevel }
  const platform: Platform = {
    name,
    core,
    clock,
    random: () => Math.random(),
    randomBytes: size => randomFillSync(new Uint8Array(size)),
    openDisk: async location => (isUrl(location) ? openUrlDisk(platform, location) : new LocalDisk(location)),
    environment: variable => process.env[variable],
    startWorker: threads > 0 ? (onMessage, onExit) => startWorker(worker, start, onMessage, onExit, wire) : undefined,
    threads,
    hostName: os.hostname(),
    zstd,
    gzip,
    deflate,
    brotli,
    zstdStream,
    fetch: (url, { method, headers, body, signal }) =>
      fetch(url, { method, headers, body: body as BodyInit | undefined, signal }),
    connect,
    listenTcp,
    nativeZooKeeper: nativeZooKeeper && (zooKeeper => nativeZooKeeper(platform, zooKeeper)),
    log(level, text) {
      if (levels.indexOf(level) <= loudest)
        process.stderr.write(`${new Date().toISOString().replace('T', ' ').replace('Z', '')} <${level}> ${text}\n`)
    },
  }
  return platform
}

/** Bundles lie one folder below dist/, whichever of them this comes to be in. */
function compileCore(): WebAssembly.Module {
  return new WebAssembly.Module(fs.readFileSync(new URL('../core/core.wasm', import.meta.url)))
}
