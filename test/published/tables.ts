import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import { nodePlatform } from '../../adapters/node/platform.ts'
import type { EngineOptions } from '../../runtime/engine/contract.ts'
import type { ObjectStore } from '../../runtime/storage/objectStore.ts'
import type { Platform } from '../../runtime/platform.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { coreModule } from '../harness.ts'
import { ask } from '../sql/inProcess.ts'

/** An engine whose clock stands where it is put, on a disk in memory. */
export async function engineOn(
  options: { platform?: Partial<Platform>; engine?: Parameters<typeof createEngine>[1] } = {},
): Promise<{ engine: GranaryEngine; clock: { now: number }; disk: MemoryDisk }> {
  const clock = { now: 1_790_000_000_000 }
  const disk = new MemoryDisk(() => clock.now)
  const node = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })
  const platform: Platform = {
    ...node,
    clock: { ...node.clock, now: () => clock.now },
    openDisk: async () => disk,
    ...options.platform,
  }
  return { engine: await createEngine(platform, { path: 'data', ...options.engine }), clock, disk }
}

/** Answers of statements, as TabSeparated text. */
export async function answersOf(engine: GranaryEngine, ...statements: string[]): Promise<string[]> {
  const answers: string[] = []
  for (const sql of statements) answers.push(await ask(engine, sql))
  return answers
}

/** An engine in memory that reads `default.t` where it is published: the objects of `store` are the location `here`. */
export const replicaOf = (
  store: ObjectStore,
  options: { published?: Record<string, string>; platform?: Partial<Platform> } & EngineOptions = {},
): Promise<GranaryEngine> => {
  const { platform, ...engine } = options
  const node = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })
  return createEngine(
    { ...node, openStore: async () => store, ...platform },
    { published: { 'default.t': 'here' }, settings: { published_refresh_ms: '0', published_stale_ms: '0' }, ...engine },
  )
}
