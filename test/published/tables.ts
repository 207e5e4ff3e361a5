import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import { nodePlatform } from '../../adapters/node/platform.ts'
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
