import type { AccessStatement } from './statementAst.ts'
import type { Cursor } from './cursor.ts'
import { restOfStatement } from './show.ts'

export function parseAccess(cursor: Cursor): AccessStatement {
  return accessFrom(cursor, cursor.start)
}

/** Users, roles, grants and the like: the command by its leading words, and the text, which runtime/access reads. */
export function accessFrom(cursor: Cursor, start: number): AccessStatement {
  const words: string[] = []
  const objects = [
    'USER',
    'ROLE',
    'QUOTA',
    'ROW',
    'POLICY',
    'SETTINGS',
    'PROFILE',
    'NAMED',
    'COLLECTION',
    'WORKLOAD',
    'RESOURCE',
  ]
  const verbs = [
    'CREATE',
    'ALTER',
    'DROP',
    'SET',
    'DEFAULT',
    'GRANT',
    'REVOKE',
    'CHECK',
    'MOVE',
    'EXECUTE',
    'OR',
    'REPLACE',
    'AS',
  ]
  const masks = ['MASKING', 'HANDLER', 'TYPE']
  for (let ahead = 0; ahead < 5; ahead++) {
    const word = cursor.peek(ahead)
    if (!objects.includes(word) && !verbs.includes(word) && !masks.includes(word)) break
    if (word !== 'OR' && word !== 'REPLACE') words.push(word)
  }
  const [verb, object] = words
  if (!verb || ((verb === 'CREATE' || verb === 'ALTER' || verb === 'DROP') && !object)) {
    if (verb) cursor.skip()
    cursor.fail('TABLE')
  }
  restOfStatement(cursor)
  const text = cursor.text.slice(start, cursor.end)
  const command = verb === 'GRANT' || verb === 'REVOKE' || verb === 'CHECK' ? verb : words.join(' ')
  return { kind: 'access', command, text, start, end: cursor.end }
}
