import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Arena } from '../../runtime/core/memory.ts'
import { newMemory } from '../harness.ts'
import { bytesOf, chunkOf, noStatistics, read, steady, structureOf, write } from './samples.ts'

interface Case {
  readonly structure: string
  readonly data: string
  readonly format: string
  readonly settings: string
  readonly text: string
}

/** Made by outputs.mjs: what ClickHouse writes. */
const cases = JSON.parse(readFileSync('test/formats/outputs.json', 'utf8')) as Case[]

for (const { structure, data, format, settings, text } of cases)
  test(`${format} of ${JSON.stringify(data.slice(0, 30))} ${settings}`, async () => {
    const memory = newMemory('core.debug')
    const schema = structureOf(structure)
    const told = Object.fromEntries(
      settings
        .split(', ')
        .filter(Boolean)
        .map(item => [item.slice(0, item.indexOf('=')), item.slice(item.indexOf('=') + 1)]),
    )
    const { columns } = await read('TSV', schema, data, memory, { input_format_tsv_detect_header: 0 })
    const chunk = columns[0].length ? chunkOf(schema, columns, new Arena(memory)) : null
    const written = write(format, schema, chunk, memory, told)
    if (format.startsWith('RowBinary')) assert.deepEqual(written.bytes(), bytesOf(text))
    else assert.equal(steady(written.text()), steady(text))
    assert.equal(noStatistics.rowsBeforeLimit, null)
  })
