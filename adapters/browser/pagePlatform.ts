import type { Clock, LogLevel, Platform, StreamCodec } from '../../runtime/platform.ts'
import { DBError } from '../../runtime/core/errors.ts'

export interface PagePlatformOptions {
  core: WebAssembly.Module
  /** Least that is told on the console. Default: warning. */
  logLevel?: LogLevel
}

const levels: readonly LogLevel[] = ['error', 'warning', 'information', 'debug']
/** crypto.getRandomValues gives no more at once. */
const randomBytesMax = 65536

/** What a browser can do in every thread. */
export function pagePlatform({ core, logLevel = 'warning' }: PagePlatformOptions): Platform {
  const loudest = levels.indexOf(logLevel)
  return {
    name: 'Browser',
    core,
    clock: browserClock(),
    random: () => Math.random(),
    randomBytes: size => {
      const bytes = new Uint8Array(size)
      for (let at = 0; at < size; at += randomBytesMax) crypto.getRandomValues(bytes.subarray(at, at + randomBytesMax))
      return bytes
    },
    openDisk: async location => {
      throw new DBError('NOT_IMPLEMENTED', `${location} is for the worker to open`)
    },
    threads: 1,
    hostName: 'browser',
    gzip: streamCodec('gzip'),
    deflate: streamCodec('deflate'),
    fetch: (url, { method, headers, body, signal }) =>
      fetch(url, { method, headers, body: body as BodyInit | undefined, signal }),
    log(level, text) {
      if (levels.indexOf(level) > loudest) return
      const write = { error: console.error, warning: console.warn, information: console.info, debug: console.debug }
      write[level](text)
    },
  }
}

function browserClock(): Clock {
  // A message to oneself comes behind those that wait already, and is not held back as timers are.
  const waiting: (() => void)[] = []
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => waiting.shift()?.()
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms, call) {
      const timer = setTimeout(call, Math.min(ms, 0x7fffffff))
      return () => clearTimeout(timer)
    },
    wait: ms => new Promise(resolve => setTimeout(resolve, ms)),
    yield: () =>
      new Promise(resolve => {
        waiting.push(resolve)
        port2.postMessage(null)
      }),
  }
}

function streamCodec(format: CompressionFormat): StreamCodec | undefined {
  if (!('CompressionStream' in globalThis)) return undefined
  return {
    compress: () => new CompressionStream(format) as TransformStream<Uint8Array, Uint8Array>,
    decompress: () => new DecompressionStream(format) as TransformStream<Uint8Array, Uint8Array>,
  }
}
