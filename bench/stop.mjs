// How soon queries stop: by KILL QUERY, when their client goes away, and at max_execution_time.
//   node bench/stop.mjs [DIRECTORY with a table hits]
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { startGranary } from './engines.mjs'

const given = process.argv[2]
const directory = given ?? fs.mkdtempSync(path.join(os.tmpdir(), 'granary-stop-'))
const queries = [
  'SELECT sum(number) FROM numbers(1e12)',
  'SELECT number % 100000 k, count(), uniq(number) FROM numbers(1e12) GROUP BY k FORMAT Null',
  'SELECT number k, count() FROM numbers(1e8) GROUP BY k ORDER BY k LIMIT 10',
  'SELECT number FROM numbers(1e12) FORMAT TSV',
  'SELECT number FROM numbers(1e12) ORDER BY number % 1000 LIMIT 10',
  'SELECT cityHash64(number) h FROM numbers(1e8) ORDER BY h FORMAT Null SETTINGS max_memory_usage = 0',
  "SELECT count() FROM numbers(1e12) WHERE toString(number) LIKE '%7%7%7%'",
  "SELECT count() FROM numbers(1e12) WHERE match(toString(number), '(1.*){4}')",
  'SELECT sum(a.number) FROM numbers(1e6) a CROSS JOIN numbers(1e6) b',
  'SELECT count() FROM numbers(1e8) a JOIN (SELECT number * 3 AS number FROM numbers(1e6)) b USING number',
  'SELECT quantileExact(number) FROM numbers(1e8) SETTINGS max_memory_usage = 0',
  'SELECT max(s) FROM (SELECT sum(number) OVER (ORDER BY number % 7) s FROM numbers(1e7))',
  'INSERT INTO t SELECT number FROM numbers(1e12)',
  ...(given
    ? ['SELECT UserID, URL, Title, count() c FROM hits GROUP BY UserID, URL, Title ORDER BY c DESC LIMIT 5']
    : []),
]
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

const { child, url } = await startGranary(directory)
const ask = async (query, settings = {}, signal = undefined) => {
  const response = await fetch(`${url}/?${new URLSearchParams(settings)}`, { method: 'POST', body: query, signal })
  return response.text()
}
const runs = async id => (await ask(`SELECT count() FROM system.processes WHERE query_id = '${id}'`)).trim() === '1'

/** From the wish to the query's end as system.processes shows it; null: it had ended by itself. */
async function stop(query, how, id) {
  const leaving = new AbortController()
  const limit = how === 'time' ? { max_execution_time: '0.25' } : {}
  const begun = performance.now()
  const answer = ask(query, { query_id: id, ...limit }, leaving.signal).catch(() => '')
  if (how === 'time') {
    await answer
    return performance.now() - begun - 250
  }
  await sleep(250)
  if (!(await runs(id))) return null
  const started = performance.now()
  if (how === 'leave') leaving.abort()
  else await ask(`KILL QUERY WHERE query_id = '${id}' SYNC`)
  await answer
  while (await runs(id)) await sleep(1)
  return performance.now() - started
}

await ask('CREATE TABLE IF NOT EXISTS t (a UInt64) ENGINE = MergeTree ORDER BY a')
console.log('| query | KILL, ms | client leaves, ms | max_execution_time, ms over |\n| --- | --: | --: | --: |')
let number = 0
for (const query of queries) {
  const cells = []
  for (const how of ['KILL', 'leave', 'time']) {
    const found = []
    for (let round = 0; round < 3; round++) {
      const elapsed = await stop(query, how, `stop${number++}`)
      if (elapsed !== null) found.push(elapsed)
      await sleep(100)
    }
    found.sort((a, b) => a - b)
    cells.push(
      found.length > 0 ? `${found[found.length >> 1].toFixed(0)} (${found[found.length - 1].toFixed(0)})` : 'ended',
    )
  }
  console.log(`| ${query.slice(0, 70)} | ${cells.join(' | ')} |`)
}
await ask('DROP TABLE t SYNC')
child.kill('SIGTERM')
await new Promise(resolve => child.on('close', resolve))
if (!given) fs.rmSync(directory, { recursive: true, force: true })
