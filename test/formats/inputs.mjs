// Makes inputs.json: what ClickHouse reads from texts, right and wrong ones, as TabSeparated or as an error's code.
//   CHDB=<folder with node_modules/chdb> node test/formats/inputs.mjs
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(path.join(process.env.CHDB ?? process.cwd(), 'x.js'))
const { queryAsync } = require('chdb')
const text = String.raw
/** Format, structure, input, settings. */
const cases = [
  ['TSV', 'a UInt8, b String', '1\tx\n2\ty\n'],
  ['TSV', 'a UInt8, b String', '1\tx\n2\ty'],
  ['TSV', 'a UInt8, b String', '7\tx\nabc\ty\n'],
  ['TSV', 'a UInt8, b String', '7\tx\n12\n'],
  ['TSV', 'a UInt8, b String', '7\tx\n12\tq\tzz\n'],
  ['TSV', 'a UInt8, b String', '7\tx\n12z\tq\n'],
  ['TSV', 'a UInt8, b String', ''],
  ['TSV', 'a UInt8, b Date', '7\t2020x\n'],
  ['TSV', 'a DateTime', '2020-01-01 00:00:0x\n'],
  ['TSV', 'a Array(UInt8)', '[1,x]\n'],
  ['TSV', 'a Array(UInt8)', '[1,2\n'],
  ['TSV', 'a Float64', 'x\n'],
  ['TSV', 'a UUID', 'x\n'],
  ['TSV', "a Enum8('x' = 1, 'y' = 2)", 'x\n2\ny\n'],
  ['TSV', "a Enum8('x' = 1, 'y' = 2)", 'z\n'],
  ['TSV', 'a Bool', 'true\nfalse\n1\n0\n'],
  ['TSV', 'a FixedString(2)', 'ab\nc\n'],
  ['TSV', 'a FixedString(2)', 'abc\n'],
  ['TSV', 'a IPv4, b IPv6', '1.2.3.4\t::1\n'],
  ['TSV', 'a IPv4', '1.2.3\n'],
  ['TSV', 'a Decimal(9, 2)', '1.239\n-5\n1e2\n'],
  ['TSV', 'a Decimal(9, 2)', '12345678901\n'],
  ['TSV', 'a Nullable(UInt8), b Nullable(String), c UInt8, d String', text`\N	\N	\N	\N` + '\n'],
  ['TSV', 'a Nullable(String), b String', text`a\tb\\c\x41\'	\0\n\b` + '\n'],
  [
    'TSV',
    'a Array(String), b Tuple(UInt8, String), c Map(String, UInt8)',
    text`['a\'b','c\\d']	(1, 'x')	{'k' : 1}` + '\n',
  ],
  ['TSV', 'a Array(Array(Nullable(String)))', "[['x',NULL],[]]\n[]\n"],
  ['TSV', 'a Array(UInt8)', '[NULL]\n'],
  ['TSV', 'a DateTime, b DateTime', '2020-01-01T10:00:00Z\tJan 5 2021 10:11:12\n2020-01-01\t01/02/2020 10:00 PM\n'],
  ['TSV', 'a DateTime64(3), b Date', '2020-01-01 10:00:00.1239\t2020-1-2\n1577836800.5\t20200102\n'],
  ['TSV', 'a UInt8, b Int8, c UInt16', '300\t200\t70000\n'],
  ['TSV', 'a LowCardinality(String), b LowCardinality(Nullable(String))', text`x	\N` + '\nx\ty\n'],
  ['TSV', 'a UInt8', 'x\n1\ny\n2\n', 'input_format_allow_errors_num=2'],
  ['TSV', 'a UInt8', 'x\n1\ny\n2\n', 'input_format_allow_errors_num=1'],
  ['TSV', 'a String', 'a\r\nb\r\n', 'input_format_tsv_crlf_end_of_line=1'],
  ['TSV', 'a String', 'skipped\na\n', 'input_format_tsv_skip_first_lines=1'],
  ['TSV', 'a Nullable(String)', 'nil\nx\n', "format_tsv_null_representation='nil'"],
  ['TSVRaw', 'a String, b UInt8', text`a\tb	5` + '\n'],
  ['TSVWithNames', 'a UInt8, b String, c UInt16 DEFAULT 7', 'b\tx\ta\nq\t1\t5\n'],
  ['TSVWithNames', 'a UInt8, b String', 'b\tx\ta\nq\t1\t5\n', 'input_format_skip_unknown_fields=0'],
  ['TSVWithNamesAndTypes', 'a UInt8, b String', 'b\ta\nString\tUInt8\nq\t5\n'],
  ['TSVWithNamesAndTypes', 'a UInt8, b String', 'b\ta\nString\tUInt16\nq\t5\n'],
  ['CSV', 'a String, b String, c String', ' x , "y" ,z z  \n"a\nb",\'q\',\n'],
  ['CSV', 'a String, b UInt8', '"a""b",5\n'],
  ['CSV', 'a UInt8, b String', '7,x\nabc,y\n'],
  ['CSV', 'a UInt8, b String', '7,x\n8\n'],
  ['CSV', 'a UInt8, b String', '7,x,9\n'],
  ['CSV', 'a UInt8, b String', '7,"x\n'],
  [
    'CSV',
    'a Nullable(String), b Nullable(UInt8), c String, d UInt8, e Nullable(String)',
    ',,,,\n"",1,"",2,x\n' + text`\N,\N,\N,\N,"\N"` + '\n',
  ],
  ['CSV', 'a Nullable(String), b UInt8', ',5\n', 'input_format_csv_empty_as_default=0'],
  ['CSV', 'a Array(UInt8), b Array(String), c UInt8', '"[1, 2 , 3 ]","[\'a""b\']",5\n[],[], 6\n'],
  ['CSV', 'a UInt8, t Tuple(UInt8, String), b UInt8', '1,2,"x",3\n'],
  ['CSV', 'a UInt8, b String', '1;x\n2;y', "format_csv_delimiter=';'"],
  [
    'CSV',
    'a UInt8, b Date, c DateTime',
    '1,"2020-01-02","2020-01-02 03:04:05"\r\n2,2020-01-03,2020-01-03 00:00:00\r\n',
  ],
  ['CSVWithNames', 'a UInt8, b String', '"b","a"\n"q",5\n'],
  ['CSVWithNamesAndTypes', 'a UInt8, b String', '"b","a"\n"String","UInt8"\n"q",5\n'],
  ['JSONEachRow', 'a UInt8, b String', '{"a":1,"b":"x"}\n{"b":"y","a":2}'],
  ['JSONEachRow', 'a UInt8, b String', '[{"a":1,"b":"x"},{"b":"y"}]'],
  ['JSONEachRow', 'a UInt8, b String', '{"a":1,"b":"x"'],
  ['JSONEachRow', 'a UInt8, b String', '{"a":1,,}'],
  ['JSONEachRow', 'a UInt8, b String', '{"a":"abc"}'],
  ['JSONEachRow', 'a UInt8, b String', '{"a":1,"z":[1,{"q":"}"}]}'],
  ['JSONEachRow', 'a UInt8', '{"a":1,"z":2}', 'input_format_skip_unknown_fields=0'],
  ['JSONEachRow', 'a UInt8, b UInt8', '{"a":1,"a":2}'],
  [
    'JSONEachRow',
    'a Array(UInt8), b String, c UInt8, d Bool, e Nullable(String)',
    text`{"a":[1,null,"3"],"b":12.50,"c":true,"d":1},{"b":{"x": [1, "a\n"]},"c":null,"b2":1} {"b":true,"e":""}`,
  ],
  ['JSONEachRow', 'a String', text`{"a":"\u00e9\ud83d\ude00\/\"\\\n\t"}`],
  ['JSONEachRow', 't Tuple(a UInt8, b String), m Map(UInt8, String)', '{"t":{"b":"q","a":5,"z":1},"m":{"1":"x"}}'],
  ['JSONEachRow', 'n Array(Tuple(x Int8, y Array(String)))', '{"n":[{"x":1,"y":["a"]},{"y":[]}]}'],
  [
    'JSONEachRow',
    "t Tuple(a UInt8, b Nullable(String), c Enum8('x' = 5)), z UInt8",
    '{"z":1}{"t":{"a":1}}{"t":{"c":"x","b":null}}',
  ],
  ['JSONEachRow', 'a UInt8, b Array(Nullable(Date))', '{"a":1,"b":["2020-01-01",null]}{"a":2,"b":[1x]}'],
  ['JSONEachRow', 'm Map(String, Array(UInt8)), s String', '{"m":{"x":[1,2],"y":[]},"s":[1, {"a": "b"}]}'],
  [
    'CSV',
    'a LowCardinality(Nullable(String)), b DateTime64(3), c Map(String, UInt8)',
    text`\N,2020-01-01 00:00:00.5,"{'k':1}"` + '\n',
  ],
  [
    'Values',
    'a Map(String, UInt8), b Tuple(UInt8, String), c Array(Array(String)), d LowCardinality(String)',
    "({'k':1}, (1,'x'), [['a','b'],[]], 'q')",
  ],
  [
    'JSONEachRow',
    'd Date, t DateTime, u UUID, i IPv4, f Float64',
    '{"d":"2020-01-02","t":"2020-01-02 03:04:05","u":"61f0c404-5cb3-11e7-907b-a6006ad3dba0","i":"1.2.3.4","f":"1.5"}',
  ],
  [
    'JSONEachRow',
    'a Int64, b UInt64, c Decimal(18, 3)',
    '{"a":"-9223372036854775808","b":18446744073709551615,"c":"1.5"}',
  ],
  ['JSONCompactEachRow', 'a UInt8, b String, c Array(UInt8)', '[1, "x", [1,2]]\n["2", "y]", []]\n'],
  ['JSONCompactEachRow', 'a UInt8, b String', '[1]\n'],
  ['JSONCompactEachRowWithNames', 'a UInt8, b String', '["b", "a"]\n["x", 1]\n'],
  [
    'JSON',
    'a UInt8, b String',
    '{"meta":[{"name":"a","type":"UInt8"},{"name":"b","type":"String"}],"data":[{"a":1,"b":"x"},{"a":2,"b":"y"}],"rows":2}',
  ],
  [
    'JSONCompact',
    'a UInt8, b String',
    '{"meta":[{"name":"a","type":"UInt8"},{"name":"b","type":"String"}],"data":[[1,"x"],[2,"y"]],"rows":2}',
  ],
  ['TSKV', 'a UInt8, b String, c Nullable(String)', 'b=x\ta=1\ta2=9\ntskv\ta=2\tb=y\\=z\n'],
  ['Values', 'a UInt8, b String, c Nullable(UInt8), d Array(UInt8)', text`(1, 'a\'b', NULL, [1,2]), (2,'x''y',3,[])`],
  ['Values', 'a UInt8, b DateTime, c Float64', "(1, '2020-01-01 00:00:00', 1e-3), (0, '2020-01-01', .5)"],
  ['Values', 'a UInt8, b String', "(1, 'x'"],
  ['Values', 'a UInt8, b String', '(1)'],
  ['LineAsString', 's String', 'a\tb\n\nc'],
  ['JSONAsString', 's String', '{"a": {"b": "}"}}\n{}'],
]
const quoted = value => `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
const inputs = []
for (const [format, structure, data, settings = ''] of cases) {
  const query = `SELECT * FROM format(${format}, ${quoted(structure)}, ${quoted(data)}) SETTINGS input_format_parallel_parsing = 0${settings && `, ${settings}`}`
  try {
    const result = await queryAsync(query, { format: 'TabSeparated' })
    inputs.push({ format, structure, data, settings, tsv: Buffer.from(result.bytes()).toString('utf8') })
  } catch (error) {
    inputs.push({ format, structure, data, settings, code: Number(/Code: (\d+)/.exec(error.message)?.[1] ?? 0) })
  }
}
writeFileSync(new URL('./inputs.json', import.meta.url), `${JSON.stringify(inputs, null, 1)}\n`)
