// Scalar functions over small columns: golden.jsonl holds what ClickHouse answers, a case a line:
//   function; columns: type, then values as text (repeated as needed); constants: which columns are constants (their first value);
//   expected: a line a row, the result's type and the value as TabSeparated prints them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { columnOf } from '../../runtime/columns/build.ts'
import { ConstColumn } from '../../runtime/columns/const.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { bindFunction } from '../../runtime/functions/bind.ts'
import type { Environment } from '../../runtime/functions/function.ts'
import { findFunction } from '../../runtime/functions/registry.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import { newMemory } from '../harness.ts'

interface Case {
  readonly function: string
  readonly columns: readonly (readonly [type: string, ...values: string[]])[]
  readonly constants: readonly number[]
  readonly expected: readonly string[]
}

const environment: Environment = {
  now: 1600000000000,
  random: () => 0.5,
  timeZone: 'UTC',
  database: 'default',
  user: 'default',
  queryId: 'query',
  hostName: 'host',
  version: '1',
  uptimeMs: 0,
  setting: () => null,
}

const escapes: Record<string, string> = { '\\': '\\\\', "'": "\\'", '\t': '\\t', '\n': '\\n', '\0': '\\0' }
const escaped = (text: string): string => (text === '\\N' ? text : text.replace(/[\\'\t\n\0]/g, char => escapes[char]))

const memory = newMemory()

function answer({ function: name, columns: given, constants }: Case): string[] {
  const rows = Math.max(1, ...given.map(column => column.length - 1))
  const arena = new Arena(memory)
  try {
    const columns = given.map(([typeName, ...texts], i) => {
      const type = parseType(typeName)
      const count = constants.includes(i) ? 1 : rows
      const values = Array.from({ length: count }, (_, row) => type.parse(texts[row % texts.length]))
      const column = columnOf(type, values, arena)
      return constants.includes(i) ? new ConstColumn(column, rows) : column
    })
    const definition = findFunction(name)
    assert.ok(definition, `${name} is a function`)
    const infos = columns.map((column, i) => ({
      type: column.type,
      constant: constants.includes(i) ? column.valueAt(0) : undefined,
    }))
    const bound = bindFunction(definition, infos, environment)
    const result = bound.run(columns, rows, arena)
    assert.equal(result.type.name, bound.type.name)
    return Array.from({ length: rows }, (_, row) => {
      const text = bound.type.print(result.valueAt(row))
      return `${escaped(bound.type.name)}\t${escaped(text)}`
    })
  } catch (error) {
    const { code } = error as { code?: number }
    if (code === undefined) throw error
    return [`ERR ${code}`]
  } finally {
    arena.destroy()
  }
}

const families = new Map<string, Case[]>()
for (const line of readFileSync('test/functions/golden.jsonl', 'utf8').split('\n')) {
  if (line === '') continue
  const entry = JSON.parse(line) as Case
  families.set(entry.function, [...(families.get(entry.function) ?? []), entry])
}

for (const [name, cases] of families)
  test(`${name} answers as ClickHouse does`, () => {
    for (const entry of cases)
      assert.deepEqual(
        answer(entry),
        entry.expected,
        JSON.stringify({ columns: entry.columns, constants: entry.constants }),
      )
  })
