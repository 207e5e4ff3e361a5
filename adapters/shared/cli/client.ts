import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { once } from 'node:events'
import { type ClientOptions, QueryError, runOverHttp } from './httpClient.ts'
import { ProgressBar, summaryLine } from './progressBar.ts'
import { runShell } from './shell.ts'
import { splitStatements } from './statements.ts'

export interface ClientCommand extends ClientOptions {
  query?: string
  queriesFile?: string
  format?: string
}

/** Gives the exit code: 0, or what is left of the error's code. */
export async function client(command: ClientCommand): Promise<number> {
  if (command.query !== undefined || command.queriesFile !== undefined) {
    const text = command.query ?? fs.readFileSync(command.queriesFile!, 'utf8')
    return runBatch(command, splitStatements(text))
  }
  if (!process.stdin.isTTY) {
    let text = ''
    for await (const bytes of process.stdin.setEncoding('utf8')) text += bytes
    return runBatch(command, splitStatements(text))
  }
  return runInteractive(command)
}

async function runBatch(command: ClientCommand, statements: string[]): Promise<number> {
  const sessionId = statements.length > 1 ? randomUUID() : undefined
  const abort = new AbortController()
  process.once('SIGINT', () => abort.abort())
  for (const [at, query] of statements.entries()) {
    // Data for the last INSERT may come from a pipe.
    const piped = at === statements.length - 1 && !process.stdin.isTTY && command.query !== undefined
    const wantsInput = piped && /^\s*insert\s/i.test(query) && !/\bvalues\s*\(|\bselect\b/i.test(query)
    const bar = new ProgressBar()
    try {
      await runOverHttp(command, {
        query,
        input: wantsInput ? process.stdin : undefined,
        format: command.format ?? (process.stdout.isTTY ? 'PrettyCompact' : 'TabSeparated'),
        sessionId,
        signal: abort.signal,
        onProgress: process.stderr.isTTY ? progress => bar.query(progress) : undefined,
        onData: bytes => {
          bar.clear()
          return write(bytes)
        },
      })
      bar.clear()
    } catch (error) {
      bar.clear()
      return fail(error)
    }
  }
  return 0
}

async function runInteractive(command: ClientCommand): Promise<number> {
  const sessionId = randomUUID()
  const settings = { session_timeout: '3600', ...command.settings }
  let version = ''
  try {
    await runOverHttp(command, { query: 'SELECT version()', onData: bytes => void (version += Buffer.from(bytes)) })
  } catch (error) {
    return fail(error)
  }
  process.stdout.write(`Connected to ${command.url} as ${command.user}, server version ${version.trim()}.\n\n`)
  await runShell({
    prompt: 'granary :) ',
    async run(query, signal) {
      const bar = new ProgressBar()
      const queryId = randomUUID()
      const startedAt = performance.now()
      try {
        const result = await runOverHttp(
          { ...command, settings },
          {
            query,
            format: command.format ?? 'PrettyCompact',
            sessionId,
            queryId,
            signal,
            onProgress: progress => bar.query(progress),
            onData: bytes => {
              bar.clear()
              return write(bytes)
            },
          },
        )
        bar.clear()
        const seconds = (performance.now() - startedAt) / 1000
        const rows = result.format === null ? null : result.progress.resultRows
        process.stdout.write(`\n${summaryLine(rows, result.progress, seconds)}\n\n`)
      } catch (error) {
        bar.clear()
        process.stderr.write(`\n${error instanceof Error ? error.message : error}\n\n`)
      }
    },
  })
  process.stdout.write('Bye.\n')
  return 0
}

export async function write(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain')
}

export function fail(error: unknown): number {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  const code = error instanceof QueryError ? error.code : 1
  return code % 256 || 1
}
