// An engine whose workers are hosts in this thread, so that a test can look at their memory and at the files on their disk.
import { nodePlatform } from '../../adapters/node/platform.ts'
import type { GranaryEngine } from '../../runtime/engine/engine.ts'
import { TaskHost } from '../../runtime/engine/host.ts'
import type { ToWorker } from '../../runtime/engine/messages.ts'
import type { Platform } from '../../runtime/platform.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { coreModule } from '../harness.ts'

export class CountingDisk extends MemoryDisk {
  temporary = 0

  override create(path: string) {
    if (path.startsWith('tmp/')) this.temporary++
    return super.create(path)
  }
}

/** hosts: gets those that are started. seen: is told of what they post. */
export function hostsInThisThread(
  disk: MemoryDisk,
  threads: number,
  hosts: TaskHost[],
  seen: (message: unknown) => void = () => {},
): Platform {
  const base = nodePlatform({ core: coreModule(), threads, logLevel: 'error' })
  const platform: Platform = {
    ...base,
    threads,
    openDisk: async () => disk,
    startWorker: onMessage => {
      let host: TaskHost | null = null
      const handle = (message: unknown) => {
        if (host) return host.handle(message as ToWorker)
        const answer = (sent: unknown, transfer?: ArrayBuffer[]) => {
          seen(sent)
          post(sent, transfer, onMessage)
        }
        host = new TaskHost(platform, answer, (message as { options: object }).options)
        hosts.push(host)
      }
      return { post: (message, transfer) => post(message, transfer, handle), terminate: async () => {} }
    },
  }
  return platform
}

/** What is given away is gone for the sender. */
function post(message: unknown, transfer: ArrayBuffer[] | undefined, take: (message: unknown) => void): void {
  const sent = structuredClone(message, { transfer: transfer ?? [] })
  queueMicrotask(() => take(sent))
}

export async function ask(
  engine: GranaryEngine,
  query: string,
  settings: Record<string, string> = {},
  signal = new AbortController().signal,
): Promise<string> {
  const result = await engine.execute({
    query,
    body: null,
    settings,
    parameters: {},
    user: 'default',
    readonly: 0,
    signal,
    client: { interface: 'local', address: '', userAgent: '' },
  })
  return result.body ? new Response(result.body).text() : ''
}
