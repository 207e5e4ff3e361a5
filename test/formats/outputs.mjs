// Makes outputs.json: small tables, given as TabSeparated, as ClickHouse writes them for people and for programs.
//   CHDB=<folder with node_modules/chdb> node test/formats/outputs.mjs
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(path.join(process.env.CHDB ?? process.cwd(), 'x.js'))
const { queryAsync } = require('chdb')
const text = String.raw
const range = (count, row) => Array.from({ length: count }, (_, i) => row(i)).join('\n')
const tables = {
  plain: ['a UInt64, b String, c Nullable(Float64)', text`1	x	\N` + '\n22\tyyy\t1.5\n'],
  lines: ['x String, y UInt8, z String', text`a\nbc	1	q\n\nz` + '\nq\t2\tw\n'],
  wide: ['h String, w String, n Int32', '漢字\tюникод\t5\ne\u0301\ta\t-7\n'],
  one: ['n UInt64', '12345678\n'],
  large: ['a Float64, b UInt64, c Decimal(18, 2), d Int32', '1e300\t18446744073709551615\t12345678.55\t-1000001\n'],
  many: ['n UInt32, s String', range(60, i => `${i}\tx`)],
  full: ['n UInt32, s String', range(1003, i => `${i}\t${'y'.repeat(i % 7)}`)],
  named: ['t Tuple(a UInt8, b String), l Array(Tuple(k UInt8)), m Map(String, UInt8)', "(1,'x')\t[(1),(2)]\t{'k':1}\n"],
  broad: [range(6, i => `c${i} String`).replace(/\n/g, ', '), range(2, () => Array(6).fill('z'.repeat(60)).join('\t'))],
  names: ['`a b` UInt8, `1x` UInt8, `q"r` String, `s/t` String', text`1	2	3	4` + '\n'],
  empty: ['a UInt8, b String', ''],
}
const looks = ['Pretty', 'PrettyCompact', 'PrettySpace', 'Vertical']
const cases = [
  ...Object.keys(tables).flatMap(table => looks.map(format => [table, format])),
  ...[
    'JSON',
    'JSONCompact',
    'JSONEachRow',
    'JSONCompactEachRowWithNamesAndTypes',
    'XML',
    'CSVWithNames',
    'TSVWithNamesAndTypes',
    'TSKV',
    'Markdown',
    'SQLInsert',
  ].map(format => ['names', format]),
  ...[
    'JSON',
    'JSONCompact',
    'JSONEachRow',
    'XML',
    'CSVWithNames',
    'Values',
    'TSV',
    'Markdown',
    'SQLInsert',
    'RowBinaryWithNamesAndTypes',
  ].map(format => ['empty', format]),
  ['named', 'JSON'],
  ['named', 'XML'],
  ['plain', 'Pretty', 'output_format_pretty_row_numbers=0'],
  ['plain', 'PrettyCompact', 'output_format_pretty_row_numbers=0'],
  ['plain', 'PrettySpace', 'output_format_pretty_row_numbers=0'],
  ['plain', 'PrettyCompact', 'output_format_pretty_grid_charset=ASCII'],
  ['plain', 'PrettyCompact', 'output_format_pretty_max_rows=1'],
  ['many', 'PrettyCompact', 'output_format_pretty_max_rows=10'],
  ['many', 'Vertical', 'output_format_pretty_max_rows=2'],
  ['plain', 'PrettyCompact', 'output_format_pretty_max_value_width=2'],
  ['plain', 'CSV', 'format_csv_delimiter=;'],
  ['plain', 'CSV', 'output_format_csv_crlf_end_of_line=1'],
  ['many', 'SQLInsert', 'output_format_sql_insert_max_batch_size=7'],
  [
    'plain',
    'CustomSeparatedWithNames',
    'format_custom_field_delimiter=|, format_custom_escaping_rule=CSV, format_custom_row_before_delimiter=<, format_custom_row_after_delimiter=>',
  ],
]
const quoted = value => `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
const outputs = []
for (const [table, format, settings = ''] of cases) {
  const [structure, data] = tables[table]
  const told = settings
    .split(', ')
    .filter(Boolean)
    .map(item => `, ${item.replace(/=(.*)$/, (_, value) => `=${/^\d+$/.test(value) ? value : quoted(value)}`)}`)
  const query = `SELECT * FROM format(TSV, ${quoted(structure)}, ${quoted(data || '1\tx\n')}) WHERE ${data === '' ? 0 : 1} SETTINGS max_threads = 1, input_format_parallel_parsing = 0, input_format_tsv_detect_header = 0${told.join('')}`
  const result = await queryAsync(query, { format })
  const out = Buffer.from(result.bytes())
  outputs.push({
    structure,
    data,
    format,
    settings,
    text: format.startsWith('RowBinary') ? out.toString('base64') : out.toString('utf8'),
  })
}
writeFileSync(new URL('./outputs.json', import.meta.url), `${JSON.stringify(outputs, null, 1)}\n`)
