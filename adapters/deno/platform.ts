import type { Platform } from '../../runtime/platform.ts'
import { denoBrotli } from './brotli.ts'
import { denoWire } from './wire.ts'
import { hostPlatform, type PlatformOptions } from '../shared/hostPlatform.ts'

export function denoPlatform(options: PlatformOptions = {}): Platform {
  const worker = new URL('../deno/worker.js', import.meta.url)
  const platform = hostPlatform({ name: `Deno ${process.versions['deno']}`, worker, wire: denoWire }, options)
  return { ...platform, brotli: denoBrotli }
}
