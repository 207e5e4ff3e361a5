import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, test } from 'node:test'
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import type { StoreOptions } from '../../runtime/storage/storeOptions.ts'
import { platformHere } from '../platform/here.ts'
import { programOf } from '../platform/program.ts'
import { ask } from '../sql/inProcess.ts'
import { S3Double } from '../storage/s3Double.ts'

const double = new S3Double()
before(async () => {
  await double.start()
})
after(() => double.stop())

function options(more: StoreOptions = {}) {
  const { endpoint, region, accessKeyId, secretAccessKey } = double
  return { s3: { endpoint, region, accessKeyId, secretAccessKey }, ...more }
}

const open = (path: string, more?: StoreOptions): Promise<GranaryEngine> =>
  createEngine(platformHere(), { path, stores: options(more) })

test('a data directory in a bucket: tables are made, filled, changed, merged, renamed, and there after a restart', async () => {
  let engine = await open('s3://test-bucket/data')
  const run = async (query: string) => {
    const answer = await ask(engine, query, { mutations_sync: '1' })
    assert.doesNotMatch(answer, /^Code/, query)
    return answer
  }
  await run('CREATE DATABASE d')
  await run('CREATE TABLE d.t (p UInt8, k UInt32, s String) ENGINE = MergeTree PARTITION BY p ORDER BY k')
  for (let i = 0; i < 3; i++)
    await run(`INSERT INTO d.t SELECT number % 2, number + ${i} * 100, toString(number) FROM numbers(100)`)
  assert.equal(await run('SELECT count(), sum(k), uniq(s) FROM d.t'), '300\t44850\t100\n')
  await run("ALTER TABLE d.t UPDATE s = 'changed' WHERE k < 10")
  await run('ALTER TABLE d.t DELETE WHERE k >= 250')
  await run('OPTIMIZE TABLE d.t FINAL')
  const after = "SELECT count(), countIf(s = 'changed') FROM d.u"
  await run('RENAME TABLE d.t TO d.u')
  assert.equal(await run(after), '250\t10\n')
  await run('CREATE TABLE d.l (x UInt8) ENGINE = Log')
  await run('INSERT INTO d.l VALUES (1), (2)')
  await run('CREATE TABLE d.gone (x UInt8) ENGINE = MergeTree ORDER BY x')
  await run('INSERT INTO d.gone VALUES (1)')
  await run('DROP TABLE d.gone')
  await run('ALTER TABLE d.u DETACH PARTITION 1')
  assert.equal(await run('SELECT count() FROM d.u'), '125\n')
  await run('ALTER TABLE d.u ATTACH PARTITION 1')
  await engine.close()

  engine = await open('s3://test-bucket/data')
  assert.equal(await run(after), '250\t10\n')
  assert.equal(await run('SELECT sum(x) FROM d.l'), '3\n')
  assert.equal(await run("SELECT count() FROM system.tables WHERE database = 'd'"), '2\n')
  await run('DROP DATABASE d')
  await engine.close()
  const left = [...double.objects.keys()].filter(key => !/__(granary|meta|root)/.test(key))
  assert.deepEqual(
    left.map(key => key.split('/')[2]),
    ['default.sql'],
  )
  assert.deepEqual(double.violations, [])
})

test('credentials show nowhere', async () => {
  const engine = await open('s3://test-bucket/quiet')
  await ask(engine, 'CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x')
  for (const table of ['settings', 'disks', 'tables', 'parts', 'processes', 'query_log', 'databases', 'columns']) {
    const answer = await ask(engine, `SELECT * FROM system.${table}`)
    for (const secret of [double.secretAccessKey, double.accessKeyId]) assert.ok(!answer.includes(secret), table)
  }
  await engine.close()
})

test('a second writer is refused, and takes over when the first is gone', async () => {
  const leaseMs = 2000
  const first = await open('s3://test-bucket/two', { leaseMs })
  await ask(first, 'CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x')
  await assert.rejects(open('s3://test-bucket/two', { leaseMs }), {
    errorName: 'CANNOT_OPEN_FILE',
    message: /Another server writes here/,
  })
  assert.equal(await ask(first, 'INSERT INTO t VALUES (1)'), '')
  // The first one cannot reach its lease any more, as if it stood still.
  const textOf = (bytes?: Uint8Array) => new TextDecoder().decode(bytes)
  const { owner } = JSON.parse(textOf(double.objects.get('two/__granary/lease')?.bytes))
  double.lie = ({ key, body }) => (key === 'two/__granary/lease' && textOf(body).includes(owner) ? 'slowDown' : null)
  const began = Date.now()
  const second = await open('s3://test-bucket/two', { leaseMs })
  assert.ok(Date.now() - began >= leaseMs)
  double.lie = () => null
  assert.equal(await ask(second, 'INSERT INTO t VALUES (2)'), '')
  assert.equal(await ask(first, 'INSERT INTO t VALUES (3)'), 'Code: 242\n')
  assert.equal(await ask(second, 'SELECT sum(x) FROM t'), '3\n')
  await first.close()
  await second.close()
  const third = await open('s3://test-bucket/two')
  assert.equal(await ask(third, 'SELECT sum(x) FROM t'), '3\n')
  await third.close()
})

test('an engine goes on after a store that fails', async () => {
  const engine = await open('s3://test-bucket/fails', { requests: { attemptMs: 200, deadlineMs: 300, backoffMs: 1 } })
  await ask(engine, 'CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x')
  await ask(engine, 'INSERT INTO t SELECT number FROM numbers(1000)')
  for (const lie of ['html', 'denied', 'hang', 'missing', 'refuse', 'noEtag'] as const) {
    double.lie = ({ key }) => (key?.startsWith('fails/') && !key.includes('__granary') ? lie : null)
    assert.match(
      await ask(engine, 'INSERT INTO t SELECT number FROM numbers(10)'),
      /^Code: (499|210|209|33|107)\n$/,
      lie,
    )
    double.lie = () => null
    assert.equal(await ask(engine, 'SELECT count() FROM t'), '1000\n', lie)
  }
  assert.equal(await ask(engine, 'INSERT INTO t VALUES (1)'), '')
  assert.equal(await ask(engine, 'SELECT count() FROM t'), '1001\n')
  await engine.close()
})

/** The program, with its worker threads; credentials from the environment. */
function granary(...args: string[]): Promise<{ output: string; errors: string; code: number | null }> {
  const [command, before] = programOf()
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: double.accessKeyId,
    AWS_SECRET_ACCESS_KEY: double.secretAccessKey,
    AWS_ENDPOINT_URL: double.endpoint,
    AWS_REGION: double.region,
  }
  return new Promise(resolve => {
    const child = spawn(command, [...before, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [output, errors] = ['', '']
    child.stdout.on('data', chunk => {
      output += chunk
    })
    child.stderr.on('data', chunk => {
      errors += chunk
    })
    child.on('close', code => resolve({ output, errors, code }))
  })
}

test('the command line works on a bucket, with threads', async () => {
  const path = 's3://test-bucket/cli'
  const made = await granary(
    'local',
    '--path',
    path,
    '--query',
    `CREATE TABLE t (k UInt32, s String) ENGINE = MergeTree ORDER BY k;
     INSERT INTO t SELECT number, toString(number % 7) FROM numbers(300000);
     INSERT INTO t SELECT number, 'x' FROM numbers(10);
     SELECT s, count() FROM t GROUP BY s ORDER BY s LIMIT 2`,
  )
  assert.deepEqual([made.output, made.code], ['0\t42858\n1\t42857\n', 0], made.errors)
  const again = await granary(
    'local',
    '--path',
    path,
    '--query',
    'OPTIMIZE TABLE t FINAL; SELECT count(), sum(k) FROM t',
  )
  assert.deepEqual([again.output, again.code], ['300010\t44999850045\n', 0], again.errors)
  assert.deepEqual(double.violations, [])
})
