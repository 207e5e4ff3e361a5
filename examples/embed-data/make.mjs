// Makes the data of the embed examples with ClickHouse itself (npm's chdb, found below the folder $GRANARY_ORACLE): a part of a table of
// orders, a roaring bitmap of buyers, and what ClickHouse answers to the question that the examples work out.
//   GRANARY_ORACLE=.../node_modules node examples/embed-data/make.mjs
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const { Session } = createRequire(path.join(process.env.GRANARY_ORACLE, 'x'))('chdb')
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-example-'))
const session = new Session(directory)
const ask = sql => session.query(sql, 'TabSeparated')

ask('CREATE DATABASE shop')
ask(`CREATE TABLE shop.orders (day Date, country FixedString(2), user UInt32, amount Int32) ENGINE = MergeTree ORDER BY day
  SETTINGS index_granularity = 512, index_granularity_bytes = 0, min_compress_block_size = 1024, compress_marks = 0,
    compress_primary_key = 0, ratio_of_defaults_for_sparse_serialization = 1, min_bytes_for_wide_part = 0`)
ask(`INSERT INTO shop.orders SELECT toDate('2024-01-01') + intDiv(number, 82), ['DE', 'FR', 'JP', 'US'][cityHash64(number) % 4 + 1],
  cityHash64(number, 'user') % 30000, toInt32(cityHash64(number, 'amount') % 5000) - 500 FROM numbers(8192)`)
const [place] = ask(`SELECT path FROM system.parts WHERE database = 'shop' AND active`).trim().split('\n')
const part = path.join(here, 'part')
fs.rmSync(part, { recursive: true, force: true })
fs.cpSync(path.resolve(directory, place), part, { recursive: true })

// The state of groupBitmap: u8 1, the size as a varint, then the bitmap in the portable form.
const buyers = 'SELECT number * 3 AS x FROM numbers(5000) UNION ALL SELECT number + 20000 FROM numbers(5000)'
const state = Buffer.from(ask(`SELECT hex(groupBitmapState(toUInt32(x))) FROM (${buyers})`).trim(), 'hex')
let at = 1
while (state[at] & 128) at++
fs.writeFileSync(path.join(here, 'buyers.roaring'), state.subarray(at + 1))

fs.writeFileSync(
  path.join(here, 'expected.tsv'),
  ask(`SELECT country, count(), sum(amount), max(amount), printf('%.3f', avg(amount)) FROM shop.orders
    WHERE day BETWEEN '2024-02-01' AND '2024-02-20' AND amount > 100 AND user IN (${buyers}) GROUP BY country ORDER BY country`),
)
fs.rmSync(directory, { recursive: true, force: true })
