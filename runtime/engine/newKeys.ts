// What the keys of a new MergeTree table may be; tables that are there already keep theirs.
import type { TableDefinition } from '../catalog/tableDefinition.ts'
import { DBError } from '../core/errors.ts'
import { formatAst } from '../sql/format.ts'
import type { MergeTreeDefinition } from '../storage/mergetree/definition.ts'

export function checkNewKeys(definition: TableDefinition, stored: MergeTreeDefinition): void {
  const { settings, partitionBy } = definition
  const { partitionTypes, sortingKey, mode } = stored
  for (const type of [...partitionTypes, ...sortingKey.map(key => key.type)])
    if (/(^|\()AggregateFunction\(/.test(type))
      throw new DBError('DATA_TYPE_CANNOT_BE_USED_IN_KEY', `Column of type ${type} cannot be in a key`)
  partitionTypes.forEach((type, i) => {
    if (
      /^(Nullable\()?B?Float/.test(type) &&
      !/^(1|true)$/.test(settings.get('allow_floating_point_partition_key') ?? '')
    )
      throw new DBError('BAD_ARGUMENTS', `Floating point partition key is not supported: ${formatAst(partitionBy[i])}`)
  })
  if (mode.kind === 'summing' && mode.columns) {
    const keys = new Set(partitionBy.map(expr => formatAst(expr)))
    const listed = mode.columns.filter(name => keys.has(name))
    if (listed.length > 0)
      throw new DBError(
        'BAD_ARGUMENTS',
        `Columns: ${listed.join(', ')} listed both in columns to sum and in partition key. That is not allowed.`,
      )
  }
  checkSampling(definition, stored)
}

/** The sampling key is an unsigned integer of the primary key: then a sample is a range of it. */
function checkSampling({ create, primaryKey, settings }: TableDefinition, { sortingKey }: MergeTreeDefinition): void {
  const sampleBy = create.storage?.sampleBy
  if (!sampleBy) return
  const text = formatAst(sampleBy)
  if (text === 'tuple()') throw new DBError('INCORRECT_QUERY', 'There are no columns in sampling expression')
  const at = primaryKey.findIndex(expr => formatAst(expr) === text)
  if (at < 0) {
    if (/^(1|true)$/.test(settings.get('compatibility_allow_sampling_expression_not_in_primary_key') ?? '')) return
    throw new DBError('BAD_ARGUMENTS', 'Sampling expression must be present in the primary key')
  }
  const { type } = sortingKey[at]
  if (!/^UInt(8|16|32|64)$/.test(type))
    throw new DBError(
      'ILLEGAL_TYPE_OF_COLUMN_FOR_FILTER',
      `Invalid sampling column type in storage parameters: ${type}. Must be one unsigned integer type`,
    )
}
