// Makes the trees beside this file with ClickHouse (npm chdb): tables on plain_rewritable disks, below store/ and as the disk's root.
//   node test/storage/data/make.mjs        (where the package chdb can be imported)
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const { Session } = createRequire(path.join(process.cwd(), 'x.js'))('chdb')
const session = new Session()
const run = query => session.query(query, 'TabSeparated')
const disk = name =>
  `disk = disk(type = 'object_storage', object_storage_type = 'local', metadata_type = 'plain_rewritable', path = '${here}/${name}/')`
const columns = '(d Date, k UInt32, s String, t Tuple(a UInt8, b String))'
const rows = (count, from) =>
  `SELECT toDate('2024-01-20') + number % 20, number + ${from}, toString(number), (number, 'b') FROM numbers(${count})`

for (const name of ['rewritable', 'rewritable-root']) fs.rmSync(path.join(here, name), { recursive: true, force: true })
run(
  `CREATE TABLE a UUID '5cc0e1a2-0000-4000-8000-00000000c11c' ${columns} ENGINE = MergeTree PARTITION BY toYYYYMM(d) ORDER BY k
  SETTINGS ${disk('rewritable')}`,
)
run(`INSERT INTO a ${rows(40, 0)}`)
run(
  `CREATE TABLE b ${columns} ENGINE = MergeTree ORDER BY k
  SETTINGS ${disk('rewritable-root')}, table_disk = 1, min_bytes_for_wide_part = 0`,
)
run(`INSERT INTO b ${rows(40, 0)}`)
process.exit(0)
