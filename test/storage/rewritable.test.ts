import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeText, encodeText } from '../../runtime/core/text.ts'
import { Crash } from '../../runtime/storage/disks/faulty.ts'
import { RewritableDisk } from '../../runtime/storage/disks/rewritable.ts'
import { FaultyStore } from '../../runtime/storage/stores/faulty.ts'
import { MemoryStore } from '../../runtime/storage/stores/memory.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory, random } from '../harness.ts'
import { type Shape, TestTable } from './tables.ts'

const memory = newMemory('core.debug')
const shape: Shape = {
  columns: [
    ['p', 'UInt8'],
    ['k', 'UInt32'],
    ['s', 'String'],
  ],
  partition: ['p'],
  sorting: ['k'],
  settings: { oldPartsLifetimeSeconds: 0 },
}
const text = (bytes: Uint8Array | undefined): string | undefined => bytes && decodeText(bytes)

test('a tree lies as ClickHouse lays it out, and a move is one write', async () => {
  const store = new MemoryStore()
  const disk = new RewritableDisk(store)
  await disk.put('store/abc/t/tmp_insert_1/count.txt', encodeText('5'))
  await disk.put('top.txt', encodeText('root'))
  const [metaKey] = [...store.objects.keys()].filter(key => key.startsWith('__meta/'))
  assert.match(metaKey, /^__meta\/[a-p]{32}\/prefix\.path$/)
  const name = metaKey.split('/')[1]
  assert.deepEqual([...store.objects.keys()].sort(), ['__root/top.txt', `${name}/count.txt`, metaKey].sort())
  assert.equal(text(store.objects.get(metaKey)?.bytes), 'store/abc/t/tmp_insert_1/')
  await disk.move('store/abc/t/tmp_insert_1', 'store/abc/t/all_1_1_0')
  assert.equal(text(store.objects.get(metaKey)?.bytes), 'store/abc/t/all_1_1_0/')
  assert.equal(store.objects.size, 3)
  assert.deepEqual(
    (await disk.list('store/abc/t')).map(entry => entry.name),
    ['all_1_1_0'],
  )
  // The name belongs to the part now: the next directory of that path gets another.
  await disk.put('store/abc/t/tmp_insert_1/count.txt', encodeText('6'))
  assert.equal(text(await disk.read('store/abc/t/all_1_1_0/count.txt', 0, 9)), '5')
  assert.equal(text(await disk.read('store/abc/t/tmp_insert_1/count.txt', 0, 9)), '6')
  await disk.remove('store')
  assert.deepEqual([...store.objects.keys()], ['__root/top.txt'])
})

test('an instance sees what another one made, moved and removed', async () => {
  const store = new MemoryStore()
  const [control, worker] = [new RewritableDisk(store, { now: () => 0 }), new RewritableDisk(store, { now: () => 0 })]
  assert.deepEqual(await control.list(''), [])
  assert.deepEqual(await worker.list(''), [])
  await worker.put('t/tmp_1/a', encodeText('one'))
  await control.move('t/tmp_1', 't/part')
  assert.equal(text(await worker.read('t/part/a', 0, 9)), 'one')
  assert.equal(await worker.size('t/tmp_1/a'), null)
  await control.remove('t/part')
  await assert.rejects(worker.read('t/part/a', 0, 9), { errorName: 'FILE_DOESNT_EXIST' })
  // Both at once: one directory.
  await Promise.all([worker.put('tmp/q/1', encodeText('1')), control.put('tmp/q/2', encodeText('2'))])
  assert.equal([...store.objects.keys()].filter(key => key.startsWith('__meta/')).length, 1)
  await control.refresh()
  assert.deepEqual((await control.list('tmp/q')).map(entry => entry.name).sort(), ['1', '2'])
  await worker.remove('tmp/q')
  assert.equal(store.objects.size, 0)
})

test('while nothing changes, reading asks for nothing but the bytes', async () => {
  const store = new FaultyStore(new MemoryStore(), random(1), {})
  const disk = new RewritableDisk(store, { now: () => 0 })
  for (let i = 0; i < 5; i++) await disk.put(`t/all_${i}/f`, encodeText('x'))
  const reader = new RewritableDisk(store, { now: () => 0 })
  await reader.read('t/all_0/f', 0, 1)
  store.requests = 0
  for (let i = 0; i < 5; i++) await reader.read(`t/all_${i}/f`, 0, 1)
  assert.equal(store.requests, 5)
})

test('a listed directory is read, and not written to', async () => {
  const store = new MemoryStore()
  await store.put('other/data.bin', encodeText('shared'))
  await store.put('abc/own', encodeText('hidden'))
  await store.put('__meta/abc/prefix.path', encodeText('t/part/\nfiles: 1\na\\tb\tother/data.bin\t6\n'))
  const disk = new RewritableDisk(store)
  assert.deepEqual(
    (await disk.list('t/part')).map(({ name, size }) => [name, size]),
    [['a\tb', 6]],
  )
  assert.equal(text(await disk.read('t/part/a\tb', 0, 9)), 'shared')
  assert.equal(await disk.size('t/part/own'), null)
  await assert.rejects(disk.put('t/part/new', encodeText('x')), { errorName: 'NOT_IMPLEMENTED' })
  await assert.rejects(disk.remove('t'), { errorName: 'NOT_IMPLEMENTED' })
  assert.equal(store.objects.size, 3)
  await store.put('__meta/abc/prefix.path', encodeText('t/part/\nfiles: 2\na\tother/data.bin\t6\n'))
  await assert.rejects(new RewritableDisk(store).list('t'), { errorName: 'CORRUPTED_DATA' })
})

const contents = async (disk: RewritableDisk, path: string): Promise<string[]> => {
  const found: string[] = []
  for (const { name, isDirectory } of await disk.list(path))
    if (isDirectory) found.push(...(await contents(disk, path === '' ? name : `${path}/${name}`)))
    else found.push(path === '' ? name : `${path}/${name}`)
  return found.sort()
}

test('a directory of directories moves whole, also over a crash', async () => {
  for (let crashAtStep = 0; ; crashAtStep++) {
    const survivor = new MemoryStore()
    const calm = new RewritableDisk(survivor)
    for (const file of ['db/t/a', 'db/t/p1/x', 'db/t/p2/x', 'db/t/p2/q/y', 'db/t2/z'])
      await calm.put(file, encodeText(file))
    const store = new FaultyStore(survivor, random(crashAtStep), { crashAtStep })
    const disk = new RewritableDisk(store)
    const crashed = await disk.move('db/t', 'db/u').then(
      () => false,
      () => true,
    )
    const again = new RewritableDisk(survivor)
    await again.recover()
    const seen = await contents(again, 'db')
    const after = ['db/t2/z', 'db/u/a', 'db/u/p1/x', 'db/u/p2/q/y', 'db/u/p2/x']
    const before = ['db/t/a', 'db/t/p1/x', 'db/t/p2/q/y', 'db/t/p2/x', 'db/t2/z']
    assert.deepEqual(seen, seen.includes('db/u/a') ? after : before, `crash at ${crashAtStep}`)
    assert.equal([...survivor.objects.keys()].filter(key => key.startsWith('__granary')).length, 0)
    if (!crashed) {
      assert.deepEqual(seen, after)
      assert.ok(crashAtStep > 4)
      return
    }
  }
})

/** Inserts, merges, mutations, detached parts, with a worker's own instance writing; what is certain is told. */
async function work(
  store: FaultyStore,
  sent: Value[][][],
  acknowledged: Set<number>,
  gone: Set<number>,
): Promise<void> {
  let now = 0
  const table = await TestTable.open(new RewritableDisk(store, { now: () => now }), memory, shape, () => now++)
  const worker = new RewritableDisk(store, { now: () => now })
  for (const [insert, rows] of sent.entries()) {
    await table.table.commit(await table.write(rows, undefined, worker))
    acknowledged.add(insert)
    if (insert === 1) await table.mutate({ updates: new Map([['s', old => old]]) })
    if (insert === 2) {
      gone.add(0)
      await table.remove(row => row[2] === 'insert 0')
    }
    if (insert % 3 === 2) await table.optimize()
    await table.table.cleanUp()
  }
  await table.table.detach(part => part.partitionId === '1')
  await table.table.attach(await table.table.detachedParts())
  table.reader.close()
}

const sent = Array.from({ length: 4 }, (_, insert) =>
  Array.from({ length: 4 }, (_, row): Value[] => [row % 2, insert * 10 + row, `insert ${insert}`]),
)

const countsOf = (rows: readonly Value[][]): Map<string, number> => {
  const seen = new Map<string, number>()
  for (const [, , insert] of rows) seen.set(String(insert), (seen.get(String(insert)) ?? 0) + 1)
  return seen
}

test('MergeTree on an object store: every change is whole or not at all, whenever the machine stops', async () => {
  const calm = new FaultyStore(new MemoryStore(), random(0), {})
  await work(calm, sent, new Set(), new Set())
  const { steps } = calm.state
  assert.ok(steps > 200)
  for (let crashAtStep = 0; crashAtStep < steps; crashAtStep += 2 + (crashAtStep % 7)) {
    const survivor = new MemoryStore()
    const [acknowledged, gone] = [new Set<number>(), new Set<number>()]
    const store = new FaultyStore(survivor, random(crashAtStep), { crashAtStep })
    await assert.rejects(work(store, sent, acknowledged, gone), error => error instanceof Crash || store.state.crashed)
    const disk = new RewritableDisk(survivor)
    await disk.recover()
    const again = await TestTable.open(disk, memory, shape)
    assert.deepEqual(again.table.broken, [], `crash at step ${crashAtStep}`)
    await again.table.attach(await again.table.detachedParts())
    // A part that was being detached may be in both places.
    const seen = countsOf([...new Map((await again.rows()).map(row => [row[1], row])).values()])
    for (const [insert, rows] of sent.entries()) {
      const count = seen.get(`insert ${insert}`) ?? 0
      // A DELETE changes one part after another.
      if (gone.has(insert)) assert.ok(count % 2 === 0)
      else assert.ok(count === 0 || count === rows.length, `crash at ${crashAtStep}: ${count} rows of insert ${insert}`)
      if (acknowledged.has(insert) && !gone.has(insert))
        assert.equal(count, rows.length, `crash at step ${crashAtStep}: insert ${insert} is lost`)
    }
    again.reader.close()
  }
})

test('a store that fails now and then, done or not, leaves a table that is right', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const survivor = new MemoryStore()
    const store = new FaultyStore(survivor, random(seed), { fail: 0.02, failRead: 0.01 })
    const acknowledged = new Set<string>()
    let table: TestTable
    try {
      table = await TestTable.open(new RewritableDisk(store), memory, shape)
    } catch {
      continue
    }
    for (let insert = 0; insert < 8; insert++) {
      const rows = Array.from({ length: 4 }, (_, row): Value[] => [row % 2, insert * 10 + row, `insert ${insert}`])
      await table.insert(rows).then(
        () => acknowledged.add(`insert ${insert}`),
        () => {},
      )
      const task = table.table.selectOptimize()[0]
      if (task) await table.merge(task).catch(() => table.table.abandonMerge(task).catch(() => {}))
      await table.table.cleanUp().catch(() => {})
    }
    const quiet = new RewritableDisk(survivor)
    await quiet.recover()
    const again = await TestTable.open(quiet, memory, shape)
    const seen = countsOf(await again.rows())
    for (const insert of acknowledged) assert.equal(seen.get(insert), 4, `seed ${seed}: ${insert}`)
    for (const count of seen.values()) assert.equal(count, 4, `seed ${seed}`)
    table.reader.close()
    again.reader.close()
  }
})
