// Lambdas over the keys and values of maps.
import { ArrayColumn } from '../columns/array.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { MapType, type TupleType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import { arrayOf } from './arrayColumns.ts'
import { maskColumn } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { conditionMask } from './logical.ts'

const UInt8 = parseType('UInt8')

/** Lambdas over the keys and values of maps. */
const overMap = (name: 'mapFilter' | 'mapApply' | 'mapExists' | 'mapAll', about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category: 'Maps',
    arguments: [
      { name: 'lambda', lambda: true },
      { name: 'map', accepts: type => type instanceof MapType },
    ],
    nulls: 'literal',
    lowCardinality: 'own',
    foldable: false,
    returns: ([{ lambda }, { type }]) => {
      const { key, value } = type as MapType
      if (!lambda)
        throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `First argument for function ${name} must be a function`)
      const result = lambda.bind([key, value])
      if (name === 'mapFilter') return type
      if (name !== 'mapApply') return UInt8
      const { elements } = result as TupleType
      if (elements?.length !== 2)
        throw new DBError('BAD_ARGUMENTS', 'The lambda of mapApply must give a tuple of a key and a value')
      return new MapType(elements[0], elements[1])
    },
    run: ([, given], { type, rows, arena, arguments: infos }) => {
      const { offsets, elements } = (given as ArrayColumn).compact(arena)
      const { kernels } = arena.memory
      const count = elements.rows
      const rowOf = arena.allocate(count * 4)
      kernels.replicateIndices(offsets, rowOf, rows)
      const results = infos[0].lambda!.evaluate((elements as TupleColumn).columns, rowOf, count, arena).full(arena)
      const starts = arena.memory.u32.slice(offsets / 4, offsets / 4 + rows + 1)
      if (name === 'mapApply') {
        const { element: pair } = (type as MapType).pairs
        const pairs = new TupleColumn(arena.memory, (results as TupleColumn).columns, count, pair as TupleType)
        return new ArrayColumn(offsets, pairs, rows, type)
      }
      const pointer = conditionMask(results, count, arena)
      const mask = arena.memory.u8.slice(pointer, pointer + count)
      if (name !== 'mapFilter') {
        const out = arena.allocate(rows)
        for (let row = 0; row < rows; row++) {
          const own = mask.subarray(starts[row], starts[row + 1])
          arena.memory.u8[out + row] = Number(name === 'mapExists' ? own.includes(1) : !own.includes(0))
        }
        return maskColumn(out, rows, arena)
      }
      const picks: number[] = []
      const outOffsets = [0]
      for (let row = 0; row < rows; row++) {
        for (let at = starts[row]; at < starts[row + 1]; at++) if (mask[at]) picks.push(at)
        outOffsets.push(picks.length)
      }
      return arrayOf(elements, picks, outOffsets, type, arena)
    },
    examples: [example],
  })

export const mapLambdas: readonly FunctionDefinition[] = [
  overMap('mapFilter', 'The pairs for which the lambda is true.', [
    "SELECT mapFilter((k, v) -> v > 1, map('a', 1, 'b', 2))",
    "{'b':2}",
  ]),
  overMap('mapApply', 'The lambda of each pair.', ["SELECT mapApply((k, v) -> (k, v + 1), map('a', 1))", "{'a':2}"]),
  overMap('mapExists', 'Whether the lambda is true for any pair.', [
    "SELECT mapExists((k, v) -> v = 1, map('a', 1))",
    '1',
  ]),
  overMap('mapAll', 'Whether the lambda is true for all pairs.', ["SELECT mapAll((k, v) -> v = 1, map('a', 1))", '1']),
]
