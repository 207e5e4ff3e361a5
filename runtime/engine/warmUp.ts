// The first calls of a kernel run in the host's baseline compiler, and JavaScript starts cold too: a worker that has nothing to do
// yet writes made-up rows into a part in memory and asks what queries usually ask, so that the first real query finds optimized code.
import type { Memory } from '../core/memory.ts'
import type { Platform } from '../platform.ts'
import { createEngine } from './engine.ts'

const table = `CREATE TABLE w (k UInt16, id UInt64, n Int32, h Int64, s String, t DateTime, d Date) ENGINE = MergeTree ORDER BY (k, id)`

const insert = `INSERT INTO w SELECT number % 1000, number, toInt32(number % 7919), toInt64(intHash64(number)),
  concat('http://example.com/', toString(number % 5000), '?q=', toString(number % 1000)),
  toDateTime(1400000000 + number * 7), toDate(16000 + number % 30) FROM numbers(70000)`

const queries = [
  `SELECT count(), sum(n), avg(n), min(d), max(t), min(s) FROM w WHERE n <> 3 AND d >= '2013-10-01'`,
  `SELECT k, count() AS c, sum(n), avg(n), count(DISTINCT h) FROM w GROUP BY k ORDER BY c DESC, k LIMIT 10`,
  `SELECT s, count() AS c, min(s), count(DISTINCT h) FROM w WHERE s <> '' GROUP BY s ORDER BY c DESC LIMIT 10`,
  `SELECT h, s, toMinute(t) AS m, count() FROM w GROUP BY h, s, m ORDER BY count() DESC LIMIT 10`,
  `SELECT count() FROM w WHERE s LIKE '%google%' OR s LIKE 'http%9' AND s NOT LIKE '%.google.%'`,
  `SELECT k, avg(length(s)) AS l FROM w GROUP BY k HAVING count() > 10 ORDER BY l DESC LIMIT 25`,
  `SELECT replaceRegexpOne(s, '^https?://(?:www\\\\.)?([^/]+)/.*$', '\\\\1') AS r, count() FROM w GROUP BY r LIMIT 5`,
  `SELECT n, n - 1, count() AS c FROM w WHERE k IN (1, 2, 3, 4, 5, 6, 7, 8, 9) GROUP BY n ORDER BY c DESC LIMIT 5`,
  `SELECT toStartOfMinute(t) AS m, count() FROM w WHERE k = 62 GROUP BY m ORDER BY m LIMIT 10 OFFSET 5`,
  `SELECT DISTINCT k, d FROM w ORDER BY t, s LIMIT 10`,
  `SELECT uniqExact(s), uniqExact(h), any(s), if(n > 5, s, '') AS x FROM w GROUP BY x LIMIT 3`,
  `SELECT * FROM w WHERE k = 5 AND id = 5`,
]

/** How often each is run, with a part of its own: baseline code counts its calls before it is replaced. */
const rounds = 3

/** Rejects when the signal says that real work has come. */
export async function warmUp(platform: Platform, memory: Memory, signal: AbortSignal): Promise<void> {
  const engine = await createEngine({ ...platform, log: () => {} }, { memory })
  const run = async (query: string) => {
    signal.throwIfAborted()
    const { body } = await engine.execute({
      ...{ query, body: null, settings: { max_threads: '1', log_queries: '0' }, parameters: {}, user: 'default' },
      ...{ readonly: 0, signal, client: { interface: 'local', address: '', userAgent: '' } },
    })
    if (body) for await (const _ of body) await platform.clock.yield()
  }
  try {
    for (let round = 0; round < rounds; round++) {
      await run(table)
      for (const sql of [insert, ...queries]) await run(sql)
      await run('DROP TABLE w')
    }
  } finally {
    await engine.close()
  }
}
