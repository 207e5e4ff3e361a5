// A disk that refuses a step of an INSERT, of a merge or of a CREATE, once or until somebody makes room: an error, nothing half visible,
// nothing left aside, and all is well afterwards, in this process and after a restart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodePlatform } from '../../adapters/node/platform.ts'
import { DBError } from '../../runtime/core/errors.ts'
import { createEngine, type GranaryEngine } from '../../runtime/engine/engine.ts'
import type { Disk } from '../../runtime/storage/disk.ts'
import { MemoryDisk } from '../../runtime/storage/disks/memory.ts'
import { coreModule } from '../harness.ts'

const modes = ['once', 'until there is room', 'done all the same'] as const
type Mode = (typeof modes)[number]

/** Counts the steps that write, and refuses one, or all from one on. */
class FullDisk {
  steps = 0
  refuseAt = Number.POSITIVE_INFINITY
  mode: Mode = 'once'
  readonly disk: Disk

  constructor(inner: MemoryDisk) {
    const guarded = new Set(['put', 'create', 'sync', 'move', 'link', 'commit', 'write', 'close'])
    const guard = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (object, name) => {
          const value = Reflect.get(object, name, object) as unknown
          if (typeof value !== 'function') return value
          const call = value.bind(object) as (...args: unknown[]) => unknown
          if (!guarded.has(String(name))) return call
          return (...args: unknown[]) => this.#step(String(name), () => call(...args), guard)
        },
      })
    this.disk = guard(inner) as Disk
  }

  #step(name: string, call: () => unknown, guard: <T extends object>(target: T) => T): unknown {
    const at = this.steps++
    const refuses = this.mode === 'until there is room' ? at >= this.refuseAt : at === this.refuseAt
    const error = new DBError('NOT_ENOUGH_SPACE', 'no space is left on the disk')
    if (!refuses) return name === 'create' ? (call() as Promise<object>).then(guard) : call()
    if (name === 'write') throw error
    if (this.mode === 'done all the same' && name !== 'create')
      return Promise.resolve(call()).then(() => Promise.reject(error))
    return Promise.reject(error)
  }
}

async function open(disk: Disk): Promise<GranaryEngine> {
  const platform = nodePlatform({ core: coreModule(), threads: 0, logLevel: 'error' })
  return createEngine(
    { ...platform, startWorker: undefined, openDisk: async () => disk, log: () => {} },
    { path: 'disk', maxThreads: 1 },
  )
}

async function ask(engine: GranaryEngine, query: string): Promise<string> {
  const { body } = await engine.execute({
    query,
    body: null,
    settings: { max_insert_block_size: '100' },
    parameters: {},
    user: 'default',
    readonly: 0,
    signal: new AbortController().signal,
    client: { interface: 'local', address: '', userAgent: '' },
  })
  return body ? (await new Response(body).text()).trimEnd() : ''
}

const code = (promise: Promise<unknown>): Promise<number> =>
  promise.then(
    () => 0,
    error => (error instanceof DBError ? error.code : -1),
  )

const insert = 'INSERT INTO t SELECT number, number % 2 FROM numbers(150)'

/** Runs `statement` with every step of it refused in turn. */
async function refuseEachStep(
  mode: Mode,
  statement: string,
  check: (engine: GranaryEngine, answered: number, before: string) => Promise<void>,
): Promise<number> {
  let refused = 0
  // Not every step in every mode: each opens two engines.
  for (let step = modes.indexOf(mode); ; step += modes.length + 1) {
    const memory = new MemoryDisk()
    const full = new FullDisk(memory)
    const engine = await open(full.disk)
    await ask(engine, 'CREATE TABLE t (a UInt32, p UInt8) ENGINE = MergeTree PARTITION BY p ORDER BY a')
    await ask(engine, 'SYSTEM STOP MERGES')
    await ask(engine, 'INSERT INTO t SELECT number, number % 2 FROM numbers(10)')
    await ask(engine, 'INSERT INTO t SELECT number, number % 2 FROM numbers(10)')
    full.mode = mode
    full.steps = 0
    full.refuseAt = step
    const answered = await code(ask(engine, statement))
    const wasReached = full.steps > step
    full.refuseAt = Number.POSITIVE_INFINITY
    const rows = await ask(engine, 'SELECT count() FROM t')
    await check(engine, answered, rows)
    const expected = await ask(engine, 'SELECT count() FROM t')
    await engine.close({ graceMs: 0 })
    const left = [...memory.files.keys()].filter(path => /tmp_|commit_/.test(path))
    if (mode === 'once') assert.deepEqual(left, [], `step ${step}: nothing lies around`)
    const again = await open(memory)
    const afterRestart = await ask(again, 'SELECT count() FROM t')
    // What failed and could not be taken back, as the disk refused that too, is there after all, but only as a whole.
    const late = mode === 'until there is room' ? '320' : expected
    assert.ok(
      [expected, late].includes(afterRestart),
      `step ${step}: ${expected} rows, ${afterRestart} after the restart`,
    )
    await ask(again, 'INSERT INTO t SELECT number, number % 2 FROM numbers(10)')
    await ask(again, 'OPTIMIZE TABLE t FINAL')
    assert.equal(await ask(again, 'SELECT count() FROM t'), String(Number(afterRestart) + 10))
    await again.close({ graceMs: 0 })
    if (!wasReached) return refused
    if (answered !== 0) refused++
  }
}

for (const mode of modes) {
  test(`INSERT on a disk that refuses a step: ${mode}`, async () => {
    const refused = await refuseEachStep(mode, insert, async (engine, answered, rows) => {
      assert.ok(answered === 0 || answered === 243, String(answered))
      assert.equal(rows, answered === 0 ? '170' : '20')
      if (answered !== 0) await ask(engine, insert)
    })
    assert.ok(refused > 5, `${refused} steps were refused`)
  })

  test(`OPTIMIZE on a disk that refuses a step: ${mode}`, async () => {
    const refused = await refuseEachStep(mode, 'OPTIMIZE TABLE t FINAL', async (engine, answered, rows) => {
      assert.ok(answered === 0 || answered === 243, String(answered))
      assert.equal(rows, '20')
      await ask(engine, 'OPTIMIZE TABLE t FINAL')
      assert.equal(await ask(engine, 'SELECT count() FROM t'), '20')
    })
    assert.ok(refused > 5, `${refused} steps were refused`)
  })
}
