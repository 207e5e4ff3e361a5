import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { DBError } from '../../runtime/core/errors.ts'
import { newMemory } from '../harness.ts'
import { chunkOf, read, structureOf, write } from './samples.ts'

interface Case {
  readonly format: string
  readonly structure: string
  readonly data: string
  readonly settings: string
  readonly tsv?: string
  readonly code?: number
}

/** Made by inputs.mjs: what ClickHouse reads. */
const cases = JSON.parse(readFileSync('test/formats/inputs.json', 'utf8')) as Case[]

/** Where we say something else, with the reason. */
const differences = new Map<string, string | number>([
  ['CSV | 7,"x\n', 27], // ClickHouse takes a quote that is never closed for closed at the input's end
  ['CSV | 7,x,9\n', 27], // there: INCORRECT_DATA
  ['JSONEachRow | {"a":1,,}', 27], // there: CANNOT_PARSE_QUOTED_STRING, of the missing key
  ['TSV | [1,2\n', 130],
  ["Values | (1, 'x'", 27], // there the parser of SQL says SYNTAX_ERROR
  ['Values | (1)', 27],
  // There: an enum that is left out inside of a tuple is 0, which may be no element.
  ['JSONEachRow | {"z":1}{"t":{"a":1}}{"t":{"c":"x","b":null}}', "(0,NULL,'x')\t1\n(1,NULL,'x')\t0\n(0,NULL,'x')\t0\n"],
  ['JSONEachRow | {"a":1,"b":["2020-01-01",null]}{"a":2,"b":[1x]}', 38], // there: the array's error
  ['TSVWithNames | b\tx\ta\nq\t1\t5\n', '5\tq\t0\n'], // defaults are the table's, not the format's
])

for (const { format, structure, data, settings, tsv, code } of cases)
  test(`${format} ${JSON.stringify(data)} as ${structure} ${settings}`, async () => {
    const memory = newMemory('core.debug')
    const schema = structureOf(structure)
    const told = Object.fromEntries(
      settings
        .split(', ')
        .filter(Boolean)
        .map(item => item.split('=').map(part => part.replace(/'/g, ''))),
    )
    let found: string | number
    try {
      const { columns } = await read(format, schema, data, memory, told)
      const printing = { ...told }
      found = columns[0].length
        ? write('TabSeparated', schema, chunkOf(schema, columns, new Arena(memory)), memory, printing).text()
        : ''
    } catch (error) {
      if (!(error instanceof DBError)) throw error
      found = error.code
    }
    const known = settings === '' ? differences.get(`${format} | ${data}`) : undefined
    const wanted = code === 10 ? '' : (tsv ?? code)
    assert.equal(found, known ?? wanted)
  })

test('errors say which row and column is wrong', async () => {
  const memory = newMemory('core.debug')
  const schema = structureOf('a UInt8, b String')
  await assert.rejects(read('TabSeparated', schema, '7\tx\nabc\ty\n', memory), (error: DBError) => {
    assert.match(error.message, /^Cannot parse input: expected '\\t' before: 'abc\\t/)
    assert.match(error.message, /\(at row 2\)/)
    assert.match(error.message, /Row 2:\nColumn 0, {3}name: a, type: UInt8, {2}ERROR: text "abc" is not like UInt8/)
    return true
  })
})
