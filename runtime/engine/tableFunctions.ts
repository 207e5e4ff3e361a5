import type { AnalyzedTable } from '../analyzer/context.ts'
import { DBError } from '../core/errors.ts'
import type { QueryContext } from '../exec/context.ts'
import { inputLocation } from '../exec/operators/readFormat.ts'
import { describeRemote, type RemoteTable, readUrl, urlLocation } from '../exec/remote.ts'
import type { Source } from '../exec/source.ts'
import { findInputFormat } from '../formats/registry.ts'
import { formatOptions } from '../formats/settings.ts'
import { parseColumnList } from './columnList.ts'
import { randomTable } from './randomTable.ts'
import { commonType } from '../types/commonType.ts'
import { convertValue, integerTypeName } from '../types/convertValue.ts'
import { ArrayType, MapType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { TimeZone } from '../types/timeZone.ts'
import type { Value } from '../types/value.ts'

/** Tables made by functions in FROM. UNKNOWN_FUNCTION for names that are none. */
export async function tableFunction(
  given: string,
  args: readonly Value[],
  context: QueryContext,
): Promise<AnalyzedTable> {
  const name = given.toLowerCase() === 'values' ? 'values' : given
  const table = (
    columns: readonly { name: string; type: DataType }[],
    source: Source,
    exactRows?: number,
  ): AnalyzedTable => ({
    database: '_table_function',
    name,
    columns,
    source,
    exactRows,
  })
  const integer = (i: number): bigint => {
    const value = args[i]
    if (typeof value === 'bigint') return value
    if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Argument ${i + 1} of table function ${name} must be an integer`)
  }
  const text = (i: number): string => {
    const value = args[i]
    if (typeof value === 'string') return value
    throw new DBError('BAD_ARGUMENTS', `Argument ${i + 1} of table function ${name} must be a string`)
  }
  const count = (low: number, high: number) => {
    if (args.length < low || args.length > high)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Table function '${name}' takes ${low === high ? low : `${low} to ${high}`} arguments, got ${args.length}`,
      )
  }
  const uint64 = parseType('UInt64')
  switch (name) {
    case 'numbers':
    case 'numbers_mt':
    case 'zeros':
    case 'zeros_mt': {
      const zeros = name.startsWith('zeros')
      count(0, zeros ? 1 : 3)
      const [start, length, step] =
        args.length > 1
          ? [integer(0), integer(1), args.length > 2 ? integer(2) : 1n]
          : [0n, args.length ? integer(0) : null, 1n]
      for (const value of [start, length, step])
        if (value !== null && value < 0n)
          throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `The value ${value} is not representable as UInt64`)
      if (step === 0n)
        throw new DBError('BAD_ARGUMENTS', `Table function ${name} requires step to be a positive number`)
      const rows = length === null ? null : (length + step - 1n) / step
      const column = { name: zeros ? 'zero' : 'number', type: zeros ? parseType('UInt8') : uint64 }
      return table(
        [column],
        { kind: 'numbers', start, count: rows, step, ...(zeros ? { zeros: true } : {}) },
        rows === null ? undefined : Number(rows),
      )
    }
    case 'generate_series':
    case 'generateSeries': {
      count(2, 3)
      const step = args.length > 2 ? integer(2) : 1n
      if (step <= 0n) throw new DBError('BAD_ARGUMENTS', `Table function ${name} requires step to be a positive number`)
      const rows = integer(1) < integer(0) ? 0n : (integer(1) - integer(0)) / step + 1n
      return table(
        [{ name: 'generate_series', type: uint64 }],
        { kind: 'numbers', start: integer(0), count: rows, step },
        Number(rows),
      )
    }
    case 'one':
      return table([{ name: 'dummy', type: parseType('UInt8') }], { kind: 'rows', rows: [[0]] }, 1)
    case 'null':
      count(1, 1)
      return table(parseColumnList(text(0)), { kind: 'null' })
    case 'values':
      return valuesTable(args, table)
    case 'file': {
      count(1, 4)
      const path = text(0)
      const format = args.length > 1 && text(1) !== 'auto' ? text(1) : formatOfFile(path)
      const source = { kind: 'format', location: context.resources.location, path: userFile(path), format } as const
      if (args.length > 2 && text(2) !== 'auto') return table(parseColumnList(text(2)), source)
      return table(await inferFile(context, source.path, format), source)
    }
    case 'format': {
      count(2, 3)
      const data = new TextEncoder().encode(text(args.length - 1))
      const format = findInputFormat(text(0))
      const options = formatOptions(context.formatSetting, { zone: TimeZone.get(context.environment.timeZone) })
      const source = { kind: 'format', location: '', path: '', format: text(0), bytes: data } as const
      if (args.length === 3) return table(parseColumnList(text(1)), source)
      if (!format.inferSchema)
        throw new DBError(
          'CANNOT_EXTRACT_TABLE_STRUCTURE',
          `Format ${text(0)} tells no structure: give it as the second argument`,
        )
      return table(format.inferSchema(data, true, options, context.memory), source)
    }
    case 'url': {
      count(1, 4)
      const path = text(0)
      const format = args.length > 1 && text(1) !== 'auto' ? text(1) : formatOfFile(new URL(path).pathname)
      const source = { kind: 'format', location: urlLocation, path, format } as const
      if (args.length > 2 && text(2) !== 'auto') return table(parseColumnList(text(2)), source)
      return table(await inferBytes(context, await readUrl(context.platform, path), format), source)
    }
    case 'input': {
      count(1, 1)
      // CREATE and DESCRIBE ask for the columns only.
      const format = context.input?.format ?? ''
      return table(parseColumnList(text(0)), { kind: 'format', location: inputLocation, path: '', format })
    }
    case '_shard': {
      count(5, 5)
      const remote: RemoteTable = { urls: text(0).split(' '), from: text(1), user: text(2), password: text(3) }
      const source = { kind: 'remote', table: remote } as const
      return table(text(4) ? parseColumnList(text(4)) : await describeRemote(context.platform, remote), source)
    }
    case 'generateRandom':
      return randomTable(args, context, table)
    case 's3':
    case 's3Cluster':
    case 'hdfs':
    case 'mysql':
    case 'postgresql':
    case 'mongodb':
    case 'sqlite':
    case 'odbc':
    case 'jdbc':
    case 'executable':
    case 'loop':
    case 'iceberg':
    case 'deltaLake':
    case 'azureBlobStorage':
    case 'redis':
    case 'urlCluster':
    case 'fileCluster':
    case 'mergeTreeIndex':
    case 'fuzzJSON':
    case 'fuzzQuery':
      throw new DBError('NOT_IMPLEMENTED', `Table function ${name} is not supported`)
    default:
      throw new DBError('UNKNOWN_FUNCTION', `Unknown table function ${name}`)
  }
}

function valuesTable(
  args: readonly Value[],
  table: (columns: readonly { name: string; type: DataType }[], source: Source, rows?: number) => AnalyzedTable,
): AnalyzedTable {
  const [structure, ...rest] = args
  const isStructure = typeof structure === 'string' && rest.length > 0 && /\s/.test(structure.trim())
  const columns = isStructure ? parseColumnList(structure) : guessColumns(args)
  const rows = (isStructure ? rest : args).map((row): Value[] => {
    const isCell = columns.length === 1 && (!Array.isArray(row) || isCompound(columns[0].type))
    if (!isCell && !Array.isArray(row))
      throw new DBError(
        'BAD_ARGUMENTS',
        'Table function VALUES requires all but the first argument (rows specification) to be either tuples or single values',
      )
    if (!isCell && (row as Value[]).length !== columns.length)
      throw new DBError('BAD_ARGUMENTS', 'Values table function requires all rows to have as many values as columns')
    const cells = isCell ? [row] : (row as Value[])
    return columns.map(({ type }, i) => convertLiteral(cells[i], type))
  })
  return table(columns, { kind: 'rows', rows }, rows.length)
}

const isCompound = (type: DataType): boolean =>
  type instanceof ArrayType || type instanceof TupleType || type instanceof MapType

/** A literal as a value of the type; arrays and tuples element by element. */
function convertLiteral(value: Value, type: DataType): Value {
  if (Array.isArray(value)) {
    if (type instanceof ArrayType) return value.map(element => convertLiteral(element, type.element))
    if (type instanceof MapType) return value.map(pair => convertLiteral(pair, type.pairs.element))
    if (type instanceof TupleType && type.elements.length === value.length)
      return value.map((element, i) => convertLiteral(element, type.elements[i]))
  } else if (value !== undefined) {
    const converted = convertValue(value, literalType(value), type)
    if (converted !== undefined) return converted
  }
  throw new DBError('TYPE_MISMATCH', `Cannot convert ${String(value)} to ${type.name}`)
}

/** c1, c2, ... of the types that hold all rows. */
function guessColumns(rows: readonly Value[]): { name: string; type: DataType }[] {
  const width = Array.isArray(rows[0]) ? rows[0].length : 1
  return Array.from({ length: width }, (_, i) => {
    const cells = rows.map(row => (Array.isArray(row) ? row[i] : row))
    if (cells.some(cell => cell === undefined))
      throw new DBError('BAD_ARGUMENTS', 'Rows of table function values have different numbers of columns')
    return { name: `c${i + 1}`, type: commonType(cells.map(literalType)) }
  })
}

function literalType(value: Value): DataType {
  if (value === null) return parseType('Nullable(Nothing)')
  if (typeof value === 'string') return parseType('String')
  if (typeof value === 'bigint') return parseType(integerTypeName(value))
  if (typeof value === 'number')
    return parseType(Number.isSafeInteger(value) ? integerTypeName(BigInt(value)) : 'Float64')
  return parseType('Array(Nothing)')
}

const formatsByEnding: Record<string, string> = {
  tsv: 'TabSeparatedWithNames',
  csv: 'CSVWithNames',
  json: 'JSON',
  jsonl: 'JSONEachRow',
  ndjson: 'JSONEachRow',
  parquet: 'Parquet',
  native: 'Native',
  bin: 'RowBinary',
  txt: 'TabSeparated',
  sql: 'Values',
  xml: 'XML',
}

export function formatOfFile(path: string): string {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1].toLowerCase() ?? ''
  const format = formatsByEnding[ending]
  if (!format) throw new DBError('BAD_ARGUMENTS', `Cannot tell the format of ${path} by its name: state it`)
  return format
}

async function inferFile(
  context: QueryContext,
  path: string,
  formatName: string,
): Promise<readonly { name: string; type: DataType }[]> {
  const format = findInputFormat(formatName)
  const options = formatOptions(context.formatSetting, { zone: TimeZone.get(context.environment.timeZone) })
  const disk = await context.platform.openDisk(context.resources.location)
  const size = await disk.size(path)
  if (size === null) throw new DBError('FILE_DOESNT_EXIST', `File ${path} doesn't exist`)
  if (format.randomAccess)
    return format.randomAccess.inferSchema({ size, read: (start, end) => disk.read(path, start, end) }, options)
  if (!format.inferSchema)
    throw new DBError('CANNOT_EXTRACT_TABLE_STRUCTURE', `Format ${formatName} tells no structure: give it`)
  const most = 32 << 20
  return format.inferSchema(await disk.read(path, 0, Math.min(size, most)), size <= most, options, context.memory)
}

async function inferBytes(
  context: QueryContext,
  bytes: Uint8Array,
  formatName: string,
): Promise<readonly { name: string; type: DataType }[]> {
  const format = findInputFormat(formatName)
  const options = formatOptions(context.formatSetting, { zone: TimeZone.get(context.environment.timeZone) })
  if (format.randomAccess) {
    const read = async (start: number, end: number) => bytes.subarray(start, end)
    return format.randomAccess.inferSchema({ size: bytes.length, read }, options)
  }
  if (!format.inferSchema)
    throw new DBError('CANNOT_EXTRACT_TABLE_STRUCTURE', `Format ${formatName} tells no structure: give it`)
  return format.inferSchema(bytes, true, options, context.memory)
}

/** A path that users give, in the directory for their files. */
export function userFile(path: string): string {
  const inside = path.replace(/^\.\//, '')
  if (
    inside === '' ||
    inside.startsWith('/') ||
    inside.split('/').some(part => part === '' || part === '.' || part === '..')
  )
    throw new DBError('DATABASE_ACCESS_DENIED', `File \`${path}\` is not inside user_files`)
  return `user_files/${inside}`
}
