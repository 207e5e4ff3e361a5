// A simulated process that runs the engine, and what its clients see of it.
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import type { Machine } from './machine.ts'
import { takeMemory } from './memories.ts'

export class Server {
  engine: GranaryEngine | null = null

  constructor(readonly machine: Machine) {}

  /** Resolves when it takes queries. Died: it did not come to that. */
  async start(): Promise<void> {
    const { machine } = this
    const life = machine.start()
    const threads = machine.options.threads ?? 0
    this.engine = await life.ask(() =>
      createEngine(life.platform, { path: 'disk', maxThreads: Math.max(1, threads), memory: takeMemory(0) }),
    )
  }

  /** An orderly end. */
  async stop(): Promise<void> {
    const { life } = this.machine
    const { engine } = this
    if (life && engine) await life.ask(() => engine.close({ graceMs: 50 }))
    this.machine.stop()
  }

  /** The answer of a query, as text. Question and answer take their time; an answer on its way is lost with the process. */
  async query(query: string, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const { life, world } = this.machine
    const { engine } = this
    if (!life || !engine) throw new Error('the server is not running')
    const answer = life.ask(async () => {
      await life.platform.clock.yield()
      const { body, summary } = await engine.execute({
        query,
        body: null,
        settings,
        parameters: {},
        user: 'default',
        readonly: 0,
        signal: new AbortController().signal,
        client: { interface: 'local', address: '', userAgent: '' },
      })
      summary.catch(() => {}) // what fails is told by the body
      const text = body ? await readText(body) : ''
      await life.platform.clock.yield()
      return text
    })
    const text = await answer
    world.note(`answer to ${query.slice(0, 60)}: ${text.slice(0, 60)}`)
    return text
  }
}

async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text.trimEnd()
    text += decoder.decode(value, { stream: true })
  }
}
