import { NullStorage } from '../catalog/storages.ts'
import type { AnalyzedTable } from '../analyzer/context.ts'
import { DBError } from '../core/errors.ts'
import type { QueryContext } from '../exec/context.ts'
import type { Source } from '../exec/source.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { parseColumnList } from './columnList.ts'

type MakeTable = (columns: readonly { name: string; type: DataType }[], source: Source) => AnalyzedTable

/** How to make the rows of generateRandom() and ENGINE = GenerateRandom: seed, longest string, longest array. */
export function randomSource(args: readonly (Value | undefined)[], seed: () => number): Source {
  const number = (at: number, otherwise: number) => {
    const value = args[at]
    if (value === undefined || value === null) return otherwise
    if (typeof value !== 'bigint' && typeof value !== 'number')
      throw new DBError('BAD_ARGUMENTS', 'Seed and lengths of generateRandom are numbers')
    return Number(value)
  }
  return {
    kind: 'random',
    seed: number(0, seed()) % 2 ** 32,
    stringLengthMax: number(1, 10),
    arrayLengthMax: number(2, 10),
  }
}

/** generateRandom('name Type, ...'[, seed[, longest string[, longest array]]]). */
export function randomTable(args: readonly Value[], context: QueryContext, table: MakeTable): AnalyzedTable {
  const [structure] = args
  if (typeof structure !== 'string' || args.length > 4)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      'Table function generateRandom takes a structure, a seed, and the lengths of strings and arrays',
    )
  const source = randomSource(args.slice(1), () => Math.floor(context.environment.random() * 2 ** 32))
  return table(parseColumnList(structure), source)
}

/** ENGINE = GenerateRandom([seed[, longest string[, longest array]]]). */
export class RandomStorage extends NullStorage {
  readonly #source: Source

  constructor(args: readonly Value[], seed: () => number) {
    super()
    this.#source = randomSource(args, seed)
  }

  override snapshot(): { source: Source; release(): void } {
    return { source: this.#source, release: () => {} }
  }
}
