import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findFormat } from '../../runtime/formats/registry.ts'
import { formatOptions } from '../../runtime/formats/settings.ts'
import { newMemory } from '../harness.ts'

/** Format, input, and the structure that ClickHouse finds in it. */
const cases: [format: string, input: string, structure: string][] = [
  [
    'TSV',
    '1\tabc\t2020-01-01\t1.5\t[1,2]\ttrue\n2\t\\N\t2020-01-02\t2\t[]\tfalse\n',
    'c1 Nullable(Int64), c2 Nullable(String), c3 Nullable(Date), c4 Nullable(Float64), c5 Array(Nullable(Int64)), c6 Nullable(Bool)',
  ],
  [
    'CSV',
    'id,name,when,x,arr\n1,"abc","2020-01-01 00:00:00",1.5,"[1,2]"\n2,,2020-01-02 00:00:00,7,"[]"\n',
    'id Nullable(Int64), name Nullable(String), when Nullable(DateTime), x Nullable(Float64), arr Array(Nullable(Int64))',
  ],
  [
    'JSONEachRow',
    '{"a":1,"b":"x","c":[1,2.5],"d":{"k":1,"q":"z"},"e":null,"f":true,"g":"2020-01-01","h":[{"x":1},{"y":"2"}]}\n{"a":-5,"b":"y","z":18446744073709551615,"e":"s","h":[]}\n',
    'a Nullable(Int64), b Nullable(String), c Array(Nullable(Float64)), d Tuple(k Nullable(Int64), q Nullable(String)), e Nullable(String), f Nullable(Bool), g Nullable(Date), h Array(Tuple(x Nullable(Int64), y Nullable(String))), z Nullable(UInt64)',
  ],
  ['JSON', '{"meta":[{"name":"q","type":"UInt8"}],"data":[{"q":1}],"rows":1}', 'q UInt8'],
  ['TSVWithNames', 'a\tb\n1\tx\n', 'a Nullable(Int64), b Nullable(String)'],
  ['TSV', 'a\tb\n1\tx\n', 'a Nullable(Int64), b Nullable(String)'],
  [
    'JSONCompactEachRow',
    '[1,"x",[1,2]]\n[2,null,[]]\n',
    'c1 Nullable(Int64), c2 Nullable(String), c3 Array(Nullable(Int64))',
  ],
  ['CSV', '"x","y"\n1,"2020-01-01"\n', 'x Nullable(Int64), y Nullable(Date)'],
  ['CSV', '1,2\n3,4\n', 'c1 Nullable(Int64), c2 Nullable(Int64)'],
  [
    'JSONEachRow',
    '{"b":{},"c":[],"d":[[1],[2.5]],"e":1.0,"f":"2020-01-01 10:00:00.123"}\n',
    'b Nullable(String), c Array(Nullable(String)), d Array(Array(Nullable(Float64))), e Nullable(Float64), f Nullable(DateTime64(9))',
  ],
  ['TSV', 'x\ty\n', 'c1 Nullable(String), c2 Nullable(String)'],
  ['CSVWithNamesAndTypes', '"a","b"\n"UInt8","Array(String)"\n1,"[]"\n', 'a UInt8, b Array(String)'],
  ['LineAsString', 'x', 'line String'],
  ['TSV', '0123\t-0123\t0', 'c1 Nullable(String), c2 Nullable(Int64), c3 Nullable(Int64)'],
  [
    'Values',
    "(1, 'a)\\'', [1,2], NULL, '2020-01-01'),(2,'b',[],3,'2020-01-02')",
    'c1 Nullable(Int64), c2 Nullable(String), c3 Array(Nullable(Int64)), c4 Nullable(Int64), c5 Nullable(Date)',
  ],
]

for (const [format, input, structure] of cases)
  test(`${format} ${JSON.stringify(input.slice(0, 40))}`, () => {
    const bytes = new TextEncoder().encode(input)
    const schema = findFormat(format).inferSchema!(bytes, true, formatOptions(), newMemory())
    assert.equal(schema.map(({ name, type }) => `${name} ${type.name}`).join(', '), structure)
  })

test('what has no structure is an error', () => {
  for (const [format, input] of [
    ['JSONEachRow', 'x'],
    ['JSONEachRow', ''],
    ['CSV', ''],
    ['JSONEachRow', '{"a":1}{"b":]'],
  ])
    assert.throws(
      () => findFormat(format).inferSchema!(new TextEncoder().encode(input), true, formatOptions(), newMemory()),
      { code: 636 },
    )
})
