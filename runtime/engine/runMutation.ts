// A part rewritten in a worker, by one command of ALTER TABLE after another; the control thread commits what comes of it.
import { concatColumns } from '../columns/build.ts'
import type { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import { Arena } from '../core/memory.ts'
import type { QueryContext } from '../exec/context.ts'
import { execute } from '../exec/execute.ts'
import type { SnapshotColumn } from '../exec/source.ts'
import { namesIn, tableAdapter } from '../exec/tableAdapter.ts'
import { tableKeys } from '../exec/tableKeys.ts'
import type { Expr, Select } from '../sql/ast.ts'
import type { AlterCommand } from '../sql/statementAst.ts'
import { parseExpression, parseStatement } from '../sql/parser.ts'
import type { MergeTarget } from '../storage/mergetree/mergeParts.ts'
import { mutatePart, type PartChange } from '../storage/mergetree/mutatePart.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { PartReader } from '../storage/mergetree/partReader.ts'
import { prepare } from './analysis.ts'
import type { MergeTask, MutateTask, TaskResult } from './messages.ts'
import { ttlCommands } from './ttl.ts'

export async function runMutation(context: QueryContext, task: MutateTask): Promise<TaskResult> {
  const { source } = task.table
  if (source.kind !== 'mergeTree') throw new DBError('LOGICAL_ERROR', 'Only MergeTree tables have parts to mutate')
  const reader = await context.resources.partReader(source.location)
  reader.checkAgain(task.chosen.sources)
  const { definition } = source
  const target: MergeTarget = {
    reader,
    disk: reader.disk,
    codec: reader.codec,
    definition,
    keys: await tableKeys(context, definition, source.partitionKey, source.sortingKey),
    adapter: tableAdapter(context, definition),
    budget: context.budget,
    cancelled: context.isCancelled,
    now: () => context.platform.clock.now(),
  }
  const [original] = task.chosen.sources
  const { temporaryPath } = task.chosen
  const commands = [...task.commands]
  let part = original
  try {
    for (let stage = 0; stage === 0 || commands.length > 0; stage++) {
      const command = commands.shift()
      if (command?.kind === 'materializeTtl') {
        commands.unshift(...ttlCommands(definition, new Set(part.columns.map(({ name }) => name))))
        if (stage > 0) continue
      }
      const change = command ? await new PartMutation(context, task, part).change(command) : {}
      // What is computed from columns that were updated is computed again.
      if (command?.kind === 'update' && change.updates) commands.unshift(...recomputed(command, task.table.columns))
      const path = commands.length > 0 ? `${temporaryPath}_${stage}` : temporaryPath
      const before = part
      part = { ...(await mutatePart(before, path, change, target)), id: path }
      if (before !== original) await discard(reader, before)
    }
  } catch (error) {
    if (part !== original) await discard(reader, part)
    throw error
  }
  reader.forget(part.id)
  return { kind: 'parts', parts: [part] }
}

async function discard(reader: PartReader, part: PartInfo): Promise<void> {
  reader.forget(part.id)
  await reader.disk.remove(part.path)
}

/** A part that a merge wrote, without what has expired in it. It is written anew only if something has. */
export async function withoutExpired(
  context: QueryContext,
  task: MergeTask,
  merged: PartInfo,
  target: MergeTarget,
): Promise<PartInfo> {
  const { reader, definition } = target
  let part: PartInfo = { ...merged, id: merged.path }
  try {
    for (const [stage, command] of ttlCommands(definition, new Set(merged.columns.map(({ name }) => name))).entries()) {
      const change = await new PartMutation(context, task, part).change(command)
      if (!change.gone && !change.updates) continue
      const path = `${task.chosen.temporaryPath}_${stage}`
      const before = part
      part = { ...(await mutatePart(before, path, change, target)), id: path }
      await discard(reader, before)
    }
  } catch (error) {
    await discard(reader, part)
    throw error
  }
  reader.forget(part.id)
  return part
}

/** MATERIALIZED columns that are made from columns which change. */
function recomputed(
  { assignments }: Extract<AlterCommand, { kind: 'update' }>,
  columns: readonly SnapshotColumn[],
): AlterCommand[] {
  const changed = new Set(assignments.map(({ column }) => column))
  const commands: AlterCommand[] = []
  for (let found = true; found; ) {
    found = false
    for (const { name, kind, expression } of columns) {
      if (changed.has(name) || expression === undefined || (kind !== 'MATERIALIZED' && kind !== 'ALIAS')) continue
      if (![...namesIn(parseExpression(expression))].some(used => changed.has(used))) continue
      changed.add(name)
      found = true
      if (kind === 'MATERIALIZED') commands.push({ kind: 'materializeColumn', name })
    }
  }
  return commands
}

const partTable = { database: '_mutation', table: 'part' }

class PartMutation {
  constructor(
    readonly context: QueryContext,
    readonly task: MutateTask | MergeTask,
    readonly part: PartInfo,
  ) {}

  async change(command: AlterCommand): Promise<PartChange> {
    const has = (name: string) => this.part.columns.some(column => column.name === name)
    switch (command.kind) {
      case 'delete':
        return { gone: await this.#rowsOf(command.where), appliesMask: true }
      case 'update':
        return this.#update(command)
      case 'applyDeletedMask':
        return { appliesMask: true }
      case 'dropColumn':
      case 'clearColumn': {
        const { name } = command
        const names = this.part.columns.map(column => column.name)
        return { dropped: new Set(names.filter(one => one === name || one.startsWith(`${name}.`))) }
      }
      case 'renameColumn':
        return has(command.name) ? { renamed: new Map([[command.to, command.name]]) } : {}
      case 'materializeColumn': {
        const { name } = command
        const column = this.task.table.columns.find(column => column.name === name)
        // Values that were given for a DEFAULT column stay.
        return column?.kind === 'MATERIALIZED' || !has(name) ? { made: new Set([name]) } : {}
      }
      default:
        // The part is written in the form that the table has now.
        return {}
    }
  }

  /** SELECT ... over this part only. */
  #query(where: Expr, columns: readonly Expr[] = []): Select {
    const { statement } = parseStatement('SELECT _part_offset FROM t AS t WHERE 1')
    assert(statement.kind === 'select' && statement.from?.kind === 'table', 'the pattern is a SELECT')
    const from = { ...statement.from, name: partTable, alias: this.task.table.name }
    return { ...statement, columns: [...statement.columns, ...columns], from, where }
  }

  async *#run(query: Select): AsyncGenerator<Chunk> {
    const { source } = this.task.table
    assert(source.kind === 'mergeTree', 'parts belong to MergeTree tables')
    const own = {
      ...this.task.table,
      ...{ database: partTable.database, name: partTable.table },
      source: { ...source, parts: [this.part] },
      exactRows: undefined,
    }
    const { plan } = await prepare(this.context, { ...this.task, tables: [...this.task.tables, own] }, query)
    yield* execute(this.context, plan)
  }

  /** Rows for which the condition is true: u8[rows], null for none. */
  async #rowsOf(where: Expr): Promise<Uint8Array | null> {
    const mask = new Uint8Array(this.part.rows)
    let count = 0
    for await (const chunk of this.#run(this.#query(where))) {
      await this.context.breathe()
      for (const offset of offsetsOf(chunk)) mask[offset] = 1
      count += chunk.rows
    }
    return count > 0 ? mask : null
  }

  async #hasRows(where: Expr): Promise<boolean> {
    for await (const chunk of this.#run(this.#query(where))) if (chunk.rows > 0) return true
    return false
  }

  async #update({ assignments, where }: Extract<AlterCommand, { kind: 'update' }>): Promise<PartChange> {
    if (!(await this.#hasRows(where))) return {}
    const { source } = this.task.table
    assert(source.kind === 'mergeTree', 'parts belong to MergeTree tables')
    const updates = new Map(
      assignments.map(({ column, expr }) => {
        const type = source.definition.columns.find(({ name }) => name === column)?.type ?? 'UInt8'
        const { start, end } = expr
        const cast: Expr = {
          kind: 'function',
          name: 'CAST',
          args: [expr, { kind: 'literal', value: type, start, end }],
          start,
          end,
        }
        const query = this.#query(where, [cast])
        return [column, (old: AsyncIterable<Column>) => this.#replaced(old, query)] as const
      }),
    )
    return { updates }
  }

  /** The old values, with those in their place that the query gives for some rows. */
  async *#replaced(old: AsyncIterable<Column>, query: Select): AsyncGenerator<Column> {
    const { memory } = this.context
    const chunks = this.#run(query)
    try {
      let chunk: Chunk | null = null
      let offsets: Uint32Array = new Uint32Array(0)
      let at = 0
      let position = 0
      for await (const piece of old) {
        const end = position + piece.rows
        const arena = new Arena(memory, this.context.budget)
        try {
          let values = piece
          for (;;) {
            if (chunk === null || at === offsets.length) {
              const next: IteratorResult<Chunk> = await chunks.next()
              if (next.done) break
              chunk = next.value
              offsets = offsetsOf(chunk)
              at = 0
            }
            const start = at
            while (at < offsets.length && offsets[at] < end) at++
            if (at === start) break
            const given = chunk.columns[1].full(arena).slice(start, at - start)
            const numbers = Uint32Array.from({ length: piece.rows }, (_, row) => row)
            for (let i = start; i < at; i++) numbers[offsets[i] - position] = piece.rows + i - start
            const indices = arena.allocate(piece.rows * 4)
            memory.u32.set(numbers, indices / 4)
            values = concatColumns([values.full(arena), given], arena).gather(indices, piece.rows, arena)
            if (at < offsets.length) break
          }
          yield values
        } finally {
          arena.destroy()
        }
        position = end
      }
    } finally {
      await chunks.return(undefined)
    }
  }
}

/** _part_offset of a chunk's rows. */
function offsetsOf(chunk: Chunk): Uint32Array {
  const [column] = chunk.columns
  if (!(column instanceof FixedColumn))
    return Uint32Array.from({ length: chunk.rows }, (_, i) => Number(column.valueAt(i)))
  const { u32 } = column.memory
  return Uint32Array.from({ length: chunk.rows }, (_, i) => u32[column.pointer / 4 + i * 2])
}
