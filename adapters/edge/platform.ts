import { DBError } from '../../runtime/core/errors.ts'
import type { Codec, LogLevel, Platform, StreamCodec } from '../../runtime/platform.ts'
import { RewritableDisk } from '../../runtime/storage/disks/rewritable.ts'
import { openUrlDisk } from '../../runtime/storage/openUrlDisk.ts'
import { type R2Bucket, R2Store } from './r2Store.ts'
import { connect } from './sockets.ts'

export interface EdgePlatformOptions {
  /** The compiled core, as `import core from 'granary/core.wasm'` gives it: nothing may be compiled at run time here. */
  core: WebAssembly.Module
  /** Least that is told on the console. Default: warning. */
  logLevel?: LogLevel
  hostName?: string
  /** The Worker's bindings: of its R2 buckets are the locations `r2:BINDING/prefix`. */
  env?: object
}

const levels: readonly LogLevel[] = ['error', 'warning', 'information', 'debug']

/** What workerd and its like can do: no files, no threads, no listening; and time that may stand still while code runs. */
export function edgePlatform(options: EdgePlatformOptions): Platform {
  const loudest = levels.indexOf(options.logLevel ?? 'warning')
  const platform: Platform = {
    name: globalThis.navigator?.userAgent ?? 'edge',
    core: options.core,
    clock: {
      standsStill: true,
      now: () => Date.now(),
      monotonic: () => performance.now(),
      after(ms, call) {
        const timer = setTimeout(call, Math.min(ms, 0x7fffffff))
        return () => clearTimeout(timer)
      },
      wait: ms => new Promise(resolve => setTimeout(resolve, ms)),
      yield: () => new Promise(resolve => setTimeout(resolve, 0)),
    },
    random: () => Math.random(),
    randomBytes: size => {
      const bytes = new Uint8Array(size)
      for (let at = 0; at < size; at += randomBytesMax) crypto.getRandomValues(bytes.subarray(at, at + randomBytesMax))
      return bytes
    },
    async openDisk(location) {
      const store = bucketOf(options.env, location)
      return store
        ? new RewritableDisk(store, { now: () => performance.now(), isolatesRequests: true })
        : openUrlDisk(platform, location)
    },
    openStore: async location => bucketOf(options.env, location),
    environment(name) {
      const value = (options.env as Record<string, unknown> | undefined)?.[name]
      return typeof value === 'string' ? value : undefined
    },
    isolatesRequests: true,
    threads: 1,
    hostName: options.hostName ?? 'edge',
    zstd: nativeZstd(),
    gzip: streamCodec('gzip'),
    deflate: streamCodec('deflate'),
    fetch: (url, { method, headers, body, signal }) =>
      fetch(url, { method, headers, body: body as BodyInit | undefined, signal }),
    connect,
    log(level, text) {
      if (levels.indexOf(level) > loudest) return
      const write = { error: console.error, warning: console.warn, information: console.info, debug: console.debug }
      write[level](text)
    },
  }
  return platform
}

function bucketOf(env: object | undefined, location: string): R2Store | null {
  if (!location.startsWith('r2:')) return null
  const [binding, ...prefix] = location.slice('r2:'.length).split('/')
  const bucket = (env as Record<string, unknown> | undefined)?.[binding]
  if (typeof (bucket as Partial<R2Bucket> | undefined)?.createMultipartUpload !== 'function')
    throw new DBError(
      'BAD_ARGUMENTS',
      `The Worker has no R2 bucket bound as ${binding}, which ${location} is to lie in`,
    )
  return new R2Store(bucket as R2Bucket, prefix.join('/'))
}

/** crypto.getRandomValues gives no more at once. */
const randomBytesMax = 65536

const streamCodec = (format: CompressionFormat): StreamCodec => ({
  compress: () => new CompressionStream(format) as TransformStream<Uint8Array, Uint8Array>,
  decompress: () => new DecompressionStream(format) as TransformStream<Uint8Array, Uint8Array>,
})

interface ZlibWithZstd {
  zstdCompressSync?(bytes: Uint8Array, options?: { params?: Record<number, number> }): Uint8Array
  zstdDecompressSync?(bytes: Uint8Array, options?: { maxOutputLength?: number }): Uint8Array
  constants: { ZSTD_c_compressionLevel?: number }
}

/** Of node:zlib, where the runtime was told to have Node's modules. */
function nativeZstd(): Codec | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): ZlibWithZstd | undefined } }
  const zlib = process?.getBuiltinModule?.('node:zlib')
  const { zstdCompressSync, zstdDecompressSync } = zlib ?? {}
  if (!zlib || !zstdCompressSync || !zstdDecompressSync) return undefined
  return {
    compress: (bytes, level) =>
      zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel ?? 100]: level ?? 1 } }),
    decompress(bytes, size) {
      try {
        return zstdDecompressSync(bytes, size === undefined ? {} : { maxOutputLength: Math.max(size, 1) })
      } catch (error) {
        throw new DBError('ZSTD_DECODER_FAILED', `Cannot decompress ZSTD data: ${String(error)}`, { cause: error })
      }
    },
  }
}
