import type { Platform } from '../../platform.ts'
import type { Disk } from '../../storage/disk.ts'
import type { KeeperParts } from './keeper.ts'
import { type DiskLogOptions, openDiskLog } from './diskLog.ts'
import { defaultStateLimits, KeeperState, type StateLimits } from './state.ts'
import { NoLog } from './transactionLog.ts'
import { Watches } from './watches.ts'

export interface PartsOptions extends DiskLogOptions {
  readonly limits?: Partial<StateLimits>
}

/** What was kept on the disk, or an empty tree. disk: null: nothing is kept. */
export async function openKeeperParts(
  platform: Platform,
  disk: Disk | null,
  options: PartsOptions = {},
): Promise<KeeperParts> {
  const state = new KeeperState({ ...defaultStateLimits, ...options.limits })
  const log = disk ? await openDiskLog(platform, disk, state, options) : new NoLog()
  return { platform, state, watches: new Watches(), log }
}
