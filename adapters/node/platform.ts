import type { Platform } from '../../runtime/platform.ts'
import { hostPlatform, type PlatformOptions } from '../shared/hostPlatform.ts'
import { nativeZooKeeper } from './nativeZooKeeper.ts'

export type { PlatformOptions as NodePlatformOptions } from '../shared/hostPlatform.ts'

export function nodePlatform(options: PlatformOptions = {}): Platform {
  const worker = new URL('../node/worker.js', import.meta.url)
  return hostPlatform({ name: `Node ${process.versions.node}`, worker, nativeZooKeeper }, options)
}
