// Databases for the tests of the library: in memory, in this thread, with the core that the other tests use.
import { nodePlatform } from '../../adapters/node/platform.ts'
import { type Database, type OpenOptions, openDatabase } from '../../runtime/library/index.ts'
import { coreModule } from '../harness.ts'

export function openMemory(options: OpenOptions = {}): Promise<Database> {
  return openDatabase(nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' }), options)
}

/** Runs with a database that is closed behind. */
export async function withDatabase(run: (db: Database) => Promise<void>, options?: OpenOptions): Promise<void> {
  const db = await openMemory(options)
  try {
    await run(db)
  } finally {
    await db.close()
  }
}
