// A table gets another definition. Its metadata is durable before anybody sees it; parts that must not be seen as they are (a column
// of theirs is gone or has another name) are rewritten first and take their places together with it.
import { defineTable, type TableDefinition } from '../catalog/tableDefinition.ts'
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { AlterCommand, CreateTable } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseExpression } from '../sql/parser.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { MergeTask } from '../storage/mergetree/table.ts'
import { ArrayType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { AlteredDefinition } from './alterDefinition.ts'
import { describeTable } from './createTable.ts'
import type { GranaryEngine } from './engine.ts'
import { typeOf } from './keyResolver.ts'
import { type MergeTreeStorage, storedDefinition } from './mergeTreeStorage.ts'
import type { QueryRun } from './queryRun.ts'
import { checkTtl } from './ttl.ts'

/** The definition that a changed CREATE statement makes; what cannot be is refused. */
export async function definitionOf(engine: GranaryEngine, create: CreateTable): Promise<TableDefinition> {
  const definition = await defineTable(create, null, 'MergeTree', (expr, columns) => typeOf(engine, expr, columns))
  for (const { expression, kind } of definition.columns)
    if (expression !== undefined && kind !== 'EPHEMERAL')
      await typeOf(engine, parseExpression(expression), definition.columns)
  for (const { expr } of definition.create.constraints ?? []) await typeOf(engine, expr, definition.columns)
  for (const { expr } of definition.create.indices ?? []) await typeOf(engine, expr, definition.columns)
  return definition
}

/** ALTER of what a MergeTree table is. Gives the version of the mutation that its parts need still, if they do. */
export async function redefineMergeTree(
  run: QueryRun,
  table: Table,
  storage: MergeTreeStorage,
  altered: AlteredDefinition,
): Promise<number | null> {
  const { engine } = run
  const { catalog } = engine
  const definition = await definitionOf(engine, altered.create)
  const stored = await storedDefinition(engine, definition)
  await checkTtl(engine, definition, stored)
  const virtualColumns = table.columns.filter(column => column.virtual)
  const next: Table = {
    ...describeTable(engine, definition, table.database, table.name, { storage, virtualColumns }),
    uuid: table.uuid,
  }
  const write = async () => {
    if (!table.isTemporary) await catalog.write(next)
  }
  const show = () => {
    storage.define(definition, stored)
    if (table.isTemporary) run.session?.temporaryTables.set(table.name, next)
    else catalog.show(next)
  }
  const commands = commandsText(altered.commands)
  if (altered.dropped.length === 0 && altered.renamed.length === 0) {
    await write()
    show()
    const isWritten = altered.retyped.some(name => !isMetadataOnly(storedType(table, name), storedType(next, name)))
    return isWritten ? (await storage.mutator.add(commands)).version : null
  }
  const openWrites = await storage.gate.close()
  const resumeMerges = await storage.merger.hold()
  try {
    await storage.mutator.settled()
    storage.mutator.isHeld = true
    const { version } = await storage.table.addMutation(commands)
    const rewrites: { task: MergeTask; part: PartInfo }[] = []
    try {
      for (const part of storage.table.partsBefore(version)) {
        const task = storage.table.rewriteTask(part, version)
        if (!task) throw new DBError('LOGICAL_ERROR', `Part ${part.name} is being merged`)
        const written = await storage.mutator.rewrite(task, altered.commands, {
          columns: next.columns,
          definition: stored,
        })
        rewrites.push({ task, part: written })
      }
      await storage.table.commitRewrites(rewrites, write, show)
    } catch (error) {
      // What the disk refuses it may still have done: until what it has is what is seen here, nobody may write. As long as parts are to
      // be moved back, a start would move them on, which is right with the new definition only.
      await insist(engine, () => storage.table.takeBack())
      for (const { task } of rewrites) await storage.table.abandonMerge(task).catch(() => {})
      if (!table.isTemporary) await insist(engine, () => catalog.write(table))
      await insist(engine, () => storage.table.removeMutation(version))
      throw error
    }
    return null
  } finally {
    storage.mutator.isHeld = false
    resumeMerges()
    openWrites()
  }
}

/** Until it is done. */
async function insist(engine: GranaryEngine, call: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await call()
      return
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      engine.platform.log('error', `An ALTER that failed cannot be taken back yet (attempt ${attempt}): ${reason}`)
      await new Promise<void>(resolve => engine.platform.clock.after(Math.min(100 * attempt, 5000), resolve))
    }
}

/** As system.mutations shows commands. */
export function commandsText(commands: readonly AlterCommand[]): string {
  const span = { start: 0, end: 0 }
  const text = formatAst({ kind: 'alter', object: 'table', name: { table: 't' }, commands, ...span }, { oneLine: true })
  return text.slice(text.indexOf('('))
}

function storedType(table: Table, name: string): DataType {
  return parseType(table.columns.find(column => column.name === name)?.type ?? 'UInt8')
}

/** Whether values of both types are the same bytes. */
function isMetadataOnly(from: DataType, to: DataType): boolean {
  if (from.name === to.name) return true
  if (from instanceof ArrayType && to instanceof ArrayType) return isMetadataOnly(from.element, to.element)
  if (from instanceof NullableType && to instanceof NullableType) return isMetadataOnly(from.inner, to.inner)
  const enumOf = (type: DataType) => /^(Enum8|Enum16)\((.*)\)$/s.exec(type.name)
  const [first, second] = [enumOf(from), enumOf(to)]
  const pairs = (text: string) =>
    text.match(/'(?:[^'\\]|\\.)*'\s*=\s*-?\d+/g)?.map(pair => pair.replace(/\s/g, '')) ?? []
  if (first && second) {
    const known = new Set(pairs(second[2]))
    return first[1] === second[1] && pairs(first[2]).every(pair => known.has(pair))
  }
  const same: Record<string, string> = { DateTime: 'UInt32', UInt32: 'DateTime', Date: 'UInt16', UInt16: 'Date' }
  return same[from.kind] === to.kind || to.name === (first && (first[1] === 'Enum8' ? 'Int8' : 'Int16'))
}
