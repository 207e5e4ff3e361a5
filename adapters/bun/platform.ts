import type { Platform } from '../../runtime/platform.ts'
import { hostPlatform, type PlatformOptions } from '../shared/hostPlatform.ts'

export function bunPlatform(options: PlatformOptions = {}): Platform {
  const worker = new URL('../bun/worker.js', import.meta.url)
  return hostPlatform({ name: `Bun ${process.versions['bun']}`, worker }, options)
}
