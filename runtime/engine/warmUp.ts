// The first calls of a kernel run in the host's baseline compiler, and JavaScript starts cold too: a worker that has nothing to do
// yet runs what queries usually do over made-up rows, so that the first real query finds optimized code.
import { Arena, type Memory } from '../core/memory.ts'
import type { QueryContext } from '../exec/context.ts'
import { parseStatement } from '../sql/parser.ts'
import type { Query } from '../sql/ast.ts'
import { FrameCodec } from '../storage/mergetree/frames.ts'
import type { SelectTask, TaskBase } from './messages.ts'
import { noPeers } from '../exec/peers.ts'
import { type QueryIo, runQuery } from './runQuery.ts'

const rows = `(SELECT number AS id, number % 1000 AS k, toInt32(number % 7919) AS n, toInt64(intHash64(number)) AS h,
  concat('http://example.com/', toString(number % 5000), '?q=', toString(k)) AS s, toDateTime(1400000000 + number * 7) AS t,
  toDate(16000 + number % 30) AS d FROM numbers(70000))`

const queries = [
  `SELECT count(), sum(n), avg(n), min(d), max(t), min(s) FROM ${rows} WHERE n <> 3 AND d >= '2013-10-01'`,
  `SELECT k, count() AS c, sum(n), avg(n), count(DISTINCT h) FROM ${rows} GROUP BY k ORDER BY c DESC, k LIMIT 10`,
  `SELECT s, count() AS c, min(s), count(DISTINCT h) FROM ${rows} WHERE s <> '' GROUP BY s ORDER BY c DESC LIMIT 10`,
  `SELECT h, s, toMinute(t) AS m, count() FROM ${rows} GROUP BY h, s, m ORDER BY count() DESC LIMIT 10`,
  `SELECT count() FROM ${rows} WHERE s LIKE '%google%' OR s LIKE 'http%9' AND s NOT LIKE '%.google.%'`,
  `SELECT k, avg(length(s)) AS l FROM ${rows} GROUP BY k HAVING count() > 10 ORDER BY l DESC LIMIT 25`,
  `SELECT replaceRegexpOne(s, '^https?://(?:www\\\\.)?([^/]+)/.*$', '\\\\1') AS r, count() FROM ${rows} GROUP BY r LIMIT 5`,
  `SELECT n, n - 1, count() AS c FROM ${rows} WHERE k IN (1, 2, 3, 4, 5, 6, 7, 8, 9) GROUP BY n ORDER BY c DESC LIMIT 5`,
  `SELECT toStartOfMinute(t) AS m, count() FROM ${rows} WHERE k = 62 GROUP BY m ORDER BY m LIMIT 10 OFFSET 5`,
  `SELECT DISTINCT k, d FROM ${rows} ORDER BY t, s LIMIT 10`,
  `SELECT uniqExact(s), uniqExact(h), any(s), if(n > 5, s, '') AS x FROM ${rows} GROUP BY x LIMIT 3`,
]

/** How often each is run: baseline code counts its calls before it is replaced. */
const rounds = 2

/** What reading a column of strings from a part runs: frames of 64 KiB are decoded, and strings taken from them. */
function decodeFrames(memory: Memory): void {
  const codec = new FrameCodec(memory)
  const arena = new Arena(memory)
  try {
    const frameBytes = 65536
    const plain = arena.allocate(frameBytes)
    let [rows, at] = [0, 0]
    for (; at < frameBytes - 128; rows++) {
      const size = 20 + ((rows * 37) % 80)
      memory.u8[plain + at++] = size
      for (let i = 0; i < size; i++) memory.u8[plain + at++] = 97 + ((i * (1 + (rows % 7)) + (rows >> 3)) % 25)
    }
    const frame = arena.allocate(codec.encodeBound(at))
    codec.encode({ method: 'LZ4', level: 0 }, plain, at, frame)
    const [offsets, bytes] = [arena.allocate((rows + 1) * 4), arena.allocate(frameBytes)]
    for (let round = 0; round < 150; round++) {
      codec.decode(frame, plain)
      memory.kernels.splitStrings(plain, plain + at, rows, offsets, bytes)
    }
  } finally {
    arena.destroy()
  }
}

/** Stops early when isIdle says that real work has come. */
export async function warmUp(newContext: () => QueryContext, base: TaskBase, isIdle: () => boolean): Promise<void> {
  const io: QueryIo = {
    head: () => {},
    output: async () => {},
    help: () => {},
    peers: noPeers,
    resultRows: () => {},
  }
  let hasDecoded = false
  for (let round = 0; round < rounds; round++)
    for (const sql of queries) {
      if (!isIdle()) return
      const context = newContext()
      try {
        const query = parseStatement(sql).statement as Query
        const task: SelectTask = {
          ...base,
          kind: 'select',
          query,
          format: 'TabSeparated',
          threads: 1,
          share: null,
          explain: null,
        }
        if (!hasDecoded) decodeFrames(context.memory)
        hasDecoded = true
        await runQuery(context, task, io)
        await context.platform.clock.yield()
      } finally {
        context.close()
      }
    }
}
