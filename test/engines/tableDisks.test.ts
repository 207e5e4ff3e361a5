import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import { platformHere } from '../platform/here.ts'
import { ask } from '../sql/inProcess.ts'
import { fixtures, logical, webTree } from '../storage/clickHouseTrees.ts'
import { S3Double } from '../storage/s3Double.ts'

const uuid = '5cc0e1a2-0000-4000-8000-00000000c11c'
const columns = '(d Date, k UInt32, s String, t Tuple(a UInt8, b String)) ENGINE = MergeTree'
const summary = 'SELECT count(), sum(k), max(s), sum(t.a), min(d), uniqExact(_part) FROM t'
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-disks-'))
const double = new S3Double()

/** A web server with the tree as ClickHouse's tool lays it out; every name is its own, unescaped. */
const web = http.createServer((request, response) => {
  const file = webFiles.get(decodeURIComponent((request.url ?? '').slice(1)))
  if (file === undefined) return void response.writeHead(404).end()
  response.writeHead(200, { etag: '"1"' }).end(file)
})
const webFiles = new Map<string, Buffer>()

before(async () => {
  await double.start()
  await new Promise<void>(resolve => web.listen(0, '127.0.0.1', resolve))
  for (const [name, from] of logical('rewritable-root')) {
    const target = path.join(directory, 'plain', name)
    fs.mkdirSync(path.dirname(target), { recursive: true })
    fs.copyFileSync(from, target)
    double.put(`plain/${name}`, fs.readFileSync(from))
  }
  fs.cpSync(path.join(fixtures, 'rewritable'), path.join(directory, 'rewritable'), { recursive: true })
  fs.cpSync(path.join(fixtures, 'rewritable-root'), path.join(directory, 'root'), { recursive: true })
  for (const [name, bytes] of webTree(logical('rewritable-root'), `store/${uuid.slice(0, 3)}/${uuid}/`))
    webFiles.set(name, bytes)
})
after(async () => {
  web.closeAllConnections()
  web.close()
  await double.stop()
  fs.rmSync(directory, { recursive: true, force: true })
})

const open = (more: object = {}): Promise<GranaryEngine> =>
  createEngine(platformHere(), { stores: { localDisks: directory, ...more } })

const local = (name: string, type: string, more = '') =>
  `disk = disk(type = object_storage, object_storage_type = 'local', metadata_type = '${type}', path = '${directory}/${name}/'${more})`
const s3 = (type: string, prefix: string, more = '') =>
  `disk = disk(type = '${type}', endpoint = '${double.endpoint}/test-bucket/${prefix}/', access_key_id = '${double.accessKeyId}', secret_access_key = '${double.secretAccessKey}', region = '${double.region}'${more})`

test('tables that ClickHouse wrote are attached where they lie, and cannot be changed', async () => {
  const { port } = web.address() as AddressInfo
  const byMonth = `${columns} PARTITION BY toYYYYMM(d) ORDER BY k`
  const whole = `${columns} ORDER BY k`
  const cases: [string, string, string][] = [
    [`UUID '${uuid}' ${byMonth}`, local('rewritable', 'plain_rewritable', ', readonly = 1'), '2'],
    [whole, `${local('root', 'plain_rewritable', ', readonly = 1')}, table_disk = 1`, '1'],
    [whole, `${local('plain', 'plain')}, table_disk = 1`, '1'],
    [whole, `${s3('s3_plain', 'plain')}, table_disk = 1`, '1'],
    [whole, `${s3('s3', 'plain', ", metadata_type = 'plain'")}, table_disk = true`, '1'],
    [`UUID '${uuid}' ${whole}`, `disk = disk(type = 'web', endpoint = 'http://127.0.0.1:${port}/')`, '1'],
    [
      whole,
      `disk = disk(type = cache, path = 'x/', max_size = '1Gi', disk = ${s3('s3_plain', 'plain').slice('disk = '.length)}), table_disk = 1`,
      '1',
    ],
  ]
  for (const [shape, settings, parts] of cases) {
    const engine = await open()
    assert.equal(await ask(engine, `ATTACH TABLE t ${shape} SETTINGS ${settings}`), '', settings)
    assert.equal(await ask(engine, summary), `40\t780\t9\t780\t2024-01-20\t${parts}\n`, settings)
    assert.equal(await ask(engine, 'SELECT s FROM t WHERE k = 17'), '17\n')
    for (const change of [
      'INSERT INTO t (k) VALUES (1)',
      'OPTIMIZE TABLE t',
      'ALTER TABLE t DELETE WHERE 1',
      'ALTER TABLE t ADD COLUMN z UInt8',
      "ALTER TABLE t DROP PARTITION ID '202401'",
      'DELETE FROM t WHERE 1',
      'TRUNCATE TABLE t',
    ])
      assert.equal(await ask(engine, change), 'Code: 774\n', `${change} on ${settings}`)
    const shown = await ask(engine, 'SHOW CREATE TABLE t')
    const listed = await ask(engine, "SELECT * FROM system.tables WHERE name = 't'")
    for (const text of [shown, listed]) {
      assert.match(text, /disk = disk\(type = /)
      assert.match(text, /\[HIDDEN\]/)
      for (const secret of [double.accessKeyId, double.secretAccessKey, directory, '127.0.0.1'])
        assert.ok(!text.includes(secret), text)
    }
    const log = await ask(engine, 'SELECT query FROM system.query_log')
    for (const secret of [double.accessKeyId, double.secretAccessKey]) assert.ok(!log.includes(secret), log)
    assert.equal(await ask(engine, 'DROP TABLE t'), '')
    await engine.close()
  }
  assert.deepEqual(double.violations, [])
})

test('a table on a disk of its own is written, restarted, renamed, and followed by a reader', async () => {
  const at = path.join(directory, 'data')
  for (const [settings, readonly] of [
    [local('own', 'plain_rewritable'), local('own', 'plain_rewritable', ', readonly = 1')],
    [s3('s3_plain_rewritable', 'own'), s3('s3_plain_rewritable', 'own', ', readonly = 1')],
  ]) {
    const reopen = () => createEngine(platformHere(), { path: at, stores: { localDisks: directory } })
    let engine = await reopen()
    const shape = '(k UInt32, s String) ENGINE = MergeTree ORDER BY k'
    assert.equal(await ask(engine, `CREATE TABLE w ${shape} SETTINGS ${settings}, table_disk = 1`), '')
    assert.equal(await ask(engine, "INSERT INTO w SELECT number, 'a' FROM numbers(10)"), '')
    const reader = await open()
    const follow = `SETTINGS ${readonly}, table_disk = 1, refresh_parts_interval = 0.01`
    assert.equal(await ask(reader, `ATTACH TABLE r ${shape} ${follow}`), '')
    const sum = 'SELECT count(), sum(k) FROM '
    assert.equal(await ask(reader, `${sum} r`), '10\t45\n')
    await ask(engine, "INSERT INTO w SELECT 100, 'b'")
    await new Promise(resolve => setTimeout(resolve, 30))
    assert.equal(await ask(reader, `${sum} r`), '11\t145\n')
    await ask(engine, 'OPTIMIZE TABLE w FINAL')
    await ask(engine, 'ALTER TABLE w DELETE WHERE k = 100', { mutations_sync: '1' })
    await ask(engine, 'ALTER TABLE w ADD COLUMN n UInt8 DEFAULT 7')
    await new Promise(resolve => setTimeout(resolve, 30))
    assert.equal(await ask(reader, `${sum} r`), '10\t45\n')
    await reader.close()
    assert.equal(await ask(engine, `CREATE TABLE x ${shape} SETTINGS ${settings}, table_disk = 1`), 'Code: 117\n')
    await engine.close()
    engine = await reopen()
    assert.equal(await ask(engine, `${sum} w WHERE n = 7`), '10\t45\n')
    assert.equal(await ask(engine, 'RENAME TABLE w TO v'), '')
    assert.equal(await ask(engine, `${sum} v`), '10\t45\n')
    await ask(engine, 'CREATE TABLE other AS v ENGINE = MergeTree ORDER BY k')
    assert.equal(await ask(engine, 'ALTER TABLE other ATTACH PARTITION tuple() FROM v'), 'Code: 48\n')
    assert.equal(await ask(engine, 'DROP TABLE v'), '')
    await ask(engine, 'DROP TABLE other')
    await engine.close()
  }
  assert.deepEqual(
    [...double.objects.keys()].filter(key => key.startsWith('own/') && !key.includes('__granary')),
    [],
  )
  const left = fs.readdirSync(path.join(directory, 'own'), { recursive: true, withFileTypes: true })
  assert.deepEqual(
    left.filter(entry => entry.isFile()).map(({ name }) => name),
    [],
  )
})

test('two tables below store/ of one bucket share its lock', async () => {
  const engine = await open()
  const shape = '(k UInt32) ENGINE = MergeTree ORDER BY k'
  for (const name of ['a', 'b']) {
    assert.equal(await ask(engine, `CREATE TABLE ${name} ${shape} SETTINGS ${s3('s3_plain_rewritable', 'shared')}`), '')
    assert.equal(await ask(engine, `INSERT INTO ${name} VALUES (1)`), '')
  }
  assert.equal(await ask(engine, 'SELECT (SELECT count() FROM a) + (SELECT count() FROM b)'), '2\n')
  await ask(engine, 'DROP TABLE a')
  assert.equal(await ask(engine, 'INSERT INTO b VALUES (1)'), '')
  await engine.close()
})

test('what is wrong with a disk is said', async () => {
  const engine = await open()
  const attach = (settings: string, id = '') =>
    ask(engine, `ATTACH TABLE t ${id} (k UInt32) ENGINE = MergeTree ORDER BY k SETTINGS ${settings}`)
  assert.equal(await attach("disk = 'nowhere'"), 'Code: 479\n')
  assert.equal(await attach("storage_policy = 'nowhere'"), 'Code: 478\n')
  assert.equal(await attach("disk = disk(endpoint = 'x/')"), 'Code: 36\n')
  assert.equal(await attach("disk = disk(type = 'hdfs', endpoint = 'x/')"), 'Code: 48\n')
  assert.equal(await attach(`${s3('s3', 'x')}, table_disk = 1`), 'Code: 48\n')
  assert.equal(await attach("disk = disk(type = 'web', endpoint = 'http://127.0.0.1:1')"), 'Code: 36\n')
  assert.equal(await attach(`${s3('s3_plain', 'nothing')}, table_disk = 1`), 'Code: 107\n')
  assert.equal(await attach(local('../../etc', 'plain')), 'Code: 36\n')
  assert.equal(await attach("disk = disk(type = 'local', path = '/etc/')"), 'Code: 36\n')
  // The server's own credentials do not go to an endpoint that a statement names.
  const trusting = await open({
    s3: { accessKeyId: double.accessKeyId, secretAccessKey: double.secretAccessKey, region: double.region },
  })
  const stranger = `disk = disk(type = 's3_plain', endpoint = '${double.endpoint}/test-bucket/plain/'), table_disk = 1`
  const before = double.seen.length
  const answer = await ask(trusting, `ATTACH TABLE t ${columns} ORDER BY k SETTINGS ${stranger}`)
  assert.equal(answer, 'Code: 499\n')
  assert.ok(double.seen.slice(before).every(({ headers }) => headers.authorization === undefined))
  await engine.close()
  await trusting.close()
})
