import { DBError } from '../../core/errors.ts'

/** What a part's name says: `<partition id>_<min block>_<max block>_<level>[_<mutation>]`. */
export interface PartName {
  readonly partitionId: string
  readonly minBlock: number
  readonly maxBlock: number
  readonly level: number
  /** Version of the last mutation applied, 0 for none. */
  readonly mutation: number
}

export function printPartName({ partitionId, minBlock, maxBlock, level, mutation }: PartName): string {
  const name = `${partitionId}_${minBlock}_${maxBlock}_${level}`
  return mutation === 0 ? name : `${name}_${mutation}`
}

/** null when the text is no part's name. */
export function tryParsePartName(text: string): PartName | null {
  const match = /^([^_]+)_(-?\d{1,15})_(-?\d{1,15})_(\d{1,10})(?:_(\d{1,15}))?$/.exec(text)
  if (!match) return null
  const [minBlock, maxBlock, level, mutation] = match.slice(2).map(part => Number(part ?? 0))
  if (minBlock > maxBlock) return null
  return { partitionId: match[1], minBlock, maxBlock, level, mutation }
}

/** BAD_DATA_PART_NAME when it is none. */
export function parsePartName(text: string): PartName {
  const name = tryParsePartName(text)
  if (name === null) throw new DBError('BAD_DATA_PART_NAME', `Unexpected part name: ${text}`)
  return name
}

/** Whether `larger` holds all that `smaller` held, so that smaller is outdated where larger is present. */
export function covers(larger: PartName, smaller: PartName): boolean {
  return (
    larger.partitionId === smaller.partitionId &&
    larger.minBlock <= smaller.minBlock &&
    larger.maxBlock >= smaller.maxBlock &&
    larger.level >= smaller.level &&
    larger.mutation >= smaller.mutation
  )
}

/** Order of parts in a table: partition, then blocks. */
export function comparePartNames(a: PartName, b: PartName): number {
  if (a.partitionId !== b.partitionId) return a.partitionId < b.partitionId ? -1 : 1
  return a.minBlock - b.minBlock || a.maxBlock - b.maxBlock || a.level - b.level || a.mutation - b.mutation
}
