// A database inside a program: no server, no container, nothing to install but the package.
//   node main.mjs, deno run -A main.mjs, bun main.mjs
import { open } from 'granary'

const db = await open({ memory: true }) // or open('./data')

await db.exec(`
  CREATE TABLE visits (at DateTime, page LowCardinality(String), ms UInt32) ENGINE = MergeTree ORDER BY (page, at);
  CREATE TABLE pages (page String, title String) ENGINE = MergeTree ORDER BY page;
`)

// Rows as objects. A stream or a generator is asked for more as fast as it is written.
function* visits() {
  const pages = ['/', '/docs', '/blog']
  for (let i = 0; i < 100_000; i++)
    yield { at: new Date(1_700_000_000_000 + i * 1000), page: pages[i % 3], ms: 20 + (i % 50) }
}
const { rows } = await db.insert('visits', visits())
console.log(`${rows} rows inserted`)

// Or columns.
await db.insert('pages', { page: ['/', '/docs'], title: ['Start', 'Manual'] })

// Values never become part of the text: as parameters with types, or in a template, which finds the types itself.
const slow = 60
const pages = await db.query(
  'SELECT page, count() AS visits, round(avg(ms)) AS mean FROM visits WHERE ms > {slow:UInt32} GROUP BY page ORDER BY page',
  { slow },
)
console.table(pages)

const [start] = await db.sql`SELECT title FROM pages WHERE page = ${'/'}`
console.log(start.title)

// A large result is gone through as it comes; leaving the loop stops the query.
let first = 0
for await (const row of db.query('SELECT at, ms FROM visits ORDER BY at')) {
  if (row.at > new Date(1_700_000_010_000)) break
  first += row.ms
}
console.log(`${first} ms in the first seconds`)

// Numbers as typed arrays.
const { values } = (await db.query('SELECT ms FROM visits ORDER BY at LIMIT 5').columns()).get('ms')
console.log(values)

// Errors have ClickHouse's numbers and names.
await db
  .query('SELECT * FROM missing')
  .rows()
  .catch(error => console.log(error.code, error.name))

await db.close()
