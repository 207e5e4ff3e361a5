import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { WebDisk } from '../../runtime/storage/disks/web.ts'
import { HttpStore } from '../../runtime/storage/stores/http.ts'
import { platformHere } from '../platform/here.ts'

const platform = platformHere()
const text = (bytes?: Uint8Array): string | undefined => bytes && new TextDecoder().decode(bytes)

type Kind = 'ranges' | 'whole' | 'wrong' | 'html' | 'longer' | 'down'

/** A web server of some files, which are given out as `kind` says. */
const files = new Map<string, string>()
let kind: Kind = 'ranges'
let base = ''
const asked: string[] = []
const server = http.createServer((request, response) => {
  const path = decodeURIComponent((request.url ?? '').slice(1).split('?')[0])
  asked.push(request.url ?? '')
  if (kind === 'down') return void response.writeHead(500).end('<html>oops</html>')
  if (kind === 'html') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>welcome</html>')
  const body = files.get(path)
  if (body === undefined) return void response.writeHead(404).end('none')
  const bytes = Buffer.from(body + (kind === 'longer' ? '!' : ''))
  const etag = `"${bytes.length}-${encodeURIComponent(body)}"`
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end()
  const range = kind === 'whole' ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  if (!range) return void response.writeHead(200, { etag }).end(bytes)
  const start = Number(range[1])
  if (start >= bytes.length) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
  const end = range[2] === '' ? bytes.length : Math.min(Number(range[2]) + 1, bytes.length)
  const shift = kind === 'wrong' ? 1 : 0
  const head = { etag, 'content-range': `bytes ${start - shift}-${end - 1 - shift}/${bytes.length}` }
  response.writeHead(206, head).end(bytes.subarray(start - shift, end - shift))
})

before(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})

const open = (location = base) => new HttpStore(platform, location, { attemptMs: 500, deadlineMs: 500, backoffMs: 1 })

test('files of a web server are read, by ranges where it has them', async () => {
  files.set('d/a b.bin', '0123456789')
  for (const how of ['ranges', 'whole'] as const) {
    kind = how
    const store = open(`${base}/d`)
    const part = await store.get('a b.bin', { start: 3, end: 5 })
    assert.deepEqual([text(part?.bytes), part?.size], ['34', 10])
    assert.equal(text((await store.get('a b.bin', { start: 8, end: 99 }))?.bytes), '89')
    assert.equal(text((await store.get('a b.bin', { start: 20, end: 99 }))?.bytes), '')
    assert.equal(text((await store.get('a b.bin', { start: 8, end: 8 }))?.bytes), '')
    const whole = await store.get('a b.bin')
    assert.equal(text(whole?.bytes), '0123456789')
    assert.equal(await store.getIfChanged('a b.bin', whole?.etag ?? ''), 'same')
    assert.equal(await store.get('none'), null)
    await assert.rejects(store.get('a b.bin', { ifMatch: '"other"' }), { errorName: 'CANNOT_READ_ALL_DATA' })
  }
  kind = 'ranges'
  const store = open(`${base}/d?signature=secret`)
  assert.equal(text((await store.get('a b.bin', { start: 0, end: 1 }))?.bytes), '0')
  assert.match(asked.at(-1) ?? '', /^\/d\/a%20b\.bin\?signature=secret$/)
  kind = 'down'
  await assert.rejects(
    store.get('a b.bin'),
    ({ message }: Error) => /answered 500/.test(message) && !/secret/.test(message),
  )
  kind = 'wrong'
  await assert.rejects(store.get('a b.bin', { start: 2, end: 4 }), { errorName: 'CANNOT_READ_ALL_DATA' })
  await assert.rejects(store.put(), { errorName: 'NOT_IMPLEMENTED' })
  assert.throws(() => open('http://user:pass@host/'), { errorName: 'BAD_ARGUMENTS' })
})

test('a tree of ClickHouse for a web server is read by its indices', async () => {
  kind = 'ranges'
  files.set('t/.index', 'all_1_1_0\t1\nformat_version.txt\t0\t1\n')
  files.set('t/format_version.txt', '1')
  files.set('t/all_1_1_0/.index', 's.size.bin\t0\t5\nt%2E1.bin\t0\t3\ncount\t0\t2\n')
  files.set('t/all_1_1_0/s%2Esize.bin', 'sizes')
  files.set('t/all_1_1_0/t%252E1.bin', 'tup')
  files.set('t/all_1_1_0/count', '10')
  const disk = new WebDisk(open())
  assert.deepEqual(
    (await disk.list('t')).map(({ name, isDirectory, size }) => [name, isDirectory, size]),
    [
      ['all_1_1_0', true, 0],
      ['format_version.txt', false, 1],
    ],
  )
  assert.equal(text(await disk.read('t/all_1_1_0/s.size.bin', 1, 3)), 'iz')
  assert.equal(text((await disk.readAll('t/all_1_1_0/t%2E1.bin')) ?? undefined), 'tup')
  assert.equal(await disk.size('t/all_1_1_0/count'), 2)
  assert.equal(await disk.size('t/all_1_1_0/none'), null)
  assert.deepEqual(await disk.list('t/none'), [])
  assert.equal(disk.can.write, false)
  await assert.rejects(disk.put(), { errorName: 'TABLE_IS_PERMANENTLY_READ_ONLY' })
  kind = 'longer'
  await assert.rejects(disk.read('t/format_version.txt', 0, 1), /2 bytes, the index of its directory says 1/)
  kind = 'html'
  await assert.rejects(new WebDisk(open()).list('t'), { errorName: 'CANNOT_READ_ALL_DATA' })
  kind = 'ranges'
})
