// `granary keeper` as a process of its own, on a port and a directory of its own: to be talked to over the wire, and to be killed.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { programOf, type RuntimeName, runtimeHere } from '../platform/program.ts'
import { fourLetterWord, freePort } from './realZooKeeper.ts'
import type { Address } from './tcpProxy.ts'

const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

const sleep = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))

export const isInstalled = (runtime: RuntimeName): boolean =>
  runtime === runtimeHere || fs.existsSync(programOf(runtime)[0])

export class KeeperProcess {
  /** The end of what it wrote. */
  log = ''
  #child: ChildProcess | null = null
  #ended: Promise<void> = Promise.resolve()

  private constructor(
    readonly directory: string,
    readonly port: number,
    readonly runtime: RuntimeName,
    readonly args: readonly string[],
  ) {}

  /** Serving. A port that was taken in the meantime is given up. */
  static async start(args: readonly string[] = [], runtime: RuntimeName = runtimeHere): Promise<KeeperProcess> {
    for (let attempt = 0; ; attempt++) {
      const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'granary-keeper-'))
      const keeper = new KeeperProcess(directory, await freePort(), runtime, args)
      if (await keeper.#serves()) return keeper
      await keeper.stop()
      if (attempt === 3) throw new Error(`The keeper does not start: ${keeper.log}`)
    }
  }

  get address(): Address {
    return { host: '127.0.0.1', port: this.port }
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get pid(): number {
    return this.#child!.pid!
  }

  word(word: string): Promise<string> {
    return fourLetterWord(this.address, word)
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.isRunning) process.kill(this.pid, 'SIGKILL')
    await this.#ended
  }

  /** SIGTERM; the process's code. */
  async end(): Promise<number | null> {
    process.kill(this.pid, 'SIGTERM')
    await this.#ended
    return this.#child!.exitCode
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  /** After kill(): over the same directory, at the same port. */
  async restart(): Promise<void> {
    if (!(await this.#serves())) throw new Error(`The keeper does not start again: ${this.log}`)
  }

  async stop(): Promise<void> {
    await this.kill()
    fs.rmSync(this.directory, { recursive: true, force: true })
  }

  async #serves(): Promise<boolean> {
    const [command, first] = programOf(this.runtime)
    const all = [...first, 'keeper', '--path', this.directory, '--port', String(this.port), ...this.args]
    const child = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    living.add(child)
    child.on('error', error => (this.log += error.message))
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', bytes => (this.log = (this.log + bytes).slice(-20_000)))
    this.#ended = new Promise(resolve => {
      child.on('close', () => {
        living.delete(child)
        resolve()
      })
    })
    for (const start = performance.now(); performance.now() - start < 20_000 && this.isRunning; await sleep(20))
      if ((await this.word('ruok')) === 'imok') return true
    return false
  }
}
