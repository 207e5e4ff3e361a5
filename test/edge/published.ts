// Tables that an engine on Node publishes into what a Worker reads.
import type { Miniflare } from 'miniflare'
import { type R2Bucket, R2Store } from '../../adapters/edge/r2Store.ts'
import { publishTable } from '../../runtime/engine/publishTable.ts'
import type { ObjectStore } from '../../runtime/storage/objectStore.ts'
import { answersOf, engineOn } from '../published/tables.ts'

/** The objects below a prefix of a Worker's bucket, from outside. */
export const bucketStore = async (miniflare: Miniflare, prefix: string): Promise<ObjectStore> =>
  new R2Store((await miniflare.getR2Bucket('BUCKET')) as unknown as R2Bucket, prefix)

/** An engine with the table `t`, and what publishes it as it is then. */
export async function publisher(...statements: string[]) {
  const { engine, clock } = await engineOn()
  const run = async (...more: string[]) => {
    for (const answer of await answersOf(engine, ...more)) if (answer.startsWith('Code:')) throw new Error(answer)
  }
  await run(...statements)
  return {
    run,
    answers: (...queries: string[]) => answersOf(engine, ...queries),
    publish: (target: ObjectStore) => {
      clock.now++
      return publishTable(engine, { database: 'default', table: 't' }, target)
    },
    close: () => engine.close({ graceMs: 0 }),
  }
}

/** Numbers and texts in two parts, 200,000 rows together. */
export const twoParts = [
  'CREATE TABLE t (k UInt64, g UInt32, s String) ENGINE = MergeTree ORDER BY k',
  'SYSTEM STOP MERGES t',
  "INSERT INTO t SELECT number, number % 1000, concat('text ', toString(number * 7919 % 1000003)) FROM numbers(100000)",
  "INSERT INTO t SELECT number, number % 1000, concat('text ', toString(number * 7919 % 1000003)) FROM numbers(100000, 100000)",
]
