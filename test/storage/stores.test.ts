import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DBError } from '../../runtime/core/errors.ts'
import { decodeText, encodeText } from '../../runtime/core/text.ts'
import { RewritableDisk } from '../../runtime/storage/disks/rewritable.ts'
import { base64, md5 } from '../../runtime/storage/stores/md5.ts'
import { MemoryStore } from '../../runtime/storage/stores/memory.ts'
import { S3Store } from '../../runtime/storage/stores/s3.ts'
import { parseS3Endpoint, parseS3Url, type S3Options, s3Place } from '../../runtime/storage/stores/s3Location.ts'
import { parseXml } from '../../runtime/storage/stores/xml.ts'
import { diskContract } from '../platform/diskContract.ts'
import { platformHere } from '../platform/here.ts'
import { type Lie, S3Double, type Seen } from './s3Double.ts'
import { storeContract } from './storeContract.ts'

const platform = platformHere()
const double = new S3Double({ pageSize: 3 })
const limits = { attemptMs: 150, deadlineMs: 700, backoffMs: 1 }

before(async () => {
  await double.start()
})
after(() => double.stop())

function place(prefix: string, options: S3Options = {}) {
  const { accessKeyId, secretAccessKey, endpoint, region, bucket } = double
  const given = { accessKeyId, secretAccessKey, endpoint, region, ...options }
  return { ...s3Place({ bucket, prefix }, given), limits }
}

async function emptied(): Promise<S3Store> {
  double.objects.clear()
  double.lie = () => null
  assert.deepEqual(double.violations, [])
  return new S3Store(platform, { ...place('some/prefix/'), limits: undefined })
}

storeContract('memory', async () => new MemoryStore())
storeContract('s3', emptied)
diskContract('rewritable over s3', async () => new RewritableDisk(await emptied()))

/** Lies to the first requests that the test picks. */
function lying(lie: Lie, times = Number.POSITIVE_INFINITY, picks: (seen: Seen) => boolean = () => true): void {
  let left = times
  double.lie = seen => (picks(seen) && left-- > 0 ? lie : null)
}

const secretsOf = () => [double.secretAccessKey, double.accessKeyId]

async function failure(promise: Promise<unknown>): Promise<DBError> {
  const error = await promise.then(
    () => assert.fail('nothing failed'),
    error => error,
  )
  assert.ok(error instanceof DBError, String(error))
  for (const secret of secretsOf()) assert.ok(!error.describe().includes(secret), error.describe())
  return error
}

test('whatever a store answers to a read, there is an error that says it, or the right bytes', async () => {
  const store = new S3Store(platform, place('p/'))
  const { etag } = await store.put('k', encodeText('0123456789'))
  const range = { start: 2, end: 6 }
  const expected: [Lie, 'get' | 'range' | 'match', string, RegExp][] = [
    ['wrongRange', 'range', 'CANNOT_READ_ALL_DATA', /bytes 2-5 were asked for, bytes 3-6\/10 came/],
    ['ignoreRange', 'range', 'CANNOT_READ_ALL_DATA', /range|longer/],
    ['shortBody', 'range', 'CANNOT_READ_ALL_DATA', /bytes 2-5\/10 were announced, 1 bytes came/],
    ['cutBody', 'get', 'NETWORK_ERROR', /broke off|no connection/],
    ['staleEtag', 'match', 'CANNOT_READ_ALL_DATA', /has changed/],
    ['noEtag', 'get', 'S3_ERROR', /no ETag/],
    ['html', 'get', 'S3_ERROR', /502.*not one of an object store/],
    ['htmlOk', 'get', 'S3_ERROR', /no ETag/],
    ['htmlOk', 'range', 'CANNOT_READ_ALL_DATA', /longer|ignores/],
    ['noBucket', 'get', 'S3_ERROR', /NoSuchBucket.*there is no such bucket/],
    ['slowDown', 'get', 'S3_ERROR', /503 SlowDown/],
    ['internal', 'range', 'S3_ERROR', /500 InternalError/],
    ['hang', 'get', 'SOCKET_TIMEOUT', /no answer came within/],
    ['hangBody', 'get', 'SOCKET_TIMEOUT', /no answer came within/],
    ['refuse', 'get', 'NETWORK_ERROR', /no connection/],
    ['expired', 'get', 'S3_ERROR', /ExpiredToken.*give new credentials/],
    ['denied', 'get', 'S3_ERROR', /403 AccessDenied/],
  ]
  for (const [lie, how, name, message] of expected) {
    lying(lie)
    const options = how === 'get' ? {} : how === 'range' ? range : { ...range, ifMatch: etag }
    const error = await failure(store.get('k', options))
    assert.equal(error.errorName, name, `${lie}: ${error.message}`)
    assert.match(error.message, message)
    assert.match(error.message, /s3:\/\/test-bucket\/p\/k/)
    double.lie = () => null
    assert.equal(decodeText((await store.get('k', range))!.bytes), '2345')
  }
  // What passes by itself is not seen at all.
  for (const lie of ['shortBody', 'cutBody', 'slowDown', 'internal', 'refuse', 'hang', 'html'] as const) {
    lying(lie, 2)
    assert.equal(decodeText((await store.get('k', range))!.bytes), '2345', lie)
  }
  lying('missing')
  assert.equal(await store.get('k'), null)
  double.lie = () => null
})

test('a list that is not one, or never ends, is an error', async () => {
  const store = new S3Store(platform, place('lists/'))
  for (let i = 0; i < 7; i++) await store.put(`k${i}`, encodeText('x'))
  const all = async () => {
    const keys: string[] = []
    for await (const { key } of store.list('')) keys.push(key)
    return keys.length
  }
  assert.equal(await all(), 7)
  const expected: [Lie, string, RegExp][] = [
    ['htmlOk', 'CANNOT_READ_ALL_DATA', /not the XML/],
    ['html', 'S3_ERROR', /502/],
    ['cutBody', 'NETWORK_ERROR', /broke off|no connection/],
    ['endlessList', 'S3_ERROR', /goes round in a circle/],
    ['okError', 'S3_ERROR', /InternalError/],
    ['denied', 'S3_ERROR', /AccessDenied/],
  ]
  for (const [lie, name, message] of expected) {
    lying(lie)
    const error = await failure(all())
    assert.equal(error.errorName, name, error.message)
    assert.match(error.message, message)
  }
  lying('cutBody', 1, ({ query }) => query.has('continuation-token'))
  assert.equal(await all(), 7)
  double.lie = () => null
})

test('a write whose answer is lost is told apart from one that somebody else made', async () => {
  const store = new S3Store(platform, place('lost/'))
  const isPut = ({ method }: Seen) => method === 'PUT'
  lying('lostAnswer', 1, isPut)
  const { etag } = await store.put('mine', encodeText('content of mine'), { ifAbsent: true })
  assert.equal((await store.get('mine'))?.etag, etag)
  lying('lostAnswer', 1, isPut)
  const next = await store.put('mine', encodeText('more of mine'), { ifMatch: etag })
  assert.equal((await store.get('mine'))?.etag, next.etag)
  let theirs = false
  double.lie = seen => {
    if (!isPut(seen) || theirs) return null
    theirs = true
    double.put('lost/theirs', 'content of theirs')
    return 'refuse'
  }
  const error = await failure(store.put('theirs', encodeText('content of mine'), { ifAbsent: true }))
  assert.equal(error.errorName, 'FILE_ALREADY_EXISTS')
  lying('lostAnswer', 1, ({ method, query }) => method === 'POST' && query.has('uploadId'))
  const writer = await store.create('parts')
  await writer.write(new Uint8Array(9 << 20).fill(7))
  await writer.close()
  assert.equal((await store.get('parts', { start: 0, end: 1 }))?.size, 9 << 20)
  lying('okError', 1, ({ method }) => method === 'PUT')
  await store.copy('mine', 'copied')
  assert.equal(decodeText((await store.get('copied'))!.bytes), 'more of mine')
  double.lie = () => null
})

test('an upload that fails leaves nothing', async () => {
  const store = new S3Store(platform, { ...place('uploads/'), limits: { backoffMs: 1 } })
  const isPart = ({ query }: Seen) => query.get('partNumber') === '2'
  lying('denied', 99, isPart)
  const writer = await store.create('big')
  const error = await failure(
    (async () => {
      for (let i = 0; i < 40; i++) await writer.write(new Uint8Array(1 << 20))
      await writer.close()
    })().catch(async error => {
      await writer.abort()
      throw error
    }),
  )
  assert.match(error.message, /AccessDenied/)
  assert.equal(double.uploads.size, 0)
  assert.equal(await store.get('big'), null)
  lying('slowDown', 2, isPart)
  const again = await store.create('big')
  for (let i = 0; i < 20; i++) await again.write(new Uint8Array(1 << 20).fill(i))
  await again.close()
  const { bytes } = (await store.get('big'))!
  assert.equal(bytes.length, 20 << 20)
  for (let i = 0; i < 20; i++) assert.equal(bytes[(i << 20) + 77], i)
  double.lie = () => null
})

test('wrong credentials are said, without them', async () => {
  const cases: [S3Options, RegExp][] = [
    [{ secretAccessKey: 'something-else' }, /SignatureDoesNotMatch.*secret access key is wrong/],
    [{ accessKeyId: 'AKIDUNKNOWN' }, /InvalidAccessKeyId/],
    [{ region: 'us-east-9' }, /AuthorizationHeaderMalformed.*region is eu-test-1, not us-east-9/],
    [{ anonymous: true }, /AccessDenied.*no credentials were given/],
  ]
  for (const [options, message] of cases) {
    const store = new S3Store(platform, place('p/', options))
    const error = await failure(store.get('k'))
    assert.equal(error.errorName, 'S3_ERROR')
    assert.match(error.message, message)
    for (const secret of ['something-else', 'AKIDUNKNOWN']) assert.ok(!error.message.includes(secret), error.message)
  }
  const strict = await new S3Double({ sessionToken: 'fresh-token' }).start()
  try {
    const { endpoint, accessKeyId, secretAccessKey, region, bucket } = strict
    const of = (sessionToken: string) =>
      new S3Store(platform, {
        ...s3Place({ bucket, prefix: '' }, { endpoint, accessKeyId, secretAccessKey, region, sessionToken }),
        limits,
      })
    assert.equal(await of('fresh-token').get('k'), null)
    const error = await failure(of('stale-token').get('k'))
    assert.match(error.message, /InvalidToken.*The token \[HIDDEN\]/)
  } finally {
    await strict.stop()
  }
})

test('a request ends with its signal, and only so many run at once', async () => {
  const store = new S3Store(platform, place('p/'))
  await store.put('k', encodeText('x'))
  lying('hang')
  const controller = new AbortController()
  const asked = store.get('k', { signal: controller.signal })
  platform.clock.after(30, () => controller.abort())
  await assert.rejects(asked, { name: 'AbortError' })
  double.lie = () => null
  const few = new S3Store(platform, { ...place('p/'), limits: { requestsMax: 3 } })
  double.requestsAtOnceMax = 0
  await Promise.all(Array.from({ length: 20 }, () => few.get('k')))
  assert.ok(double.requestsAtOnceMax <= 3)
})

test('where a bucket is', () => {
  const url = (location: string, options: S3Options = {}, environment: Record<string, string> = {}) =>
    s3Place(parseS3Url(location), options, name => environment[name])
  assert.equal(url('s3://b1x').url, 'https://b1x.s3.us-east-1.amazonaws.com/')
  assert.equal(url('s3://b1x/a/b/', { region: 'eu-west-1' }).url, 'https://b1x.s3.eu-west-1.amazonaws.com/')
  assert.equal(url('s3://b1x/a/b/').prefix, 'a/b/')
  assert.equal(url('s3://b.1.x').url, 'https://s3.us-east-1.amazonaws.com/b.1.x/')
  assert.equal(url('s3://b1x', { endpoint: 'http://localhost:9000' }).url, 'http://localhost:9000/b1x/')
  const hosted = { endpoint: 'https://oss.example.com', pathStyle: false }
  assert.equal(url('s3://b1x', hosted).url, 'https://b1x.oss.example.com/')
  const environment = {
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'token',
    AWS_REGION: 'ap-1',
    AWS_ENDPOINT_URL: 'http://minio:9000/',
  }
  const found = url('s3://b1x/p', {}, environment)
  assert.deepEqual(found, {
    bucket: 'b1x',
    prefix: 'p/',
    region: 'ap-1',
    url: 'http://minio:9000/b1x/',
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' },
  })
  assert.equal(url('s3://b1x', { anonymous: true }, environment).credentials, null)
  // A stated key does not go with the environment's token.
  assert.deepEqual(url('s3://b1x', { accessKeyId: 'a', secretAccessKey: 's' }, environment).credentials, {
    accessKeyId: 'a',
    secretAccessKey: 's',
  })
  for (const wrong of ['s3://', 's3:///x', 's3://b1x/../y', 's3://u:p@b1x/y'])
    assert.throws(() => url(wrong), { errorName: 'BAD_ARGUMENTS' })
  assert.throws(() => url('s3://b1x', { accessKeyId: 'a' }), { errorName: 'BAD_ARGUMENTS' })
  const endpoint = (text: string) => {
    const { bucket, prefix, options } = parseS3Endpoint(text)
    const { url, region } = s3Place({ bucket, prefix }, options)
    return [bucket, prefix, url, region]
  }
  const amazon = 's3.eu-west-1.amazonaws.com'
  assert.deepEqual(endpoint(`https://b1x.${amazon}/a/b/`), ['b1x', 'a/b/', `https://b1x.${amazon}/`, 'eu-west-1'])
  assert.deepEqual(endpoint(`https://${amazon}/b1x/a/`), ['b1x', 'a/', `https://${amazon}/b1x/`, 'eu-west-1'])
  assert.deepEqual(endpoint('http://minio:9000/b1x/a/'), ['b1x', 'a/', 'http://minio:9000/b1x/', 'us-east-1'])
})

test('XML is read strictly', () => {
  const parsed = parseXml(encodeText('<?xml version="1.0"?>\n<A x="1"><B>a&amp;b&#x41;</B> <C/></A>'))
  assert.deepEqual(parsed, {
    name: 'A',
    text: '',
    children: [
      { name: 'B', text: 'a&bA', children: [] },
      { name: 'C', text: '', children: [] },
    ],
  })
  for (const wrong of [
    '',
    'text',
    '<A>',
    '<A></B>',
    '<A/><B/>',
    '<A>x<B/></A>',
    '<A>&x;</A>',
    '<!DOCTYPE a><a/>',
    '<A><B></A>',
  ])
    assert.throws(() => parseXml(encodeText(wrong)), { errorName: 'CANNOT_READ_ALL_DATA' })
})

test('MD5 is MD5', () => {
  const of = (text: string) => base64(md5(encodeText(text)))
  assert.equal(of(''), '1B2M2Y8AsgTpgAmY7PhCfg==')
  assert.equal(of('message digest'), '+WtpfXy3k41SWi8xqvFh0A==')
  assert.equal(of('x'.repeat(119)), Buffer.from(md5(encodeText('x'.repeat(119)))).toString('base64'))
})
