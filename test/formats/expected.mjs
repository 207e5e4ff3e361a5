// Makes expected.json: the table of samples.ts as ClickHouse writes it in each format. Needs the package chdb beside this file or in
// NODE_PATH: node test/formats/expected.mjs
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(path.join(process.env.CHDB ?? process.cwd(), 'x.js'))
const { queryAsync } = require('chdb')
const columns = [
  ['u8', 'UInt8', ['0', '255', '7']],
  ['i64', 'Int64', ['-5', '9223372036854775807', '0']],
  ['u64', 'UInt64', ['18446744073709551615', '0', '1']],
  ['i128', 'Int128', ["'-170141183460469231731687303715884105728'", '0', '5']],
  ['u256', 'UInt256', ["'115792089237316195423570985008687907853269984665640564039457584007913129639935'", '0', '5']],
  ['f64', 'Float64', ['1.5', '-inf', '1e21']],
  ['f32', 'Float32', ['0.1', 'nan', "'-0'"]],
  ['bool', 'Bool', ['true', 'false', 'true']],
  ['s', 'String', ["''", "'a\\'b\"c\\\\d/<&>'", "'tab\\tline\\nnull\\0\\x01é'"]],
  ['fs', 'FixedString(3)', ["'abc'", "'x'", "'\\'\"\\\\'"]],
  ['d', 'Date', ["'2018-12-21'", "'1970-01-01'", "'2149-06-06'"]],
  ['d32', 'Date32', ["'1900-01-01'", "'1970-01-01'", "'2299-12-31'"]],
  ['dt', "DateTime('Europe/Moscow')", ['1545354123', '0', '1']],
  [
    'dt64',
    "DateTime64(3, 'UTC')",
    ["'2018-12-21 01:02:03.456'", "'1970-01-01 00:00:00.000'", "'1970-01-01 00:00:00.001'"],
  ],
  ['dec', 'Decimal(9, 2)', ["'-12.34'", "'0.05'", "'1'"]],
  ['dec38', 'Decimal(38, 10)', ["'-1234567890.1234567890'", "'0'", "'0.0000000001'"]],
  [
    'uuid',
    'UUID',
    [
      "'00112233-4455-6677-8899-aabbccddeeff'",
      "'00000000-0000-0000-0000-000000000000'",
      "'00000000-0000-0000-0000-000000000001'",
    ],
  ],
  ['ip4', 'IPv4', ["'1.2.3.4'", "'0.0.0.0'", "'255.255.255.255'"]],
  ['ip6', 'IPv6', ["'::1'", "'2001:db8::1'", "'::ffff:1.2.3.4'"]],
  ['e', "Enum8('a\\'b' = -1, 'b' = 2)", ['-1', '2', '-1']],
  ['ns', 'Nullable(String)', ['NULL', "''", "'\\\\N'"]],
  ['nu', 'Nullable(Int32)', ['NULL', '-7', '0']],
  ['au', 'Array(Nullable(UInt8))', ['[1,NULL,3]', '[]', '[NULL]']],
  ['as', 'Array(String)', ["['a\\'b','']", '[]', "['x\\ty,z']"]],
  ['aas', 'Array(Array(String))', ["[['a'],[]]", '[]', "[['b','c']]"]],
  ['ad', 'Array(Date)', ["['2018-12-21']", '[]', "['1970-01-01','1970-01-02']"]],
  ['t', 'Tuple(UInt8, String)', ["(1,'a\\'b')", "(2,'')", "(3,'z')"]],
  ['tn', 'Tuple(a UInt8, `b c` Array(String))', ['(1,[])', "(2,['x'])", "(3,['\"'])"]],
  ['m', 'Map(String, UInt64)', ["map('k',1)", 'map()', "map('x',2,'y\\'',3)"]],
  ['lc', 'LowCardinality(String)', ["'a'", "'b'", "'a'"]],
  ['lcn', 'LowCardinality(Nullable(String))', ['NULL', "'b'", "''"]],
]
const quoted = text => `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
const selects = [0, 1, 2].map(
  row =>
    `SELECT ${columns.map(([name, type, values]) => `CAST(${values[row]}, ${quoted(type)}) AS ${name}`).join(', ')}, ${row} AS rowNumber`,
)
const query = settings =>
  `SELECT ${columns.map(([name]) => name).join(', ')} FROM (${selects.join(' UNION ALL ')}) ORDER BY rowNumber SETTINGS allow_suspicious_low_cardinality_types=1, max_threads=1${settings.map(item => `, ${item}`).join('')}`
const wanted = [
  ...[
    'TabSeparated',
    'TabSeparatedWithNames',
    'TabSeparatedWithNamesAndTypes',
    'TabSeparatedRaw',
    'TSKV',
    'CSV',
    'CSVWithNames',
  ],
  ...[
    'CSVWithNamesAndTypes',
    'JSON',
    'JSONStrings',
    'JSONCompact',
    'JSONCompactStrings',
    'JSONEachRow',
    'JSONStringsEachRow',
  ],
  ...[
    'JSONCompactEachRow',
    'JSONCompactEachRowWithNamesAndTypes',
    'JSONCompactStringsEachRow',
    'Values',
    'XML',
    'Markdown',
    'SQLInsert',
  ],
  ...['Vertical', 'Pretty', 'PrettyCompact', 'PrettySpace', 'CustomSeparated'],
  ...['RowBinary', 'RowBinaryWithNames', 'RowBinaryWithNamesAndTypes', 'Native'],
  'JSONEachRow output_format_json_quote_64bit_integers=1',
  'JSONEachRow output_format_json_quote_denormals=1',
  'JSONEachRow output_format_json_escape_forward_slashes=0',
  'JSONEachRow output_format_json_named_tuples_as_objects=0',
  'JSONEachRow output_format_json_array_of_rows=1',
  'JSON output_format_json_pretty_print=0',
  'TabSeparated date_time_output_format=iso',
  'TabSeparated date_time_output_format=unix_timestamp',
  'TabSeparated output_format_decimal_trailing_zeros=1',
  'CSV output_format_csv_serialize_tuple_into_separate_columns=0',
]
const expected = {}
for (const name of wanted) {
  const [format, ...settings] = name.split(' ')
  const quotedSettings = settings.map(item => item.replace(/=(\D.*)$/, "='$1'"))
  const result = await queryAsync(query(quotedSettings), { format })
  const isBinary = /^(RowBinary|Native)/.test(format)
  expected[name] = Buffer.from(result.bytes()).toString(isBinary ? 'base64' : 'utf8')
}
writeFileSync(new URL('./expected.json', import.meta.url), `${JSON.stringify(expected, null, 1)}\n`)
