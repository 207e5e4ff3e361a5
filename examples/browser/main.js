import { open } from 'granary/browser'

const path = 'opfs:example'
const rowsShownMax = 500
const at = id => document.getElementById(id)
const count = new Intl.NumberFormat('en')

const queries = {
  'By country': `SELECT country, count() AS events, round(sum(revenue), 2) AS revenue
FROM events
GROUP BY country
ORDER BY revenue DESC`,
  'Per day': `SELECT toDate(time) AS day, uniq(user) AS users, count() AS events
FROM events
GROUP BY day
ORDER BY day DESC
LIMIT 30`,
  Percentiles: `SELECT page, count() AS views, quantilesTDigest(0.5, 0.95, 0.99)(ms) AS percentiles_ms
FROM events
GROUP BY page
ORDER BY views DESC`,
  'A funnel': `SELECT level, count() AS users
FROM (
  SELECT user, windowFunnel(86400)(time, page = '/', page = '/pricing', page = '/checkout') AS level
  FROM events
  GROUP BY user
)
GROUP BY level
ORDER BY level`,
  Parts: `SELECT table, name, rows, formatReadableSize(bytes_on_disk) AS size
FROM system.parts
WHERE active
ORDER BY table, name`,
}

const formats = {
  csv: 'CSVWithNames',
  tsv: 'TabSeparatedWithNames',
  parquet: 'Parquet',
  ndjson: 'JSONEachRow',
  jsonl: 'JSONEachRow',
  json: 'JSONEachRow',
}

let db
let running = null

async function start() {
  const started = performance.now()
  db = await open({ path, persist: true, waitMs: 2000 })
  await db.exec(`
    CREATE TABLE IF NOT EXISTS events (
      time DateTime,
      user UInt32,
      country LowCardinality(String),
      page LowCardinality(String),
      ms Float32,
      revenue Float64
    )
    ENGINE = MergeTree
    ORDER BY (page, time)`)
  document.body.dataset.openedMs = Math.round(performance.now() - started)
  at('sql').value = queries['By country']
  for (const [name, text] of Object.entries(queries)) {
    const button = document.createElement('button')
    button.textContent = name
    button.onclick = () => {
      at('sql').value = text
      void run()
    }
    at('examples').append(button)
  }
  await refresh()
  await run()
}

/** What there is, and how much of it. */
async function refresh() {
  const tables = await db.query(
    `SELECT t.name AS name, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes, countIf(p.rows > 0) AS parts
     FROM system.tables AS t LEFT JOIN (SELECT * FROM system.parts WHERE active) AS p
       ON t.database = p.database AND t.name = p.table
     WHERE t.database = 'default' GROUP BY name ORDER BY name`,
    {},
    { integers: 'number' },
  )
  at('tables').replaceChildren(
    ...tables.map(({ name, rows, bytes, parts }) => {
      const item = document.createElement('li')
      const button = document.createElement('button')
      const facts = document.createElement('small')
      facts.textContent = `${count.format(rows)} rows, ${size(bytes)} in ${parts} ${parts === 1 ? 'part' : 'parts'}`
      button.append(name, facts)
      button.onclick = () => {
        at('sql').value = `SELECT *\nFROM ${quoted(name)}\nLIMIT 100`
        void run()
      }
      item.append(button)
      return item
    }),
  )
  const { usage = 0 } = (await navigator.storage?.estimate?.()) ?? {}
  at('status').textContent =
    `${path} · ${size(usage)} stored in this browser · opened in ${document.body.dataset.openedMs} ms`
}

async function run() {
  running?.abort()
  const own = new AbortController()
  running = own
  at('stop').disabled = false
  at('result').classList.add('stale')
  at('figures').classList.remove('bad')
  const started = performance.now()
  const figures = readRows =>
    `${count.format(readRows)} rows read, ${count.format(Math.round(performance.now() - started))} ms`
  try {
    const result = db.query(
      at('sql').value,
      {},
      {
        signal: own.signal,
        settings: { limit: rowsShownMax },
        dates: 'string',
        maps: 'object',
        onProgress: ({ readRows }) => {
          if (running === own) at('figures').textContent = figures(readRows)
        },
      },
    )
    const columns = await result.columns()
    const { rowsRead } = await result.statistics
    if (running !== own) return
    show(columns)
    at('figures').textContent = figures(rowsRead)
    if (!/^\s*(SELECT|WITH|SHOW|DESC|EXPLAIN)/i.test(at('sql').value)) void refresh()
  } catch (error) {
    if (running !== own) return
    const text = document.createElement('pre')
    text.className = 'bad'
    text.textContent = error.name === 'AbortError' ? 'Stopped.' : `${error.message} (${error.name})`
    at('result').replaceChildren(text)
    at('figures').textContent = ''
  } finally {
    if (running === own) {
      running = null
      at('stop').disabled = true
      at('result').classList.remove('stale')
    }
  }
}

/** A table; the last column of numbers has bars behind it. */
function show(columns) {
  const { names, types } = columns
  if (names.length === 0) {
    const text = document.createElement('pre')
    text.textContent = 'Done.'
    at('result').replaceChildren(text)
    return
  }
  const isNumber = types.map(type => /^(Nullable\()?(U?Int|Float|Decimal)/.test(type))
  const rows = columns.rows().map(row => names.map(name => row[name]))
  const bars = isNumber.lastIndexOf(true)
  const largest = Math.max(...rows.map(row => Number(row[bars] ?? 0)))
  const table = document.createElement('table')
  const head = table.createTHead().insertRow()
  names.forEach((name, i) => {
    const cell = document.createElement('th')
    const type = document.createElement('small')
    type.textContent = types[i]
    cell.append(name, type)
    cell.classList.toggle('number', isNumber[i])
    head.append(cell)
  })
  const body = table.createTBody()
  for (const row of rows) {
    const line = body.insertRow()
    row.forEach((value, i) => {
      const cell = line.insertCell()
      cell.textContent = textOf(value)
      cell.classList.toggle('number', isNumber[i])
      cell.classList.toggle('null', value === null)
      if (i !== bars || !(largest > 0)) return
      cell.classList.add('bar')
      cell.style.setProperty('--part', `${Math.max(0, (Number(value) / largest) * 100)}%`)
    })
  }
  at('result').replaceChildren(table)
}

function textOf(value) {
  if (value === null) return 'NULL'
  if (typeof value === 'number' || typeof value === 'bigint') return count.format(value)
  if (typeof value !== 'object') return String(value)
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner))
}

/** What a button does, with the others shut meanwhile. */
async function busy(what, work) {
  const buttons = ['add', 'merge', 'reset'].map(at)
  for (const button of buttons) button.disabled = true
  at('activity').classList.remove('bad')
  at('activity').textContent = `${what} …`
  const started = performance.now()
  try {
    const done = await work()
    at('activity').textContent = `${done} in ${count.format(Math.round(performance.now() - started))} ms`
    await refresh()
    await run()
  } catch (error) {
    at('activity').classList.add('bad')
    at('activity').textContent = error.message
  } finally {
    for (const button of buttons) button.disabled = false
  }
}

at('add').onclick = () =>
  busy('Inserting', async () => {
    const { rows } = await db.insert('events', madeUpEvents(100_000))
    return `${count.format(rows)} rows inserted`
  })

at('merge').onclick = () =>
  busy('Merging', async () => {
    await db.exec('OPTIMIZE TABLE events FINAL')
    return 'Merged'
  })

at('reset').onclick = () =>
  busy('Removing', async () => {
    for (const { name } of await db.query('SHOW TABLES'))
      await db.exec(name === 'events' ? 'TRUNCATE TABLE events' : `DROP TABLE ${quoted(name)}`)
    return 'All rows removed'
  })

/** Columns as arrays are the fastest way in. */
function madeUpEvents(rows) {
  const countries = ['DE', 'FR', 'IT', 'ES', 'PL', 'NL', 'SE', 'AT']
  const pages = ['/', '/', '/', '/pricing', '/docs', '/docs/start', '/checkout']
  const now = Math.floor(Date.now() / 1000)
  const pick = (list, skew) => list[Math.floor(Math.random() ** skew * list.length)]
  const make = of => Array.from({ length: rows }, of)
  return {
    time: Uint32Array.from({ length: rows }, () => now - Math.floor(Math.random() * 30 * 86400)),
    user: Uint32Array.from({ length: rows }, () => Math.floor(Math.random() * 20_000)),
    country: make(() => pick(countries, 1.7)),
    page: make(() => pick(pages, 1)),
    ms: Float32Array.from({ length: rows }, () => 20 / (0.02 + Math.random())),
    revenue: Float64Array.from({ length: rows }, () =>
      Math.random() < 0.03 ? Math.round(Math.random() * 9900) / 100 : 0,
    ),
  }
}

/** A file becomes a table of its name; its columns are found out by the engine. */
async function take(file) {
  const ending = /\.(\w+)$/.exec(file.name)?.[1].toLowerCase() ?? ''
  const format = formats[ending]
  const name = file.name.replace(/\.\w+$/, '').replace(/\W+/g, '_')
  await busy(`Reading ${file.name}`, async () => {
    if (!format) throw new Error(`${file.name}: only ${Object.keys(formats).join(', ')} are known here`)
    const url = URL.createObjectURL(file)
    try {
      await db.exec(`DROP TABLE IF EXISTS ${quoted(name)}`)
      await db.exec(
        `CREATE TABLE ${quoted(name)} ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM url('${url}', '${format}')`,
      )
    } finally {
      URL.revokeObjectURL(url)
    }
    at('sql').value = `SELECT *\nFROM ${quoted(name)}\nLIMIT 100`
    return `${file.name} is table ${name}`
  })
}

async function takeAll(files) {
  for (const file of files) await take(file)
}

at('file').onchange = ({ target }) => takeAll([...target.files])
document.addEventListener('dragover', event => {
  event.preventDefault()
  at('drop').classList.add('over')
})
document.addEventListener('dragleave', () => at('drop').classList.remove('over'))
document.addEventListener('drop', event => {
  event.preventDefault()
  at('drop').classList.remove('over')
  void takeAll([...event.dataTransfer.files])
})

at('run').onclick = () => run()
at('stop').onclick = () => running?.abort()
at('sql').onkeydown = event => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  void run()
}

const quoted = name => `\`${name.replace(/[\\`]/g, '\\$&')}\``

function size(bytes) {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} KB`
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}

start().catch(error => {
  at('status').classList.add('bad')
  at('status').textContent = error.message
})
