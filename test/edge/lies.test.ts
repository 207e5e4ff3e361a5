// Origins that answer wrongly: the query says so, and the isolate goes on.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { DirectoryStore } from '../../runtime/storage/stores/directory.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { type Origin, startOrigin } from './origin.ts'
import { publisher, twoParts } from './published.ts'
import { type Deployed, deploy } from './workerd.ts'

const query = 'SELECT count(), sum(k), max(s) FROM t WHERE g = 77 AND k BETWEEN 30000 AND 60000'
const lies: readonly [what: string, lie: NonNullable<Origin['lie']>][] = [
  [
    'an error page under 200',
    (_, response) => !!response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Oops</h1>'),
  ],
  ['500', (_, response) => !!response.writeHead(500).end('no')],
  ['403: credentials have expired', (_, response) => !!response.writeHead(403).end('expired')],
  ['missing files', (_, response) => !!response.writeHead(404).end()],
  [
    'another range',
    (request, response, bytes) =>
      !!request.headers.range &&
      !!response
        .writeHead(206, { 'content-range': `bytes 1-10/${bytes?.length}`, 'content-length': 10 })
        .end(Buffer.alloc(10)),
  ],
  [
    'fewer bytes than it says',
    (_, response, bytes) => {
      response.writeHead(200, { 'content-length': bytes?.length ?? 5 })
      response.write(Buffer.alloc(1))
      setTimeout(() => response.destroy(), 20)
      return true
    },
  ],
]

describe('origins that lie', () => {
  let origin: Origin
  let worker: Deployed
  let answer: string
  before(async () => {
    origin = await startOrigin()
    const source = await publisher(...twoParts)
    ;[answer] = await source.answers(query)
    const disk = new MemoryDisk(() => 0)
    await source.publish(new DirectoryStore(disk))
    for (const name of await filesOf(disk, ''))
      origin.files.set(`t/${name}`, await disk.read(name, 0, (await disk.size(name))!))
    await source.close()
    worker = await deploy('replica', {
      bindings: {
        OPTIONS: {
          tables: { 'default.t': `${origin.url}/t` },
          settings: { published_refresh_ms: '0', published_stale_ms: '0' },
          // So that every query asks its origin.
          caches: { columnBytes: 0, compressedBytes: 0 },
          stores: { requests: { deadlineMs: 200 } },
        },
      },
    })
  })
  after(async () => {
    await worker.stop()
    await origin.stop()
  })

  for (const [what, lie] of lies)
    test(`${what}, of parts and of all`, async () => {
      for (const isPart of [true, false]) {
        origin.lie = (request, response, bytes) =>
          (isPart ? request.url!.endsWith('.bin') : true) && lie(request, response, bytes)
        const told = await worker.ask(query)
        // A store may ask again in another way and get it right; what it never does is to believe.
        if (told !== answer)
          assert.match(
            told,
            /^Code: (33|74|86|107|117|210|226|246|499)\. DB::Exception: /,
            `${what}: ${told.slice(0, 300)}`,
          )
        origin.lie = null
        assert.equal(await worker.ask(query), answer)
      }
    })

  test('a server without ranges is asked for whole files', async () => {
    origin.lie = (_, response, bytes) => !!bytes && !!response.writeHead(200).end(bytes)
    const told = await worker.ask(query)
    if (told !== answer) assert.match(told, /^Code: /)
    origin.lie = null
    assert.equal(await worker.ask(query), answer)
  })
})

async function filesOf(disk: MemoryDisk, directory: string): Promise<string[]> {
  const names: string[] = []
  for (const { name, isDirectory } of await disk.list(directory)) {
    const path = directory === '' ? name : `${directory}/${name}`
    if (isDirectory) names.push(...(await filesOf(disk, path)))
    else names.push(path)
  }
  return names
}
