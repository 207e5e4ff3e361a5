import { DBError } from '../../runtime/core/errors.ts'
import type { Platform } from '../../runtime/platform.ts'
import type { Disk } from '../../runtime/storage/disk.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { openUrlDisk } from '../../runtime/storage/openUrlDisk.ts'
import { type OpenedDatabase, openOpfs, opfsName } from './opfs.ts'
import { pagePlatform, type PagePlatformOptions } from './pagePlatform.ts'

export interface WorkerPlatformOptions extends PagePlatformOptions {
  /** How long to wait for another tab that has the database open. Default: half a second, as a page that is left takes to end. */
  waitMs?: number
}

const waitMsDefault = 500

/** What the engine has in its worker. OPFS is for workers only. */
export function workerPlatform(options: WorkerPlatformOptions): Platform & { close(): Promise<void> } {
  const opened = new Map<string, Promise<OpenedDatabase>>()
  const memories = new Map<string, Disk>()
  const platform: Platform = {
    ...pagePlatform(options),
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
  }
  const close = async () => {
    for (const database of opened.values()) await (await database).close()
    opened.clear()
  }
  return { ...platform, close }
}
