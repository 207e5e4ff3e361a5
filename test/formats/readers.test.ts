import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { findFormat, findInputFormat, findOutputFormat, formats } from '../../runtime/formats/registry.ts'
import { formatOptions } from '../../runtime/formats/settings.ts'
import { newMemory } from '../harness.ts'
import { Collected, chunkOf, noStatistics, read, samples, schemaOf, valuesOf, write } from './samples.ts'

test('formats are found by their names, in any case', () => {
  assert.equal(findFormat('tabseparated').name, 'TabSeparated')
  assert.equal(findFormat('NDJSON').name, 'JSONEachRow')
  assert.throws(() => findFormat('Nope'), { code: 73 })
  assert.throws(() => findInputFormat('Pretty'), { code: 85 })
  assert.throws(() => findOutputFormat('Parquet'), { code: 399 })
  assert.equal(new Set(formats.flatMap(({ name, aliases = [] }) => [name, ...aliases])).size >= formats.length, true)
})

test('what an input leaves out is told', async () => {
  const memory = newMemory('core.debug')
  const schema = schemaOf({ a: 'UInt8', b: 'Nullable(String)', c: "Enum8('x' = 5)" })
  const json = await read('JSONEachRow', schema, '{"a":1,"b":null}\n{"b":"","c":"x"}\n', memory)
  assert.deepEqual(json.columns, [
    [1, 0],
    [null, ''],
    [5, 5],
  ])
  const [[a, b, c]] = json.omitted
  assert.equal(typeof a, 'number')
  assert.equal(b, null)
  assert.equal(typeof c, 'number')
  const names = await read('TSVWithNames', schema, 'c\nx\n', memory)
  assert.deepEqual(names.omitted, [['all', 'all', null]])
  const csv = await read('CSV', schema, ',,\n', memory)
  assert.deepEqual(csv.columns, [[0], [null], [5]])
  assert.ok(csv.omitted[0].every(mask => typeof mask === 'number'))
})

test('a CSV header names a whole tuple, or its elements', async () => {
  const memory = newMemory('core.debug')
  const schema = schemaOf({ a: 'UInt8', t: 'Tuple(UInt8, String)' })
  const expected = [[1], [[2, 'x']]]
  assert.deepEqual((await read('CSVWithNames', schema, 'a,t\n1,2,x\n', memory)).columns, expected)
  assert.deepEqual((await read('CSVWithNames', schema, 't,a\n2,x,1\n', memory)).columns, expected)
  assert.deepEqual((await read('CSVWithNames', schema, 'a,t.1,t.2\n1,2,x\n', memory)).columns, expected)
  const types = 'a,t\nUInt8,"Tuple(UInt8, String)"\n1,2,x\n'
  assert.deepEqual((await read('CSVWithNamesAndTypes', schema, types, memory)).columns, expected)
})

test('NULL of every type that can be NULL', async () => {
  const memory = newMemory('core.debug')
  const arena = new Arena(memory)
  const scalars = samples.filter(([, type]) => !/^(Nullable|Array|Tuple|Map|LowCardinality)/.test(type))
  const schema = schemaOf(Object.fromEntries(scalars.map(([name, type]) => [name, `Nullable(${type})`])))
  const values = scalars.map(([, , [first]]) => [null, first, null])
  for (const format of ['TSV', 'CSV', 'JSONEachRow', 'JSONCompactEachRow', 'Values', 'TSKV', 'RowBinary', 'Native']) {
    const chunk = chunkOf(schema, values, arena)
    const bytes = write(format, schema, chunk, memory).bytes()
    assert.deepEqual((await read(format, schema, bytes, memory)).columns, chunk.columns.map(valuesOf), format)
  }
})

test('Values gives expressions to the evaluator', async () => {
  const memory = newMemory('core.debug')
  const schema = schemaOf({ a: 'UInt32', b: 'String', c: 'DateTime' })
  const seen: string[] = []
  const evaluate = (expression: string, type: { kind: string }) => {
    seen.push(`${expression} ${type.kind}`)
    return type.kind === 'String' ? 'evaluated' : 77
  }
  const { columns, omitted } = await read(
    'Values',
    schema,
    "(1 + 2, concat('a,', 'b)'), now()), (5, 'x', '2020-01-01 00:00:00') , (-1, DEFAULT, toDateTime('2020-01-01'));",
    memory,
    {},
    1 << 20,
    { evaluate },
  )
  assert.deepEqual(
    seen,
    [
      '1 + 2 UInt32',
      '-1 UInt32',
      "concat('a,', 'b)') String",
      'now() DateTime',
      "toDateTime('2020-01-01') DateTime",
    ].sort((x, y) => order(x) - order(y)),
  )
  assert.deepEqual(columns, [
    [77, 5, 77],
    ['evaluated', 'x', ''],
    [77, 1577836800, 77],
  ])
  assert.equal(typeof omitted[0][1], 'number')
  await assert.rejects(read('Values', schema, "(1 + 2, 'x', now())", memory), { code: 27 })
})

const order = (text: string): number => ['UInt32', 'String', 'DateTime'].findIndex(kind => text.endsWith(` ${kind}`))

test('long rows and small pieces', async () => {
  const memory = newMemory('core.debug')
  const schema = schemaOf({ a: 'String', b: 'UInt8' })
  const long = 'x'.repeat(5_000_000)
  const { columns } = await read('TSV', schema, `${long}\t1\ny\t2\n${long}z\t3\n`, memory, {}, 100_000)
  assert.deepEqual(
    columns[0].map(text => (text as string).length),
    [5_000_000, 1, 5_000_001],
  )
})

const totals = {
  TSV: '1\tx\n\n3\tt\n\n1\ta\n2\tb\n',
  CSV: '1,"x"\n\n3,"t"\n\n1,"a"\n2,"b"\n',
  JSONCompact:
    '{\n\t"meta":\n\t[\n\t\t{\n\t\t\t"name": "k",\n\t\t\t"type": "UInt8"\n\t\t},\n\t\t{\n\t\t\t"name": "s",\n\t\t\t"type": "String"\n\t\t}\n\t],\n\n\t"data":\n\t[\n\t\t[1, "x"]\n\t],\n\n\t"totals": [3, "t"],\n\n\t"extremes":\n\t{\n\t\t"min": [1, "a"],\n\t\t"max": [2, "b"]\n\t},\n\n\t"rows": 1,\n\n\t"rows_before_limit_at_least": 9,\n\n\t"statistics":\n\t{\n\t\t"elapsed": 0.001,\n\t\t"rows_read": 3,\n\t\t"bytes_read": 30\n\t}\n}\n',
  JSONEachRow: '{"k":1,"s":"x"}\n',
  JSONEachRowWithProgress:
    '{"meta":[{"name":"k","type":"UInt8"},{"name":"s","type":"String"}]}\n{"row":{"k":1,"s":"x"}}\n{"progress":{"read_rows":"5","read_bytes":"40","total_rows_to_read":"6","elapsed_ns":"7"}}\n{"totals":{"k":3,"s":"t"}}\n{"min":{"k":1,"s":"a"}}\n{"max":{"k":2,"s":"b"}}\n',
  Vertical:
    'Row 1:\n──────\nk: 1\ns: x\n\n\nTotals:\n───────\nk: 3\ns: t\n\nMin:\n────\nk: 1\ns: a\n\nMax:\n────\nk: 2\ns: b\n',
  PrettySpace:
    '    k   s\n\n1.  1   x \n\nTotals:\n    k   s\n\n1.  3   t \n\nExtremes:\n    k   s\n\n1.  1   a \n2.  2   b \n',
}

for (const [format, text] of Object.entries(totals))
  test(`${format}: totals and extremes behind the rows`, () => {
    const memory = newMemory('core.debug')
    const arena = new Arena(memory)
    const schema = schemaOf({ k: 'UInt8', s: 'String' })
    const out = new Collected()
    const writer = findOutputFormat(format).writer(schema, formatOptions(), memory)
    writer.begin(out)
    writer.chunk(chunkOf(schema, [[1], ['x']], arena), arena, out)
    writer.progress?.({ rowsRead: 5, bytesRead: 40, rowsToRead: 6, elapsedNs: 7 }, out)
    writer.totals?.(chunkOf(schema, [[3], ['t']], arena), arena, out)
    writer.extremes?.(
      chunkOf(
        schema,
        [
          [1, 2],
          ['a', 'b'],
        ],
        arena,
      ),
      arena,
      out,
    )
    writer.end(out, { ...noStatistics, rowsBeforeLimit: 9 })
    assert.equal(out.text(), text)
  })
