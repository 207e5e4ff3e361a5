// `--demo`: three million flights and the airports they fly between (npm vega-datasets), loaded once and kept.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { AsyncBuffer } from 'hyparquet'
import { concatenate } from '../../../runtime/core/bytes.ts'
import { toDBError } from '../../../runtime/core/errors.ts'
import type { Engine, QueryRequest } from '../../../runtime/engine/contract.ts'
import { UsageError } from './config.ts'
import { ProgressBar } from './progressBar.ts'

const source = 'https://cdn.jsdelivr.net/npm/vega-datasets@3.2.1/data'
const flightsName = 'flights-3m.parquet'
const airportsName = 'airports.csv'
const rowSize = 16
const rowsPerPiece = 16384

const questions: readonly { about: string; query: string }[] = [
  {
    about: 'How late are flights, hour by hour of the day?',
    query: `SELECT toHour(date) AS hour, count() AS flights, round(avg(delay), 1) AS minutes_late
FROM flights GROUP BY hour ORDER BY minutes_late DESC LIMIT 5`,
  },
  {
    about: 'Which airports should one avoid?',
    query: `SELECT name, count() AS departures, round(100 * countIf(delay > 30) / count(), 1) AS late_percent
FROM flights JOIN airports ON origin = iata
GROUP BY name HAVING departures > 20000 ORDER BY late_percent DESC LIMIT 5`,
  },
  {
    about: 'Does a longer way make a later plane?',
    query: `SELECT intDiv(distance, 500) * 500 AS miles_from, count() AS flights, quantile(0.9)(delay) AS delay_p90
FROM flights GROUP BY miles_from ORDER BY miles_from LIMIT 5`,
  },
]

export async function loadDemo(engine: Engine): Promise<void> {
  const exists = await text(
    engine,
    "SELECT count() FROM system.tables WHERE database = 'default' AND name IN ('flights', 'airports')",
  )
  if (exists.trim() === '2') return
  process.stderr.write('Loading the demonstration data, once:\n')
  await loadAirports(engine)
  await loadFlights(engine)
}

async function loadAirports(engine: Engine): Promise<void> {
  const data = await bytesOf(airportsName)
  await text(engine, 'DROP TABLE IF EXISTS airports')
  await text(
    engine,
    `CREATE TABLE airports (iata String, name String, city String, state String, country String, latitude Float64, longitude Float64)
ENGINE = MergeTree ORDER BY iata`,
  )
  await text(engine, 'INSERT INTO airports FORMAT CSVWithNames', streamOf(data))
}

async function loadFlights(engine: Engine): Promise<void> {
  const { parquetMetadataAsync, parquetRead } = await import('hyparquet')
  const { compressors } = await import('hyparquet-compressors')
  const bytes = await bytesOf(flightsName)
  const file: AsyncBuffer = {
    byteLength: bytes.length,
    slice: (start, end) => bytes.slice(start, end).buffer as ArrayBuffer,
  }
  const metadata = await parquetMetadataAsync(file)
  const total = Number(metadata.num_rows)
  const bar = new ProgressBar()
  // The table gets its name when it is whole, so that a start that was broken off begins anew.
  await text(engine, 'DROP TABLE IF EXISTS flights_loading')
  await text(
    engine,
    `CREATE TABLE flights_loading (date DateTime, delay Int16, distance UInt16, origin LowCardinality(String), destination LowCardinality(String))
ENGINE = MergeTree ORDER BY (origin, date)`,
  )
  async function* rows(): AsyncGenerator<Uint8Array> {
    let start = 0
    for (const group of metadata.row_groups) {
      const end = start + Number(group.num_rows)
      const columns: Record<string, ArrayLike<unknown>> = {}
      await parquetRead({
        file,
        metadata,
        compressors,
        rowStart: start,
        rowEnd: end,
        parsers: { timestampFromMicroseconds: micros => micros as unknown as Date },
        onChunk: ({ columnName, columnData }) => {
          columns[columnName] = columnData
        },
      })
      for (let at = 0; at < end - start; at += rowsPerPiece) {
        yield rowBinary(columns, at, Math.min(at + rowsPerPiece, end - start))
        bar.draw(`${Math.round((start + at) / 1000)} thousand flights`, start + at, total)
      }
      start = end
    }
  }
  const generator = rows()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await generator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
  await text(engine, 'INSERT INTO flights_loading FORMAT RowBinary', body)
  await text(engine, 'DROP TABLE IF EXISTS flights')
  await text(engine, 'RENAME TABLE flights_loading TO flights')
  bar.clear()
  process.stderr.write(`  flights: ${total.toLocaleString('en-US')} rows\n`)
}

/** Rows [start, end) as RowBinary: u32 seconds, i16, u16, and two strings of three letters with their lengths; no column has a NULL. */
function rowBinary(columns: Record<string, ArrayLike<unknown>>, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array((end - start) * rowSize)
  const view = new DataView(bytes.buffer)
  const dates = columns['date'] as ArrayLike<bigint>
  const delays = columns['delay'] as ArrayLike<bigint>
  const distances = columns['distance'] as ArrayLike<bigint>
  const names = [columns['origin'], columns['destination']] as ArrayLike<string>[]
  let at = 0
  for (let row = start; row < end; row++, at += rowSize) {
    view.setUint32(at, Number(dates[row] / 1_000_000n), true)
    view.setInt16(at + 4, Number(delays[row]), true)
    view.setUint16(at + 6, Number(distances[row]), true)
    names.forEach((name, which) => {
      const target = at + 8 + which * 4
      bytes[target] = 3
      for (let i = 0; i < 3; i++) bytes[target + 1 + i] = name[row].charCodeAt(i)
    })
  }
  return bytes
}

/** The three questions, with their answers and how long they took. */
export async function showDemo(engine: Engine, url: string): Promise<void> {
  const out: string[] = ['', `Granary serves 3 million flights on ${url}`]
  for (const { about, query } of questions) {
    const startedAt = performance.now()
    const answer = await text(engine, query, null, 'PrettyCompactNoEscapes').catch(error => toDBError(error).describe())
    const ms = performance.now() - startedAt
    out.push('', `-- ${about}`, `${query};`, '', answer.trimEnd(), `${ms.toFixed(0)} ms`)
  }
  out.push(
    '',
    'Ask more:',
    `  ${url} in a browser`,
    '  npx granary client',
    `  curl '${url}' --data-binary 'SELECT origin, count() FROM flights GROUP BY origin ORDER BY 2 DESC LIMIT 5 FORMAT JSON'`,
    '',
    '',
  )
  process.stdout.write(out.join('\n'))
}

async function text(
  engine: Engine,
  query: string,
  body: ReadableStream<Uint8Array> | null = null,
  defaultFormat?: string,
): Promise<string> {
  const request: QueryRequest = {
    query,
    body,
    settings: {},
    parameters: {},
    user: 'default',
    defaultFormat,
    readonly: 0,
    signal: new AbortController().signal,
    client: { interface: 'local', address: '', userAgent: 'granary-demo' },
  }
  const result = await engine.execute(request)
  const pieces: Uint8Array[] = []
  if (result.body) {
    const reader = result.body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      pieces.push(value)
    }
  }
  await result.summary
  return new TextDecoder().decode(concatenate(pieces))
}

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })

/** From the npm package where it is installed (as when Granary is built from its sources), else from the network. */
async function bytesOf(name: string): Promise<Uint8Array> {
  const folders = createRequire(import.meta.url).resolve.paths('vega-datasets') ?? []
  const found = folders.map(folder => path.join(folder, 'vega-datasets/data', name)).find(file => fs.existsSync(file))
  return found ? new Uint8Array(fs.readFileSync(found)) : download(`${source}/${name}`, name)
}

async function download(url: string, name: string): Promise<Uint8Array> {
  const answer = await fetch(url).catch((error: Error) => {
    throw new UsageError(`Cannot load the demonstration data from ${url}: ${String(error.cause ?? error)}`)
  })
  if (!answer.ok || !answer.body) throw new UsageError(`Cannot load ${url}: status ${answer.status}`)
  const total = Number(answer.headers.get('content-length') ?? 0)
  const bar = new ProgressBar()
  const pieces: Uint8Array[] = []
  let size = 0
  const reader = answer.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    size += value.length
    bar.draw(name, size, total)
  }
  bar.clear()
  return concatenate(pieces)
}
