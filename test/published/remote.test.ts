// From a data directory to S3 and to readers, as it goes in life: by the program, over sockets, with lines that break.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import type { EngineOptions } from '../../runtime/engine/contract.ts'
import { publishDirectory } from '../../runtime/engine/publishTable.ts'
import type { S3Options } from '../../runtime/storage/stores/s3Location.ts'
import { openStore } from '../../runtime/storage/openStore.ts'
import { platformHere } from '../platform/here.ts'
import { programOf } from '../platform/program.ts'
import { type Lie, S3Double, type Seen } from '../storage/s3Double.ts'
import { answersOf } from './tables.ts'

const double = new S3Double({ pageSize: 20 })
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-publish-'))
const limits = { attemptMs: 2000, deadlineMs: 1000, backoffMs: 1 }

/** What was published to the bucket, from a web server that may have no ranges. */
let hasRanges = true
let etags = 0
const server = http.createServer((request, response) => {
  const object = double.objects.get(decodeURIComponent((request.url ?? '').slice(1)))
  if (!object) return void response.writeHead(404).end('none')
  const { bytes, etag } = object
  if (request.headers['if-none-match'] === etag) {
    etags++
    return void response.writeHead(304, { etag }).end()
  }
  const range = hasRanges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') : null
  if (!range) return void response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes)
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)]
  response.writeHead(206, {
    etag,
    'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
    'content-length': end - start,
  })
  response.end(bytes.subarray(start, end))
})
let base = ''
let writer: GranaryEngine

const environment = () => ({
  AWS_ENDPOINT_URL_S3: double.endpoint,
  AWS_REGION: double.region,
  AWS_ACCESS_KEY_ID: double.accessKeyId,
  AWS_SECRET_ACCESS_KEY: double.secretAccessKey,
})

const platformWith = (s3: S3Options = {}) => {
  const { accessKeyId, secretAccessKey, endpoint, region } = double
  const given = { accessKeyId, secretAccessKey, endpoint, region, ...s3 }
  return { ...platformHere(), storeOptions: { s3: given, requests: limits } }
}

before(async () => {
  await double.start()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writer = await createEngine(platformHere(), { path: directory })
  await run(
    `CREATE TABLE t (d Date, k UInt32, l LowCardinality(String), n Nullable(UInt64), a Array(String))
      ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY k SETTINGS index_granularity = 256`,
    'SYSTEM STOP MERGES t',
    `INSERT INTO t SELECT toDate('2026-01-01') + number % 50, number, 'l' || toString(number % 9), nullIf(number % 5, 0),
      [toString(number), 'x'] FROM numbers(20000)`,
  )
})
after(async () => {
  await writer.close({ graceMs: 0 })
  await double.stop()
  server.closeAllConnections()
  server.close()
  fs.rmSync(directory, { recursive: true, force: true })
})

const run = (...statements: string[]) => answersOf(writer, ...statements)
const insert = (from: number) =>
  run(`INSERT INTO t SELECT '2026-05-05', number, 'new', NULL, ['${from}'] FROM numbers(${from}, 100)`)
const questions = [
  'SELECT count(), sum(k), max(d), uniqExact(l), sum(n), sum(length(a)) FROM t',
  'SELECT * FROM t WHERE k = 7777',
  "SELECT l, count() FROM t WHERE k > 15000 AND d < '2026-02-01' GROUP BY l ORDER BY l",
]

function reader(location: string, options: EngineOptions = {}, s3: S3Options = {}): Promise<GranaryEngine> {
  return createEngine(platformWith(s3), {
    published: { 'default.t': location },
    settings: { published_refresh_ms: '0', published_stale_ms: '0' },
    ...options,
  })
}

/** The program's exit code and what it says. */
function granary(to: string, more: Record<string, string> = {}): Promise<{ code: number | null; text: string }> {
  const [command, first] = programOf()
  const args = [...first, 'publish', '--path', directory, '--table', 'default.t', '--to', to]
  const child = spawn(command, args, { env: { ...process.env, ...environment(), ...more } })
  let text = ''
  child.stdout.on('data', bytes => (text += bytes))
  child.stderr.on('data', bytes => (text += bytes))
  return new Promise(resolve => child.on('close', code => resolve({ code, text })))
}

/** In this process. */
async function publish(prefix: string, s3: S3Options = {}) {
  const platform = platformWith(s3)
  const to = `s3://${double.bucket}/${prefix}`
  const source = { path: directory, database: 'default', table: 't' }
  return publishDirectory(platform, source, await openStore(platform, to), { targetName: to })
}

/** Lies to the first requests that the test picks. */
function lying(lie: Lie, times: number, picks: (seen: Seen) => boolean): void {
  let left = times
  double.lie = seen => (picks(seen) && left-- > 0 ? lie : null)
}

test('the program publishes to S3, and readers see it over S3 and the web, with new rows as they come', async () => {
  const to = `s3://${double.bucket}/by/program`
  const first = await granary(to)
  assert.equal(first.code, 0, first.text)
  assert.match(first.text, /20\.00 thousand rows in 2 parts.*Published generation 1 to s3:/s)
  const readers = [await reader(to), await reader(`${base}/by/program`), await reader(`${base}/by/program/`)]
  const answers = async () => Promise.all(readers.map(one => answersOf(one, ...questions)))
  const same = async () => {
    const truth = await run(...questions)
    assert.deepEqual(await answers(), [truth, truth, truth])
  }
  await same()
  hasRanges = false
  const whole = await reader(`${base}/by/program`)
  assert.deepEqual(await answersOf(whole, ...questions), await run(...questions))
  await whole.close()
  hasRanges = true

  const [manifestsBefore, etagsBefore] = [manifests(), etags]
  await answers()
  assert.ok(etags > etagsBefore, 'the manifest is asked for by its tag')
  assert.ok(manifests().length > manifestsBefore.length)
  assert.ok(manifests().at(-1)?.headers['if-none-match'])

  await insert(100_000)
  const second = await granary(to)
  assert.equal(second.code, 0, second.text)
  assert.match(second.text, /20\.10 thousand rows in 3 parts.*generation 2 .*: 1 part /s)
  await same()
  const third = await granary(to)
  assert.match(third.text, /Nothing has changed since generation 2/)
  for (const one of readers) await one.close()
  assert.deepEqual(double.violations, [])
})

const manifests = () => double.seen.filter(({ method, key }) => method === 'GET' && key?.endsWith('manifest.json'))

test('two publish at the same time: one of them is told, and publishes the next time', async () => {
  await publish('two')
  await insert(200_000)
  const both = await Promise.allSettled([publish('two'), publish('two')])
  const failed = both.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
  assert.equal(failed.length, 1)
  assert.equal(failed[0].errorName, 'COORDINATION_ERROR')
  assert.match(failed[0].message, /Somebody else published to s3:\/\/test-bucket\/two\/manifest\.json at the same time/)
  assert.equal((await publish('two')).isUnchanged, true)
  // Against a publication that happens while the program copies.
  await insert(300_000)
  let done: Promise<unknown> | null = null
  double.lie = ({ method, key }) => {
    if (method === 'PUT' && key?.startsWith('two/') && !done) {
      const object = double.objects.get('two/manifest.json')!
      done = Promise.resolve(double.put('two/manifest.json', object.bytes))
    }
    return null
  }
  const told = await granary(`s3://${double.bucket}/two`)
  double.lie = () => null
  assert.notEqual(told.code, 0)
  assert.match(told.text, /Somebody else published to s3:\/\/test-bucket\/two\/manifest\.json/)
  assert.deepEqual(double.violations, [])
})

test('wrong and expired credentials are told, and nothing of them is shown', async () => {
  const told = await granary(`s3://${double.bucket}/none`, { AWS_SECRET_ACCESS_KEY: 'another+secret' })
  assert.equal(told.code, 499 % 256)
  assert.match(told.text, /SignatureDoesNotMatch.*the secret access key is wrong/)
  for (const secret of ['another+secret', double.secretAccessKey, double.accessKeyId])
    assert.ok(!told.text.includes(secret), told.text)
  assert.equal([...double.objects.keys()].filter(key => key.startsWith('none/')).length, 0)
  await assert.rejects(publish('none', { accessKeyId: 'NOBODY' }), /InvalidAccessKeyId; .*is not known there/)

  // In the middle of it.
  await publish('expiring')
  const before = double.objects.get('expiring/manifest.json')!.etag
  await insert(400_000)
  const one = await reader(`s3://${double.bucket}/expiring`)
  const [truth] = await answersOf(one, questions[0])
  let puts = 0
  double.lie = ({ method, key }) => (key?.startsWith('expiring/') && method === 'PUT' && ++puts > 3 ? 'expired' : null)
  await assert.rejects(publish('expiring'), /ExpiredToken; .*the session token has expired/)
  assert.equal(double.objects.get('expiring/manifest.json')!.etag, before)
  double.lie = () => 'expired'
  assert.equal((await answersOf(one, questions[0]))[0], 'Code: 499\n')
  double.lie = () => null
  assert.deepEqual(await answersOf(one, questions[0]), [truth])
  await one.close()
})

test('a publication that breaks off leaves the last one whole, and the next completes it', async () => {
  await publish('broken')
  const location = `s3://${double.bucket}/broken`
  const one = await reader(location)
  const old = await answersOf(one, ...questions)
  const lies: [Lie, RegExp][] = [
    ['refuse', /no connection/],
    ['slowDown', /503 SlowDown/],
  ]
  for (const [number, [lie, message]] of lies.entries()) {
    await insert(500_000 + number * 1000)
    let puts = 0
    double.lie = ({ method, key }) =>
      method === 'PUT' && key?.startsWith('broken/') && ++puts > 4 + number ? lie : null
    const { etag } = double.objects.get('broken/manifest.json')!
    await assert.rejects(publish('broken'), message)
    assert.equal(double.objects.get('broken/manifest.json')!.etag, etag)
    assert.deepEqual(await answersOf(one, ...questions), old)
    // A few broken lines in between are repeated.
    lying(lie, 3, ({ method }) => method === 'PUT')
    const result = await publish('broken')
    double.lie = () => null
    assert.equal(result.generation, number + 2)
    old.splice(0, old.length, ...(await run(...questions)))
    assert.deepEqual(await answersOf(one, ...questions), old)
  }
  // The answer to the manifest itself is lost: it is found to be written.
  await insert(600_000)
  lying('lostAnswer', 1, ({ method, key }) => method === 'PUT' && key === 'broken/manifest.json')
  assert.equal((await publish('broken')).generation, lies.length + 2)
  double.lie = () => null
  assert.deepEqual(await answersOf(one, ...questions), await run(...questions))
  await one.close()
  assert.deepEqual(double.violations, [])
})
