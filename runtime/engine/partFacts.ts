// What system tables tell of a part's partition.
import type { MergeTreeDefinition } from '../storage/mergetree/definition.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import { DateTime64Type } from '../types/date.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'

/** The partition's value as text: a tuple where the key has several elements. */
export function partitionText({ partitionTypes }: MergeTreeDefinition, { partitionValues }: PartInfo): string {
  if (partitionTypes.length === 0) return 'tuple()'
  if (partitionTypes.length === 1) return parseType(partitionTypes[0]).print(partitionValues[0])
  return parseType(`Tuple(${partitionTypes.join(', ')})`).print([...partitionValues])
}

/**
 * The least and the greatest day, then second, of a part: of the one Date that the partition key reads, or else of the one DateTime or
 * DateTime64. The epoch for what it does not read.
 */
export function timesOf({ columns }: MergeTreeDefinition, { bounds }: PartInfo): Value[] {
  const of = (wanted: RegExp) => {
    const found = bounds.flatMap(bound => {
      const type = parseType(columns.find(({ name }) => name === bound.column)?.type ?? 'UInt8')
      return wanted.test(type.kind) ? [{ ...bound, type }] : []
    })
    return found.length === 1 ? found[0] : null
  }
  const date = of(/^Date$/)
  if (date) return [date.min, date.max, 0, 0]
  const time = of(/^DateTime(64)?$/)
  if (!time) return [0, 0, 0, 0]
  const { type } = time
  const seconds = (value: Value): Value =>
    type instanceof DateTime64Type ? Math.max(0, Math.floor(Number(value) / 10 ** type.scale)) : value
  return [0, 0, seconds(time.min), seconds(time.max)]
}
