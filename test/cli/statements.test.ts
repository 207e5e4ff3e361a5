import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isComplete, splitStatements } from '../../adapters/shared/cli/statements.ts'

test('statements end at a ; that is none of a string, a name or a comment', () => {
  assert.deepEqual(splitStatements('SELECT \';\' ; SELECT `a;b`, "c;" -- ;\n; /* ; */ SELECT 3;;'), [
    "SELECT ';'",
    'SELECT `a;b`, "c;" -- ;',
    '/* ; */ SELECT 3',
  ])
  assert.deepEqual(splitStatements("SELECT 'it\\'s;' ; SELECT 'it''s;'; SELECT $x$ ; $x$"), [
    "SELECT 'it\\'s;'",
    "SELECT 'it''s;'",
    'SELECT $x$ ; $x$',
  ])
  assert.deepEqual(splitStatements(' \n-- nothing\n ; '), [])
})

test('data behind INSERT … FORMAT goes with it, whatever is in it', () => {
  assert.deepEqual(splitStatements('SELECT 1; INSERT INTO t FORMAT CSV\n1;2\n3;4\n'), [
    'SELECT 1',
    'INSERT INTO t FORMAT CSV\n1;2\n3;4\n',
  ])
  assert.deepEqual(splitStatements("INSERT INTO t VALUES (1, ';'); SELECT 1"), [
    "INSERT INTO t VALUES (1, ';')",
    'SELECT 1',
  ])
})

test('a text is complete behind its last ;', () => {
  for (const text of ['SELECT 1;', 'SELECT 1; -- done', "SELECT ';';\n"]) assert.ok(isComplete(text), text)
  for (const text of ['SELECT 1', "SELECT ';", 'SELECT 1 -- ;', '', 'SELECT 1; SELECT 2'])
    assert.ok(!isComplete(text), text)
})
