import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Memory } from '../core/memory.ts'
import { SentParts } from './partReferences.ts'
import { transferOf } from '../exec/peers.ts'
import type { Platform, WorkerHandle } from '../platform.ts'
import { type HostOptions, TaskHost } from './host.ts'
import { isSmallTask } from './smallTask.ts'
import type {
  FromWorker,
  ScalarResult,
  SelectTask,
  Task,
  TaskResult,
  ToWorker,
  WireError,
  WorkerProgress,
} from './messages.ts'

/** What the control thread hears of one task. */
export interface TaskEvents {
  head?(format: string, contentType: string): void
  /** Bytes of output; `taken` is to be called when they are consumed. */
  output?(bytes: Uint8Array, taken: () => void): void
  progress?(progress: WorkerProgress): void
  /** The INSERT wants data: answer with input(). */
  wants?(): void
}

export interface RunningTask {
  readonly done: Promise<{ result: TaskResult; progress: WorkerProgress }>
  input(bytes: Uint8Array | null, error?: string): void
  cancel(): void
}

interface Entry {
  readonly task: Task
  readonly events: TaskEvents
  readonly worker: number
  resolve(value: { result: TaskResult; progress: WorkerProgress }): void
  reject(error: DBError): void
  /** Ids of the tasks that help this one. */
  readonly helpers: number[]
  /** The task that this one helps. */
  readonly leader: number
  isCancelled: boolean
  /** As last heard; null before. */
  progress: WorkerProgress | null
  /** Of helpers, by their tasks. */
  readonly helped: Map<number, WorkerProgress>
  /** Something of it has been heard: it cannot be started anew. */
  hasAnswered: boolean
  readonly startedAt: number
}

interface Spawned {
  post(message: ToWorker, transfer?: ArrayBuffer[]): void
  terminate(): Promise<void>
}

/** A task that is cancelled and does not end in this time ends with its worker: it is deep in one call. */
const cancelMs = 40
/** A worker whose memory has grown so far beyond its use is replaced when it has had nothing to do for a while. */
const unusedBytesMax = 512 << 20
const idleMs = 60_000
/** A query that has given nothing yet may start anew, with another worker, in its first time. */
const restartMs = 2000

/** Workers, or this thread in their place, and the tasks that run in them. */
export class WorkerPool {
  readonly #workers: {
    post(message: ToWorker, transfer?: ArrayBuffer[]): void
    terminate(): Promise<void>
    busy: number
    /** It stands in for one that was ended, and has yet to start. */
    isStarting?: boolean
    /** Takes back that it is to be replaced. */
    stay?: () => void
  }[] = []
  readonly #entries = new Map<number, Entry>()
  /** What each worker has been told of parts. */
  readonly #knownParts: SentParts[] = []
  #next = 1
  #closing = false
  /** Where small tasks run when workers start no earlier than they are needed: this thread, behind the workers. -1: nowhere. */
  #local = -1

  constructor(
    readonly platform: Platform,
    count: number,
    readonly options: HostOptions,
    /** What this thread uses, where it does the work. */
    memory: Memory,
    /** Told of each task whose worker ended under it: of what it may have left behind. */
    readonly abandoned: (task: Task) => void = () => {},
    /** Workers start with the first task that is worth one. */
    isLazy = false,
  ) {
    if (!platform.startWorker) {
      this.#addThisThread(memory)
      return
    }
    for (let i = 0; i < count; i++) {
      this.#knownParts.push(new SentParts())
      this.#workers.push({ ...(isLazy ? this.#sleeping(i) : this.#spawn(i, options)), busy: 0 })
    }
    if (isLazy) this.#local = this.#addThisThread(memory)
  }

  #addThisThread(memory: Memory): number {
    const index = this.#workers.length
    const host = new TaskHost(this.platform, message => this.#hear(index, message), this.options, memory)
    this.#knownParts.push(new SentParts())
    this.#workers.push({
      post: message => host.handle(message),
      terminate: async () => host.handle({ kind: 'stop' }),
      busy: 0,
    })
    return index
  }

  /** Starts when it is told something that matters to one that has just started. */
  #sleeping(index: number): Spawned {
    let spawned: Spawned | null = null
    return {
      post: (message, transfer) => {
        if (!spawned && (message.kind === 'forget' || message.kind === 'stop')) return
        spawned ??= this.#spawn(index, this.options)
        spawned.post(message, transfer)
      },
      terminate: async () => spawned?.terminate(),
    }
  }

  #spawn(index: number, options: HostOptions): Spawned {
    let isReplaced = false
    const handle: WorkerHandle = this.platform.startWorker!(
      message => {
        if (!isReplaced) this.#hear(index, message as FromWorker)
      },
      error => {
        if (!isReplaced) this.#lost(index, error)
      },
    )
    handle.post({ options })
    return {
      post: (message: ToWorker, transfer?: ArrayBuffer[]) => handle.post(message, transfer),
      terminate: () => {
        isReplaced = true
        return handle.terminate()
      },
    }
  }

  get threads(): number {
    return this.#local < 0 ? this.#workers.length : this.#local
  }

  nextId(): number {
    return this.#next++
  }

  /** Runs a task in the least busy worker; the first of equals, so that caches stay warm. */
  run(task: Task, events: TaskEvents = {}, preferred?: number): RunningTask {
    if (preferred === undefined && this.#local >= 0 && isSmallTask(task))
      return this.#start(task, events, this.#local, 0)
    let worker = preferred ?? 0
    const load = ({ busy, isStarting }: { busy: number; isStarting?: boolean }) => busy + (isStarting ? 0.5 : 0)
    if (preferred === undefined)
      this.#workers.forEach((other, i) => {
        if (i !== this.#local && load(other) < load(this.#workers[worker])) worker = i
      })
    return this.#start(task, events, worker, 0)
  }

  #start(task: Task, events: TaskEvents, worker: number, leader: number): RunningTask {
    const { id } = task
    const done = new Promise<{ result: TaskResult; progress: WorkerProgress }>((resolve, reject) => {
      this.#entries.set(id, {
        task,
        events,
        worker,
        resolve,
        reject,
        helpers: [],
        ...{ leader, isCancelled: false, hasAnswered: false, startedAt: this.platform.clock.monotonic() },
        ...{ progress: null, helped: new Map() },
      })
    })
    this.#post(this.#entries.get(id)!)
    return {
      done,
      input: (bytes, error) =>
        this.#workers[worker].post({ kind: 'input', id, bytes, error }, bytes ? [bytes.buffer as ArrayBuffer] : []),
      cancel: () => this.#cancel(id),
    }
  }

  #post({ task, worker }: Entry): void {
    this.#workers[worker].busy++
    this.#workers[worker].stay?.()
    this.#workers[worker].post({ kind: 'start', task: this.#knownParts[worker].shorten(task) })
  }

  /** mustEnd: somebody waits for its end, which may cost its worker; else it ends when it looks. */
  #cancel(id: number, mustEnd = true): void {
    const entry = this.#entries.get(id)
    if (!entry || entry.isCancelled) return
    entry.isCancelled = true
    if (entry.task.cancel) Atomics.store(new Int32Array(entry.task.cancel), 0, 1)
    this.#workers[entry.worker].post({ kind: 'cancel', id })
    for (const helper of entry.helpers) this.#cancel(helper, mustEnd)
    if (mustEnd && this.platform.startWorker && entry.worker !== this.#local)
      this.platform.clock.after(cancelMs, () => this.#stop(id))
  }

  /** Ends a cancelled task with its worker, unless others run there. */
  #stop(id: number): void {
    const entry = this.#entries.get(id)
    if (!entry || this.#closing) return
    const beside = [...this.#entries.values()].filter(({ worker }) => worker === entry.worker)
    if (beside.every(other => other.isCancelled || this.#canRestart(other)))
      this.#replace(entry.worker, new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled'))
    else this.platform.clock.after(cancelMs, () => this.#stop(id))
  }

  #canRestart({ task, leader, helpers, isCancelled, hasAnswered, startedAt }: Entry): boolean {
    if (task.kind !== 'select' || leader || helpers.length > 0 || isCancelled || hasAnswered) return false
    return this.platform.clock.monotonic() - startedAt < restartMs
  }

  /** A new worker stands in a worker's place. Tasks start anew there if they can, others fail. */
  #replace(index: number, error: DBError): void {
    const old = this.#workers[index]
    old.stay?.()
    this.#knownParts[index] = new SentParts()
    this.#workers[index] = { ...this.#spawn(index, this.options), busy: 0, isStarting: true }
    const ended = old.terminate()
    for (const [id, entry] of this.#entries) {
      if (entry.worker !== index) continue
      if (this.#canRestart(entry)) {
        this.#post(entry)
        continue
      }
      this.#entries.delete(id)
      this.#toPeer(entry, 0, id => ({ kind: 'sharedError', id, error: wireError(error) }))
      for (const helper of entry.helpers) this.#cancel(helper)
      // What it wrote is looked for when it writes no more; who only reads need not wait for that.
      if (entry.task.kind === 'select') entry.reject(error)
      void ended.then(() => {
        this.abandoned(entry.task)
        entry.reject(error)
      })
    }
  }

  /** Tells every worker. */
  broadcast(message: ToWorker): void {
    if (message.kind === 'forget') for (const known of this.#knownParts) known.forget(message.paths)
    for (const worker of this.#workers) worker.post(message)
  }

  #hear(worker: number, message: FromWorker): void {
    this.#workers[worker].isStarting = false
    if (message.kind === 'done' || message.kind === 'failed') this.#rest(worker, message.progress)
    const entry = this.#entries.get(message.id)
    if (!entry) return
    if (message.kind !== 'progress') entry.hasAnswered = true
    switch (message.kind) {
      case 'head':
        entry.events.head?.(message.format, message.contentType)
        return
      case 'output': {
        const { bytes, id } = message
        const size = bytes.length
        entry.events.output?.(bytes, () => {
          if (this.#entries.has(id)) this.#workers[worker].post({ kind: 'taken', id, bytes: size })
        })
        return
      }
      case 'progress':
        this.#progressed(entry, message.progress)
        return
      case 'wants':
        entry.events.wants?.()
        return
      case 'help':
        this.#help(entry, message.count, message.scalars)
        return
      case 'shared':
        this.#toPeer(
          entry,
          message.to,
          (id, from) => ({ kind: 'shared', id, from, item: message.item }),
          transferOf(message.item),
        )
        return
      case 'sharedTaken':
        this.#toPeer(entry, message.to, (id, from) => ({ kind: 'sharedTaken', id, from, bytes: message.bytes }))
        return
      case 'done':
        this.#end(message.id, entry)
        entry.progress = message.progress
        if (entry.leader) this.#progressed(entry, message.progress)
        if (entry.leader) this.#toPeer(entry, 0, (id, from) => ({ kind: 'shared', id, from, item: null }))
        // What they still do is for nobody: a LIMIT has been reached.
        for (const helper of entry.helpers) this.#cancel(helper, false)
        entry.resolve({ result: message.result, progress: together(entry) })
        return
      case 'failed':
        this.#end(message.id, entry)
        for (const helper of entry.helpers) this.#cancel(helper)
        if (entry.leader) this.#toPeer(entry, 0, id => ({ kind: 'sharedError', id, error: message.error }))
        entry.reject(asError(message.error))
    }
  }

  /** What a query has done is what all its threads have. */
  #progressed(entry: Entry, progress: WorkerProgress): void {
    entry.progress = progress
    const leader = entry.leader ? this.#entries.get(entry.leader) : entry
    if (!leader) return
    if (entry.leader) leader.helped.set(entry.task.id, progress)
    if (leader.progress) leader.events.progress?.(together(leader))
  }

  /** To another thread of the entry's query, if that still runs there. */
  #toPeer(entry: Entry, to: number, message: (id: number, from: number) => ToWorker, transfer?: ArrayBuffer[]): void {
    const leader = entry.leader || entry.task.id
    const id = to === 0 ? leader : this.#entries.get(leader)?.helpers[to - 1]
    const peer = id === undefined ? undefined : this.#entries.get(id)
    if (id === undefined || !peer) return
    const from = entry.task.kind === 'select' ? (entry.task.share?.index ?? 0) : 0
    this.#workers[peer.worker].post(message(id, from), transfer)
  }

  #end(id: number, entry: Entry): void {
    this.#entries.delete(id)
    this.#workers[entry.worker].busy--
  }

  /** When a worker's last task has ended. */
  #rest(index: number, { memorySize, memoryTaken }: WorkerProgress): void {
    const worker = this.#workers[index]
    if (
      !this.platform.startWorker ||
      index === this.#local ||
      worker.busy > 1 ||
      memorySize - memoryTaken <= unusedBytesMax
    )
      return
    worker.stay?.()
    const stay = this.platform.clock.after(idleMs, () => {
      if (worker.busy > 0 || this.#closing) return
      this.platform.log('debug', `Worker ${index} is replaced, as its memory is ${memorySize >> 20} MiB`)
      this.#replace(index, new DBError('ABORTED', 'The worker was replaced'))
    })
    worker.stay = () => {
      stay()
      worker.stay = undefined
    }
  }

  /** Starts helpers on the other workers. */
  #help(entry: Entry, count: number, scalars: readonly ScalarResult[]): void {
    const others = this.#workers.map((_, i) => i).filter(i => i !== entry.worker && i !== this.#local)
    for (let i = 0; i < count; i++) {
      const id = this.nextId()
      entry.helpers.push(id)
      const task: SelectTask = {
        ...(entry.task as SelectTask),
        id,
        threads: 1,
        share: { index: i + 1, count: count + 1, scalars },
      }
      const running = this.#start(task, {}, others[i % Math.max(others.length, 1)] ?? entry.worker, entry.task.id)
      running.done.catch(() => {}) // the leader hears of it and fails itself
    }
  }

  /** A worker that dies takes its tasks with it; a new one stands in its place. */
  #lost(index: number, error: Error | null): void {
    if (this.#closing) return
    this.platform.log('error', `Worker ${index} ended: ${error?.message ?? 'without an error'}`)
    this.#replace(
      index,
      new DBError('ABORTED', `The worker that ran the query ended: ${error?.message ?? 'out of memory'}`),
    )
  }

  async close(): Promise<void> {
    this.#closing = true
    this.broadcast({ kind: 'stop' })
    for (const entry of this.#entries.values()) entry.reject(new DBError('ABORTED', 'The server is stopping'))
    this.#entries.clear()
    await Promise.all(this.#workers.map(worker => worker.terminate()))
  }
}

/** Of a leader with its helpers. How much there is to read each of them knows of the whole. */
function together({ progress, helped }: Entry): WorkerProgress {
  assert(progress !== null, 'a task that has ended has told how far it came')
  const all = [progress, ...helped.values()]
  const sum = (of: (progress: WorkerProgress) => number) => all.reduce((total, one) => total + of(one), 0)
  return {
    ...progress,
    readRows: sum(({ readRows }) => readRows),
    readBytes: sum(({ readBytes }) => readBytes),
    memoryPeak: sum(({ memoryPeak }) => memoryPeak),
  }
}

const wireError = ({ errorName, code, message }: DBError): WireError => ({ name: errorName, code, message })

function asError(error: WireError): DBError {
  const made = new DBError(error.name as 'LOGICAL_ERROR', error.message)
  made.isInResult = error.isInResult ?? false
  return made
}
