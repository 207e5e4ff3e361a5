import type { Statement } from './statementAst.ts'
import { parseOnCluster } from './create.ts'
import type { Cursor } from './cursor.ts'
import { parseTableName } from './select.ts'
import { restOfStatement } from './show.ts'

/** Words of SYSTEM commands that a table's name follows, after which the text is the command's own business. */
const systemCommands = [
  'START|STOP MERGES|TTL MERGES|MOVES|FETCHES|REPLICATED SENDS|REPLICATION QUEUES|DISTRIBUTED SENDS|VIEW|VIEWS|LISTEN|CLEANUP|' +
    'PULLING REPLICATION LOG|REPLICATED DDL QUERIES|REPLICATED VIEW|VIRTUAL PARTS UPDATE|REDUCE BLOCKING PARTS|THREAD FUZZER',
  'SYNC REPLICA|DATABASE REPLICA|TRANSACTION LOG|FILE CACHE|MERGES',
  'RESTART REPLICA|REPLICAS|DISK',
  'RESTORE REPLICA|DATABASE REPLICA',
  'DROP|CLEAR REPLICA|DATABASE REPLICA|DNS CACHE|MARK CACHE|UNCOMPRESSED CACHE|INDEX MARK CACHE|INDEX UNCOMPRESSED CACHE|MMAP CACHE|' +
    'QUERY CACHE|COMPILED EXPRESSION CACHE|FILESYSTEM CACHE|SCHEMA CACHE|FORMAT SCHEMA CACHE|S3 CLIENT CACHE|PAGE CACHE|' +
    'CONNECTIONS CACHE|PRIMARY INDEX CACHE|QUERY CONDITION CACHE|VECTOR SIMILARITY INDEX CACHE|TEXT INDEX CACHES|' +
    'ICEBERG METADATA CACHE|DISTRIBUTED CACHE|DISK METADATA CACHE|TEXT INDEX DICTIONARY CACHE|TEXT INDEX HEADER CACHE|' +
    'TEXT INDEX POSTINGS CACHE|REPLICATED DATABASE|CATALOG',
  'FLUSH LOGS|DISTRIBUTED|ASYNC INSERT QUEUE|OBJECT STORAGE QUEUE',
  'RELOAD CONFIG|USERS|DICTIONARY|DICTIONARIES|MODEL|MODELS|FUNCTION|FUNCTIONS|EMBEDDED DICTIONARIES|ASYNCHRONOUS METRICS|SYMBOLS',
  'LOAD|UNLOAD PRIMARY KEY',
  'WAIT LOADING PARTS|VIEW|FAILPOINT|BLOBS CLEANUP',
  'ENABLE|DISABLE FAILPOINT',
  'NOTIFY FAILPOINT',
  'REFRESH|CANCEL|TEST VIEW',
  'PREWARM MARK CACHE|PRIMARY INDEX CACHE',
  'SCHEDULE MERGE',
  'UNFREEZE|SHUTDOWN|KILL|SUSPEND|UNLOCK SNAPSHOT',
  'JEMALLOC PURGE|ENABLE PROFILE|DISABLE PROFILE|FLUSH PROFILE',
  'RESET COVERAGE|DDL WORKER',
].map(line => {
  const [, verbs, objects] = /^(\S+)(?: (.*))?$/.exec(line)!
  return { verbs: verbs.split('|'), objects: (objects ?? '').split('|').sort((a, b) => b.length - a.length) }
})

export function parseSystem(cursor: Cursor): Statement {
  const { start } = cursor
  cursor.expect('SYSTEM')
  const command = systemCommand(cursor)
  const onCluster = parseOnCluster(cursor)
  const name = cursor.atName() && !cursor.atAny('FORMAT', 'SETTINGS') ? parseTableName(cursor) : undefined
  const written = restOfStatement(cursor)
  const rest = /^(lightweight|strict|pull)$/i.test(written) ? written.toUpperCase() : written || undefined
  return { kind: 'system', command, onCluster, name, rest, start, end: cursor.end }
}

function systemCommand(cursor: Cursor): string {
  const verb = cursor.peek()
  if (verb === 'SHUTDOWN' || verb === 'KILL') {
    cursor.skip()
    return verb
  }
  for (const { verbs, objects } of systemCommands) {
    if (!verbs.includes(verb)) continue
    cursor.skip()
    for (const object of objects) {
      if (object !== '' && cursor.take(...object.split(' '))) {
        return `${verb === 'DROP' && object.endsWith('CACHE') ? 'CLEAR' : verb} ${object}`
      }
    }
    if (verb === 'UNFREEZE' || verb === 'SUSPEND' || verb === 'TEST') return verb
    cursor.fail(objects[0])
  }
  return cursor.fail('RELOAD')
}
