// The adapter of the runtime that runs the tests.
import { bunPlatform } from '../../adapters/bun/platform.ts'
import { listen as listenBun } from '../../adapters/bun/server.ts'
import { denoPlatform } from '../../adapters/deno/platform.ts'
import { listen as listenDeno } from '../../adapters/deno/server.ts'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { listen as listenNode } from '../../adapters/node/server.ts'
import type { PlatformOptions } from '../../adapters/shared/hostPlatform.ts'
import type { Listen } from '../../adapters/shared/listen.ts'
import type { Platform } from '../../runtime/platform.ts'
import { coreModule } from '../harness.ts'
import { runtimeHere } from './program.ts'

export { runtimeHere } from './program.ts'

export function platformHere(options: PlatformOptions = {}): Platform {
  const platform = { node: nodePlatform, deno: denoPlatform, bun: bunPlatform }[runtimeHere]
  return platform({ core: coreModule(), threads: 0, logLevel: 'error', ...options })
}

export const listenHere: Listen = { node: listenNode, deno: listenDeno, bun: listenBun }[runtimeHere]
