import { DBError } from '../../runtime/core/errors.ts'
import type { Clock, LogLevel, Platform, StreamCodec } from '../../runtime/platform.ts'
import type { Disk } from '../../runtime/storage/disk.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { openUrlDisk } from '../../runtime/storage/openUrlDisk.ts'
import { type OpenedDatabase, openOpfs, opfsName } from './opfs.ts'

export interface BrowserPlatformOptions {
  core: WebAssembly.Module
  /** Least that is told on the console. Default: warning. */
  logLevel?: LogLevel
  /** How long to wait for another tab that has the database open. Default: half a second, as a page that is left takes to end. */
  waitMs?: number
}

const levels: readonly LogLevel[] = ['error', 'warning', 'information', 'debug']
const waitMsDefault = 500
/** crypto.getRandomValues gives no more at once. */
const randomBytesMax = 65536

/** What a browser can do. OPFS is for its workers only; the rest is the same in a page. */
export function browserPlatform(options: BrowserPlatformOptions): Platform & { close(): Promise<void> } {
  const loudest = levels.indexOf(options.logLevel ?? 'warning')
  const opened = new Map<string, Promise<OpenedDatabase>>()
  const memories = new Map<string, Disk>()
  const platform: Platform = {
    name: 'Browser',
    core: options.core,
    clock: browserClock(),
    random: () => Math.random(),
    randomBytes: size => {
      const bytes = new Uint8Array(size)
      for (let at = 0; at < size; at += randomBytesMax) crypto.getRandomValues(bytes.subarray(at, at + randomBytesMax))
      return bytes
    },
    async openDisk(location) {
      if (location.startsWith('opfs:')) {
        const name = opfsName(location)
        const database = opened.get(name) ?? openOpfs(name, { waitMs: options.waitMs ?? waitMsDefault })
        opened.set(name, database)
        return (await database).disk
      }
      if (location.startsWith('memory:')) {
        const disk = memories.get(location) ?? new MemoryDisk(() => Date.now())
        memories.set(location, disk)
        return disk
      }
      if (!location.includes(':'))
        throw new DBError('BAD_ARGUMENTS', `A browser has no local files: ${location} could be opfs:${location}`)
      return openUrlDisk(platform, location)
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
  const close = async () => {
    for (const database of opened.values()) await (await database).close()
    opened.clear()
  }
  return { ...platform, close }
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
