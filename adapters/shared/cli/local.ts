import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { DBError } from '../../../runtime/core/errors.ts'
import { Memory } from '../../../runtime/core/memory.ts'
import type { Engine, Progress } from '../../../runtime/engine/contract.ts'
import { createEngine } from '../../../runtime/engine/engine.ts'
import { findInputFormat } from '../../../runtime/formats/registry.ts'
import { formatOptions } from '../../../runtime/formats/settings.ts'
import type { Platform } from '../../../runtime/platform.ts'
import { decoders } from '../../../runtime/server/contentEncoding.ts'
import { write } from './client.ts'
import { UsageError } from './config.ts'
import type { CliHost } from './program.ts'
import { ProgressBar, summaryLine } from './progressBar.ts'
import { runShell } from './shell.ts'
import { splitStatements } from './statements.ts'

export interface LocalCommand {
  query?: string
  queriesFile?: string
  /** Data directory; absent: everything in memory. */
  path?: string
  /** Each becomes a table, named as the file without its endings. */
  files: string[]
  /** Name of a table made from standard input. */
  stdin?: string
  inputFormat?: string
  structure?: string
  format?: string
  maxThreads?: number
  settings: Record<string, string>
}

/** Queries without a server. */
export async function local(runtime: CliHost, command: LocalCommand): Promise<number> {
  const platform = runtime.platform({ threads: command.maxThreads, logLevel: 'warning' })
  const engine = await createEngine(platform, {
    path: command.path,
    // Who runs this may read what it may read.
    stores: { localDisks: '/' },
    maxThreads: command.maxThreads,
    settings: command.settings,
  })
  try {
    for (const file of command.files) await loadFile(engine, platform, command, file)
    if (command.stdin !== undefined)
      await load(engine, platform, command, command.stdin, process.stdin, command.inputFormat ?? 'TabSeparated')
    const text =
      command.query ?? (command.queriesFile === undefined ? null : fs.readFileSync(command.queriesFile, 'utf8'))
    if (text === null) return await interactive(engine, command)
    const abort = new AbortController()
    process.once('SIGINT', () => abort.abort(new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled')))
    const session = engine.sessions.acquire('default', 'local', { timeoutSeconds: 3600 })
    for (const query of splitStatements(text))
      await run(engine, query, {
        session,
        format: command.format ?? (process.stdout.isTTY ? 'PrettyCompact' : 'TabSeparated'),
        signal: abort.signal,
      })
    return 0
  } catch (error) {
    return fail(error)
  } finally {
    await engine.close({ graceMs: 0 })
  }
}

interface RunOptions {
  session: ReturnType<Engine['sessions']['acquire']>
  format: string
  signal: AbortSignal
}

async function run(engine: Engine, query: string, { session, format, signal }: RunOptions): Promise<Summary> {
  const bar = new ProgressBar()
  let rows: number | null = null
  try {
    const result = await engine.execute({
      query,
      body: null,
      settings: {},
      parameters: {},
      user: 'default',
      session,
      defaultFormat: format,
      readonly: 0,
      signal,
      client: { interface: 'local', address: '', userAgent: 'granary-local' },
      onProgress: progress => bar.query(progress),
    })
    if (result.body) {
      const reader = result.body.getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        bar.clear()
        await write(value)
      }
    }
    const progress = await result.summary
    if (result.format !== null) rows = progress.resultRows
    return { rows, progress }
  } finally {
    bar.clear()
  }
}

interface Summary {
  rows: number | null
  progress: Progress
}

async function interactive(engine: Engine, command: LocalCommand): Promise<number> {
  if (!process.stdin.isTTY)
    throw new UsageError(
      'Nothing to do: give --query, --queries-file, or a terminal to type in. See granary local --help',
    )
  const session = engine.sessions.acquire('default', 'local', { timeoutSeconds: 3600 })
  await runShell({
    prompt: 'granary :) ',
    async run(query, signal) {
      const startedAt = performance.now()
      try {
        const { rows, progress } = await run(engine, query, {
          session,
          format: command.format ?? 'PrettyCompact',
          signal,
        })
        process.stdout.write(`\n${summaryLine(rows, progress, (performance.now() - startedAt) / 1000)}\n\n`)
      } catch (error) {
        process.stderr.write(`\n${textOf(error)}\n\n`)
      }
    },
  })
  return 0
}

const formatsByEnding: Readonly<Record<string, string>> = {
  tsv: 'TabSeparatedWithNames',
  csv: 'CSVWithNames',
  json: 'JSONEachRow',
  jsonl: 'JSONEachRow',
  ndjson: 'JSONEachRow',
  native: 'Native',
  parquet: 'Parquet',
}

/** How a file is packed, by its last ending. */
const encodings: Readonly<Record<string, string>> = { gz: 'gzip', br: 'br', zst: 'zstd' }

async function loadFile(engine: Engine, platform: Platform, command: LocalCommand, file: string): Promise<void> {
  if (!fs.existsSync(file)) throw new UsageError(`There is no file ${file}`)
  const [name, ...endings] = path.basename(file).split('.')
  const packed = endings.at(-1)?.toLowerCase()
  const encoding = packed === undefined ? undefined : encodings[packed]
  const decoder = encoding === undefined ? undefined : decoders(encoding, platform)[0]
  const ending = (decoder ? endings.at(-2) : endings.at(-1))?.toLowerCase() ?? ''
  const format = command.inputFormat ?? formatsByEnding[ending]
  if (!format) throw new UsageError(`What is in ${file}? Its name does not tell: say it with --input-format`)
  const source = fs.createReadStream(file, { highWaterMark: 1 << 20 })
  await load(engine, platform, command, name.replace(/\W/g, '_'), source, format, decoder)
}

const headSizeMax = 1 << 20

/** Makes a table of memory and inserts the input into it. */
async function load(
  engine: Engine,
  platform: Platform,
  command: LocalCommand,
  table: string,
  source: Readable,
  format: string,
  decoder?: TransformStream<Uint8Array, Uint8Array>,
): Promise<void> {
  const raw = Readable.toWeb(source) as ReadableStream<Uint8Array>
  const input = decoder ? raw.pipeThrough(decoder) : raw
  const { head, isWhole, body } = await readHead(input, headSizeMax)
  const structure = command.structure ?? inferStructure(platform, format, head, isWhole, table)
  const name = `\`${table}\``
  const request = {
    settings: {},
    parameters: {},
    user: 'default',
    readonly: 0,
    signal: new AbortController().signal,
    client: { interface: 'local', address: '', userAgent: 'granary-local' },
  } as const
  const create = await engine.execute({
    ...request,
    query: `CREATE TABLE ${name} (${structure}) ENGINE = Memory`,
    body: null,
  })
  await create.summary
  const insert = await engine.execute({ ...request, query: `INSERT INTO ${name} FORMAT ${format}`, body })
  await insert.summary
}

function inferStructure(platform: Platform, format: string, head: Uint8Array, isWhole: boolean, table: string): string {
  const { inferSchema } = findInputFormat(format)
  if (!inferSchema) throw new UsageError(`Columns of ${table}? ${format} does not tell them: say them with --structure`)
  return inferSchema(
    head,
    isWhole,
    formatOptions(() => undefined),
    new Memory(platform.core, { pages: 4096 }),
  )
    .map(column => `\`${column.name.replace(/[`\\]/g, '\\$&')}\` ${column.type.name}`)
    .join(', ')
}

/** The first bytes, and a stream of all of them. */
async function readHead(input: ReadableStream<Uint8Array>, sizeMax: number) {
  const pieces: Uint8Array[] = []
  let size = 0
  let isWhole = false
  const reader = input.getReader()
  while (size < sizeMax) {
    const { done, value } = await reader.read()
    if (done) {
      isWhole = true
      break
    }
    pieces.push(value)
    size += value.length
  }
  const head = new Uint8Array(Buffer.concat(pieces))
  let first: Uint8Array | null = head
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (first) {
        // A copy: who reads the body may give its memory away.
        if (first.length > 0) controller.enqueue(first.slice())
        first = null
        if (head.length > 0) return
      }
      const { done, value } = isWhole ? { done: true, value: undefined } : await reader.read()
      if (done) controller.close()
      else controller.enqueue(value!)
    },
    cancel: reason => reader.cancel(reason),
  })
  return { head, isWhole, body }
}

const textOf = (error: unknown): string =>
  error instanceof DBError ? error.describe() : error instanceof Error ? error.message : String(error)

function fail(error: unknown): number {
  process.stderr.write(`${textOf(error)}\n`)
  return error instanceof DBError ? error.code % 256 || 1 : 1
}
