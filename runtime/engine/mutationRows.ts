import { formatAst } from '../sql/format.ts'
import type { GranaryEngine } from './engine.ts'
import { MergeTreeStorage } from './mergeTreeStorage.ts'
import { type MutationFailure, parseCommands } from './mutator.ts'

/** A command of a mutation, as system.mutations has it. */
export interface MutationRow {
  readonly database: string
  readonly table: string
  readonly mutation_id: string
  readonly command: string
  readonly create_time: number
  readonly version: number
  /** Names of parts that it is being done on, and of those that it is still to be done on. */
  readonly running: readonly string[]
  readonly left: readonly string[]
  readonly is_done: 0 | 1
  readonly failure: MutationFailure | undefined
  kill(): Promise<void>
}

export function* mutationRows(engine: GranaryEngine): Generator<MutationRow> {
  for (const { name: database, tables } of engine.catalog.databases.values())
    for (const { name, storage } of tables.values()) {
      if (!(storage instanceof MergeTreeStorage)) continue
      const { mutator, table } = storage
      for (const { version, commands, createdMs } of table.mutations()) {
        const left = table.partsBefore(version).map(part => part.name)
        const span = { start: 0, end: 0 }
        for (const command of parseCommands(commands)) {
          const statement = {
            kind: 'alter',
            object: 'table',
            name: { table: 't' },
            commands: [command],
            ...span,
          } as const
          const text = formatAst(statement, { oneLine: true })
          yield {
            database,
            table: name,
            mutation_id: `mutation_${version}.txt`,
            command: text.slice(text.indexOf('(')),
            create_time: Math.floor(createdMs / 1000),
            version,
            running: mutator.running?.version === version ? [mutator.running.part.name] : [],
            left,
            is_done: left.length === 0 ? 1 : 0,
            failure: mutator.failures.get(version),
            kill: () => mutator.kill(version),
          }
        }
      }
    }
}
