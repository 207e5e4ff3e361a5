// In place of adapters/node/platform.ts: tests that take any platform take the edge's.
import { edgePlatform } from '../../../adapters/edge/platform.ts'
import type { LogLevel, Platform } from '../../../runtime/platform.ts'
import { coreModule } from '../../harness.ts'

export const nodePlatform = (options: { core?: WebAssembly.Module; logLevel?: LogLevel } = {}): Platform =>
  edgePlatform({ core: options.core ?? coreModule(), logLevel: options.logLevel })
