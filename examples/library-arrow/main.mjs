// A result as a table of Apache Arrow, for whatever draws or computes with those, and as bytes to send.
import { tableFromIPC, tableToIPC } from '@uwdata/flechette'
import { open } from 'granary'

const db = await open()
const table = await db
  .query("SELECT number AS n, sqrt(number) AS root, if(number % 2, 'odd', 'even') AS kind FROM numbers(1000)")
  .arrow()
console.log(table.numRows, table.names)

const roots = table.getChild('root').toArray() // a Float64Array
console.log(roots.reduce((a, b) => a + b).toFixed(3))

const bytes = tableToIPC(table, { format: 'stream' })
const read = tableFromIPC(bytes, { useBigInt: true })
console.log(read.at(999))

await db.close()
