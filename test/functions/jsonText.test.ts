import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { childOf, parseJson, printJson } from '../../runtime/functions/jsonText.ts'

describe('JSON in strings', () => {
  test('is written without spaces, integers exact', () => {
    const text = ' {"a" : [1, 200.0, 18446744073709551615, true, null], "b": "x\\n\\u00e9\\ud83d\\ude00", "a": {}} '
    const value = parseJson(text)
    assert.ok(value !== undefined)
    assert.equal(printJson(value), '{"a":[1,200,18446744073709551615,true,null],"b":"x\\né😀","a":{}}')
  })

  test('what is none is told', () => {
    for (const text of [
      '',
      '{',
      '[1,]',
      '{"a"}',
      '01',
      '"\n"',
      '"\\x"',
      '"\\ud800"',
      '1 2',
      '18446744073709551616',
      '1e400',
    ])
      assert.equal(parseJson(text), undefined, text)
  })

  test('members by key, the first of equal ones, and by place', () => {
    const value = parseJson('{"a":1,"B":2,"a":3}')!
    assert.equal(childOf(value, 'a', false), 1n)
    assert.equal(childOf(value, 'b', false), undefined)
    assert.equal(childOf(value, 'b', true), 2n)
    assert.equal(childOf(value, -1n, false), 3n)
    assert.equal(childOf(value, 0n, false), undefined)
  })
})
