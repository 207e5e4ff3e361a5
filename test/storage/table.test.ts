import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crash, FaultyDisk } from '../../runtime/storage/disks/faulty.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory, random } from '../harness.ts'
import { type Shape, TestTable } from './tables.ts'

const memory = newMemory('core.debug')
const byMonth: Shape = {
  columns: [
    ['p', 'UInt8'],
    ['k', 'UInt32'],
    ['s', 'String'],
  ],
  partition: ['p'],
  sorting: ['k'],
}
const sorted = (rows: Value[][]): Value[][] => rows.sort((a, b) => Number(a[1]) - Number(b[1]))

test('an INSERT is split by partition and sorted, and its parts appear together', async () => {
  const table = await TestTable.open(new MemoryDisk(), memory, byMonth)
  const rows: Value[][] = [
    [2, 5, 'e'],
    [1, 9, 'z'],
    [2, 1, 'a'],
    [1, 3, 'c'],
  ]
  const parts = await table.write(rows)
  assert.deepEqual(table.table.parts(), [])
  await table.table.commit(parts)
  assert.deepEqual(
    table.table.parts().map(({ name, rows, bounds, partitionValues }) => [name, rows, bounds, partitionValues]),
    [
      ['1_1_1_0', 2, [{ column: 'p', min: 1, max: 1 }], [1]],
      ['2_2_2_0', 2, [{ column: 'p', min: 2, max: 2 }], [2]],
    ],
  )
  assert.deepEqual(await table.rows(), [
    [1, 3, 'c'],
    [1, 9, 'z'],
    [2, 1, 'a'],
    [2, 5, 'e'],
  ])
})

test('large INSERTs become several blocks', async () => {
  const table = await TestTable.open(new MemoryDisk(), memory, { ...byMonth, partition: [] })
  const rows = Array.from({ length: 1000 }, (_, i): Value[] => [0, 1000 - i, String(i)])
  const parts = await table.write(rows, { rows: 300, bytes: 1e9, partitions: 100 })
  assert.deepEqual(
    parts.map(part => part.rows),
    [300, 300, 300, 100],
  )
  await table.table.commit(parts)
  assert.deepEqual(sorted(await table.rows()), sorted(rows))
})

test('too many partitions in one block are refused, and nothing stays behind', async () => {
  const disk = new MemoryDisk()
  const table = await TestTable.open(disk, memory, byMonth)
  const rows = Array.from({ length: 12 }, (_, i): Value[] => [i, i, ''])
  await assert.rejects(table.write(rows, { rows: 1e6, bytes: 1e9, partitions: 10 }), { errorName: 'TOO_MANY_PARTS' })
  assert.deepEqual([...disk.files.keys()], ['data/t/format_version.txt'])
})

test('a reader keeps the parts it started with', async () => {
  let now = 0
  const table = await TestTable.open(new MemoryDisk(), memory, { ...byMonth, partition: [] }, () => now)
  await table.insert([[1, 1, 'a']])
  await table.insert([[1, 2, 'b']])
  const snapshot = table.table.snapshot()
  await table.optimize()
  now += 481_000
  assert.deepEqual(await table.table.cleanUp(), [])
  assert.equal((await table.disk.list('data/t')).filter(entry => entry.isDirectory).length, 3)
  snapshot.release()
  assert.equal((await table.table.cleanUp()).length, 2)
  assert.deepEqual(
    (await table.disk.list('data/t')).filter(entry => entry.isDirectory).map(entry => entry.name),
    ['all_1_2_1'],
  )
})

test('DROP, DETACH and ATTACH', async () => {
  const disk = new MemoryDisk()
  const table = await TestTable.open(disk, memory, byMonth)
  for (let i = 0; i < 3; i++)
    await table.insert([
      [1, i, 'one'],
      [2, i, 'two'],
    ])
  const snapshot = table.table.snapshot()
  await table.table.drop(part => part.partitionId === '1')
  assert.deepEqual(
    (await table.rows()).map(row => row[0]),
    [2, 2, 2],
  )
  // Who reads dropped parts reads on; a start forgets them for good.
  assert.equal(snapshot.parts.length, 6)
  assert.equal((await table.reader.readColumns(snapshot.parts[0], ['s'], 0, 1, memory.root))[0]?.valueAt(0), 'one')
  assert.equal((await TestTable.open(copyOf(disk), memory, byMonth)).table.parts().length, 3)
  snapshot.release()
  await table.table.cleanUp()

  await table.table.detach(part => part.name === '2_4_4_0')
  assert.deepEqual(await table.table.detachedParts(), ['2_4_4_0'])
  assert.equal((await table.rows()).length, 2)
  await table.table.attach(['2_4_4_0'])
  assert.deepEqual(
    table.table.parts().map(part => part.name),
    ['2_2_2_0', '2_6_6_0', '2_7_7_0'],
  )
  assert.equal((await table.rows()).length, 3)
  await assert.rejects(table.table.attach(['2_99_99_0']), /part 2_99_99_0|Part 2_99_99_0/)
  await table.table.drop(() => true)
  await table.table.cleanUp()
  assert.deepEqual([...disk.files.keys()], ['data/t/format_version.txt'])
})

const copyOf = (disk: MemoryDisk): MemoryDisk => {
  const copy = new MemoryDisk()
  for (const [name, file] of disk.files) copy.files.set(name, { ...file, bytes: file.bytes.slice() })
  return copy
}

test('a part that is damaged is set aside at start, and said', async () => {
  const rows: Value[][] = Array.from({ length: 9 }, (_, i) => [1, i, `${i}`])
  const whole = new MemoryDisk()
  const table = await TestTable.open(whole, memory, byMonth)
  await table.insert(rows)
  await table.insert([[1, 100, 'good']])
  const files = [...whole.files.keys()].filter(name => name.includes('1_1_1_0/'))
  assert.equal(files.length, 12)
  for (const file of files)
    for (const damage of ['missing', 'shorter'] as const) {
      const disk = copyOf(whole)
      if (damage === 'missing') disk.files.delete(file)
      else disk.files.set(file, { bytes: disk.files.get(file)!.bytes.slice(0, -1), modifiedMs: 0 })
      const optional = /(checksums|columns)\.txt$/.test(file) && damage === 'missing'
      const opened = await TestTable.open(disk, memory, byMonth)
      if (optional) {
        assert.equal(opened.table.parts().length, 2, `${file} ${damage}`)
        continue
      }
      if (opened.table.parts().length === 2) assert.fail(`${file} ${damage} was not noticed`)
      assert.deepEqual(
        opened.table.broken.map(part => part.name),
        ['1_1_1_0'],
      )
      assert.deepEqual(await opened.table.detachedParts(), ['broken-on-start_1_1_1_0'])
      assert.deepEqual(await opened.rows(), [[1, 100, 'good']])
    }
})

test('flipped bits in columns are noticed when they are read', async () => {
  const disk = new MemoryDisk()
  const table = await TestTable.open(disk, memory, byMonth)
  await table.insert(Array.from({ length: 50 }, (_, i): Value[] => [1, i, `text ${i}`]))
  const [name] = [...disk.files.keys()].filter(name => name.endsWith('/s.bin'))
  const { bytes } = disk.files.get(name)!
  for (let at = 0; at < bytes.length; at += 5) {
    bytes[at] ^= 0x10
    const [part] = table.table.parts()
    await assert.rejects(
      table.reader.readColumns(part, ['s'], 0, part.marks.count, memory.root),
      /Checksum|Cannot|claims|leads/,
    )
    bytes[at] ^= 0x10
  }
})

test('too many parts delay INSERTs, then refuse them', async () => {
  const settings = { partsToDelayInsert: 2, partsToThrowInsert: 4 }
  const table = await TestTable.open(new MemoryDisk(), memory, { ...byMonth, settings })
  const delays: number[] = []
  for (let i = 0; i < 4; i++) {
    delays.push(table.table.insertDelayMs())
    await table.insert([[1, i, '']])
  }
  assert.deepEqual(delays.slice(0, 2), [0, 0])
  assert.ok(delays[2] > 0 && delays[3] > delays[2])
  assert.throws(() => table.table.insertDelayMs(), { errorName: 'TOO_MANY_PARTS' })
})

/** Some work on a table, telling what is certain: rows that were acknowledged, and the state that is being changed to. */
async function work(disk: FaultyDisk, sent: Value[][][], acknowledged: Set<number>): Promise<void> {
  let now = 0
  const settings = { oldPartsLifetimeSeconds: 0 }
  const table = await TestTable.open(disk, memory, { ...byMonth, settings }, () => now++)
  for (const [insert, rows] of sent.entries()) {
    await table.insert(rows)
    acknowledged.add(insert)
    if (insert % 3 === 2) {
      await table.optimize()
      await table.table.cleanUp()
    }
  }
}

test('an INSERT is seen whole or not at all, whenever the machine stops, and never lost once acknowledged', async () => {
  const sent = Array.from({ length: 6 }, (_, insert) =>
    Array.from({ length: 6 }, (_, row): Value[] => [row % 3, insert * 10 + row, `insert ${insert}`]),
  )
  const calm = new FaultyDisk(new MemoryDisk(), random(0), {})
  await work(calm, sent, new Set())
  const steps = calm.steps
  assert.ok(steps > 300)
  for (let crashAtStep = 0; crashAtStep < steps; crashAtStep += crashAtStep % 7 === 0 ? 1 : 2) {
    const survivor = new MemoryDisk()
    const acknowledged = new Set<number>()
    const disk = new FaultyDisk(survivor, random(crashAtStep), { crashAtStep })
    await assert.rejects(work(disk, sent, acknowledged), error => error instanceof Crash || disk.crashed)
    const again = await TestTable.open(survivor, memory, byMonth)
    assert.deepEqual(again.table.broken, [], `crash at step ${crashAtStep}`)
    const seen = new Map<string, number>()
    for (const [, , text] of await again.rows()) seen.set(String(text), (seen.get(String(text)) ?? 0) + 1)
    for (const [insert, rows] of sent.entries()) {
      const count = seen.get(`insert ${insert}`) ?? 0
      assert.ok(count === 0 || count === rows.length, `crash at step ${crashAtStep}: ${count} rows of insert ${insert}`)
      if (acknowledged.has(insert))
        assert.equal(count, rows.length, `crash at step ${crashAtStep}: insert ${insert} is lost`)
    }
    again.reader.close()
  }
})

test('a disk that refuses now and then leaves a table that is right', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const survivor = new MemoryDisk()
    const disk = new FaultyDisk(survivor, random(seed), { fail: 0.01 })
    const settings = { oldPartsLifetimeSeconds: 0 }
    const acknowledged = new Set<string>()
    let table: TestTable
    try {
      table = await TestTable.open(disk, memory, { ...byMonth, settings })
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
    const again = await TestTable.open(survivor, memory, byMonth)
    for (const where of [table, again]) {
      const seen = new Map<string, number>()
      for (const [, , text] of await where.rows()) seen.set(String(text), (seen.get(String(text)) ?? 0) + 1)
      for (const text of acknowledged) assert.equal(seen.get(text), 4, `seed ${seed}`)
      for (const count of seen.values()) assert.equal(count, 4, `seed ${seed}`)
    }
  }
})
