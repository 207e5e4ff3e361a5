import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, startEngine } from '../sql/inProcess.ts'

/** Statements and ClickHouse's answers. */
const cases: [query: string, answer: string][] = [
  [
    "SELECT number, 'a''b' AS s FROM numbers(2) FORMAT Template SETTINGS format_template_row_format = 'n=$\u007bnumber:CSV}, s=$\u007bs:Quoted} $$', format_template_rows_between_delimiter = '|'",
    "n=0, s='a\\'b' $|n=1, s='a\\'b' $",
  ],
  [
    "SELECT number, 'a''b' AS s FROM numbers(2) FORMAT Template SETTINGS format_template_row_format = 'n=$\u007bnumber:CSV}, s=$\u007b1:JSON}', format_template_resultset_format = 'begin $\u007bdata} end $\u007brows:JSON}'",
    'begin n=0, s="a\'b"\nn=1, s="a\'b" end 2',
  ],
  [
    "SELECT * FROM format(Regexp, 'a UInt8, b String', '1: xx\\nzz\\n3: яя') SETTINGS format_regexp = '(\\\\d+): (.*)', format_regexp_skip_unmatched = 1",
    '1\txx\n3\tяя\n',
  ],
  [
    "SELECT toTypeName(c1), c1, c2 FROM format(Regexp, '1: xx\\n2: yy') SETTINGS format_regexp = '(\\\\d+): (.*)'",
    'Nullable(Int64)\t1\txx\nNullable(Int64)\t2\tyy\n',
  ],
]

test('templates out, regular expressions in', async () => {
  const engine = await startEngine()
  for (const [query, answer] of cases) assert.equal(await ask(engine, query, {}), answer, query)
  await engine.close({ graceMs: 0 })
})
