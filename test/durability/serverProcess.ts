// The built server as a child process, to be asked over HTTP and to be killed.
import { type ChildProcess, spawn } from 'node:child_process'
import { programOf, type RuntimeName, runtimeHere } from '../platform/program.ts'

export interface Answer {
  readonly status: number
  /** ClickHouse's error code; 0: none. */
  readonly code: number
  readonly text: string
}

export class ServerProcess {
  /** What the server wrote to stderr. */
  log = ''
  #url = ''
  readonly #ended: Promise<void>

  private constructor(readonly child: ChildProcess) {
    child.stderr!.on('data', bytes => (this.log += bytes))
    this.#ended = new Promise(resolve => child.on('close', () => resolve()))
  }

  /** Spawns it, and does not wait until it serves. */
  static spawn(directory: string, args: readonly string[] = [], runtime: RuntimeName = runtimeHere): ServerProcess {
    const [command, first] = programOf(runtime)
    const all = ['server', '--path', directory, '--http-port', '0', '--max-threads', '2', ...args]
    return new ServerProcess(
      spawn(command, [...first, ...all], {
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    )
  }

  static async start(directory: string, args?: readonly string[], runtime?: RuntimeName): Promise<ServerProcess> {
    const server = ServerProcess.spawn(directory, args, runtime)
    await server.serving()
    return server
  }

  async serving(): Promise<void> {
    let isOver = false
    void this.#ended.then(() => (isOver = true))
    for (let waited = 0; waited < 20_000 && !isOver; waited += 10) {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(this.log)
      if (found) {
        this.#url = found[0]
        return
      }
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    throw new Error(`The server does not start: ${this.log}`)
  }

  get url(): string {
    return this.#url
  }

  async ask(
    query: string,
    options: { body?: string | Uint8Array; settings?: Record<string, string | number>; signal?: AbortSignal } = {},
  ): Promise<Answer> {
    const parameters = new URLSearchParams(
      Object.entries(options.settings ?? {}).map(([name, value]) => [name, String(value)]),
    )
    if (options.body !== undefined) parameters.set('query', query)
    const response = await fetch(`${this.#url}/?${parameters}`, {
      method: 'POST',
      body: (options.body ?? query) as BodyInit,
      signal: options.signal,
    })
    const text = await response.text()
    return { status: response.status, code: Number(response.headers.get('x-clickhouse-exception-code') ?? 0), text }
  }

  /** The answer's text; an error is thrown. */
  async text(query: string, options: Parameters<ServerProcess['ask']>[1] = {}): Promise<string> {
    const { status, text } = await this.ask(query, options)
    if (status !== 200) throw new Error(`${query.slice(0, 200)}: ${text}`)
    return text.trimEnd()
  }

  /** kill -9: what a crash is. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null) this.child.kill('SIGKILL')
    await this.#ended
  }

  async stop(): Promise<void> {
    process.kill(this.child.pid!, 'SIGTERM')
    await this.#ended
  }
}
