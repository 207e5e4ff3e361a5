// Tables that ClickHouse wrote, attached by a Worker where they lie: on a web server, in R2, behind S3.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { logical, objectsOf, webTree } from '../storage/clickHouseTrees.ts'
import { S3Double } from '../storage/s3Double.ts'
import { type Origin, startOrigin } from './origin.ts'
import { bucketStore } from './published.ts'
import { type Deployed, deploy } from './workerd.ts'

const uuid = '5cc0e1a2-0000-4000-8000-00000000c11c'
const columns = '(d Date, k UInt32, s String, t Tuple(a UInt8, b String)) ENGINE = MergeTree'
const queries: readonly [query: string, answer: (parts: number) => string][] = [
  [
    'SELECT count(), sum(k), max(s), sum(t.a), min(d), uniqExact(_part) FROM',
    parts => `40\t780\t9\t780\t2024-01-20\t${parts}\n`,
  ],
  ['SELECT s, t FROM', () => "17\t(17,'b')\n"],
]

describe('tables of ClickHouse in a Worker', () => {
  let origin: Origin
  let worker: Deployed
  const double = new S3Double()
  /** Of each table how many parts it has. */
  const tables = { web: 1, r2: 2, r2root: 1, r2plain: 1, s3: 2, s3plain: 1 }

  before(async () => {
    origin = await startOrigin()
    for (const [name, bytes] of webTree(logical('rewritable-root'), `store/${uuid.slice(0, 3)}/${uuid}/`))
      origin.files.set(name, bytes)
    await double.start()
    for (const [key, bytes] of objectsOf('rewritable')) double.put(`rewritable/${key}`, bytes)
    for (const [name, file] of logical('rewritable-root')) double.put(`plain/${name}`, fs.readFileSync(file))
    const whole = `${columns} ORDER BY k SETTINGS`
    const byMonth = `UUID '${uuid}' ${columns} PARTITION BY toYYYYMM(d) ORDER BY k SETTINGS`
    const s3 = (prefix: string) =>
      `endpoint = '${double.endpoint}/test-bucket/${prefix}/', access_key_id = '${double.accessKeyId}', secret_access_key = '${double.secretAccessKey}', region = '${double.region}'`
    const attach = [
      `ATTACH TABLE web UUID '${uuid}' ${whole} disk = disk(type = 'web', endpoint = '${origin.url}/')`,
      `ATTACH TABLE r2 ${byMonth} disk = disk(type = 's3_plain_rewritable', endpoint = 'r2:BUCKET/rewritable/')`,
      `ATTACH TABLE r2root ${whole} disk = disk(type = 's3_plain_rewritable', endpoint = 'r2:BUCKET/root/'), table_disk = 1`,
      `ATTACH TABLE r2plain ${whole} disk = disk(type = 's3_plain', endpoint = 'r2:BUCKET/plain/'), table_disk = 1`,
      `ATTACH TABLE s3 ${byMonth} disk = disk(type = 's3_plain_rewritable', ${s3('rewritable')}), refresh_parts_interval = 1`,
      `ATTACH TABLE s3plain ${whole} disk = disk(type = 's3_plain', ${s3('plain')}), table_disk = 1`,
    ]
    worker = await deploy('replica', {
      bindings: { OPTIONS: { attach, caches: { columnBytes: 0 } } },
      r2Buckets: ['BUCKET'],
    })
    for (const [prefix, fixture] of [
      ['rewritable', 'rewritable'],
      ['root', 'rewritable-root'],
    ]) {
      const store = await bucketStore(worker.miniflare, prefix)
      for (const [key, bytes] of objectsOf(fixture)) await store.put(key, bytes)
    }
    const plain = await bucketStore(worker.miniflare, 'plain')
    for (const [name, file] of logical('rewritable-root')) await plain.put(name, new Uint8Array(fs.readFileSync(file)))
  })
  after(async () => {
    await worker.stop()
    await origin.stop()
    await double.stop()
  })

  test('requests that come at once all get the answer, from every layout', async () => {
    const asked = Object.entries(tables).flatMap(([table, parts]) =>
      queries.map(([query, answer], i) => [`${query} ${table}${i === 1 ? ' WHERE k = 17' : ''}`, answer(parts)]),
    )
    for (let round = 0; round < 3; round++) {
      const given = await Promise.all([...asked, ...asked].map(([query]) => worker.ask(query)))
      for (const [i, text] of given.entries())
        assert.equal(text, asked[i % asked.length][1], asked[i % asked.length][0])
    }
  })

  test('what was fetched is not fetched again', async () => {
    const asked = origin.requests.length
    for (const [query, answer] of queries.slice(0, 1)) assert.equal(await worker.ask(`${query} web`), answer(1))
    assert.deepEqual(origin.requests.slice(asked), [])
  })

  test('nothing is written, not even a lease', async () => {
    for (const table of Object.keys(tables))
      assert.match(await worker.ask(`INSERT INTO ${table} (k) VALUES (1)`), /^Code: 164\./)
    assert.deepEqual(
      double.seen.filter(({ method }) => method !== 'GET').map(({ method, key }) => `${method} ${key}`),
      [],
    )
    assert.deepEqual(double.violations, [])
  })

  test('parts that come later are seen, also beside requests whose clients go away while they are looked for', async () => {
    const name = 'abcdefghijklmnopabcdefghijklmnop'
    const from = 'gwhbheorgjubincvbgsffkmzpmiamfxs'
    for (const [key, bytes] of objectsOf('rewritable')) {
      if (key.startsWith(`${from}/`)) double.put(`rewritable/${name}${key.slice(from.length)}`, bytes)
      if (key === `__meta/${from}/prefix.path`) {
        const path = new TextDecoder().decode(bytes).replace(/_\d+_\d+_0\/$/, '_7_7_0/')
        double.put(`rewritable/__meta/${name}/prefix.path`, path)
      }
    }
    await new Promise(resolve => setTimeout(resolve, 1100))
    double.lie = ({ key }) => (key === null ? 'hang' : null)
    const abort = new AbortController()
    const gone = Array.from({ length: 3 }, () =>
      fetch(worker.url, { method: 'POST', body: 'SELECT count() FROM s3', signal: abort.signal }),
    )
    await new Promise(resolve => setTimeout(resolve, 200))
    abort.abort()
    await Promise.allSettled(gone)
    double.lie = () => null
    assert.equal(await worker.ask('SELECT uniqExact(_part) FROM s3'), '3\n')
  })
})
