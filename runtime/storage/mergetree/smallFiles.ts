// The text files of a part.
import { DBError } from '../../core/errors.ts'
import { decodeText, encodeText } from '../../core/text.ts'

export interface NamedType {
  readonly name: string
  readonly type: string
}

const columnsTitle = 'columns format version: 1'

export function readColumns(bytes: Uint8Array): NamedType[] {
  const lines = decodeText(bytes).split('\n')
  const count = /^(\d+) columns:$/.exec(lines[1] ?? '')
  if (lines[0] !== columnsTitle || !count) throw new DBError('CORRUPTED_DATA', 'columns.txt is broken at its start')
  const columns = lines.slice(2, 2 + Number(count[1])).map(line => {
    const [name, rest] = readBackquoted(line) ?? []
    if (name === undefined || !rest?.startsWith(' '))
      throw new DBError('CORRUPTED_DATA', `columns.txt has the line ${JSON.stringify(line)}`)
    return { name, type: rest.slice(1) }
  })
  if (columns.length !== Number(count[1]) || lines.length !== columns.length + 3)
    throw new DBError('CORRUPTED_DATA', 'columns.txt has not as many lines as it says')
  return columns
}

export function writeColumns(columns: readonly NamedType[]): Uint8Array {
  const lines = columns.map(({ name, type }) => `${backquote(name)} ${type}\n`)
  return encodeText(`${columnsTitle}\n${columns.length} columns:\n${lines.join('')}`)
}

export const backquote = (name: string): string => `\`${name.replace(/[\\`]/g, '\\$&')}\``

function readBackquoted(line: string): [name: string, rest: string] | null {
  const match = /^`((?:[^`\\]|\\.)*)`/.exec(line)
  return match && [match[1].replace(/\\(.)/g, '$1'), line.slice(match[0].length)]
}

export function readCount(bytes: Uint8Array): number {
  const text = decodeText(bytes)
  if (!/^\d{1,15}\s*$/.test(text)) throw new DBError('CORRUPTED_DATA', `count.txt holds ${JSON.stringify(text)}`)
  return Number(text)
}

export interface ColumnKind {
  readonly kind: string
  /** Of the elements of a tuple. */
  readonly subcolumns?: readonly ColumnKind[]
}

/** What serialization.json says that a reader must know. */
export interface SerializationInfo {
  readonly stringSizes: boolean
  /** NULL is the default of sparse Nullable columns. */
  readonly sparseNullable: boolean
  readonly columns: readonly (ColumnKind & { readonly name: string })[]
}

export function readSerialization(bytes: Uint8Array): SerializationInfo {
  let json: {
    version?: number
    types_serialization_versions?: Record<string, number>
    columns?: (ColumnKind & { name: string })[]
  }
  try {
    json = JSON.parse(decodeText(bytes))
  } catch (error) {
    throw new DBError('CORRUPTED_DATA', 'serialization.json holds no JSON', { cause: error })
  }
  const versions = json.types_serialization_versions ?? {}
  for (const [type, version] of Object.entries(versions))
    if (version > 1 || (type !== 'string' && type !== 'nullable' && version > 0))
      throw new DBError('NOT_IMPLEMENTED', `Version ${version} of the serialization of ${type} is not supported`)
  return {
    stringSizes: versions['string'] === 1,
    sparseNullable: versions['nullable'] === 1,
    columns: json.columns ?? [],
  }
}

/** columns_substreams.txt: for each column of columns.txt, the streams in the order of its marks. */
export function readSubstreams(bytes: Uint8Array): string[][] {
  const lines = decodeText(bytes).split('\n')
  if (lines[0] !== 'columns substreams version: 1')
    throw new DBError('UNKNOWN_FORMAT_VERSION', `columns_substreams.txt starts with ${JSON.stringify(lines[0])}`)
  const all: string[][] = []
  let at = 2
  const columns = Number(/^(\d+) columns:$/.exec(lines[1] ?? '')?.[1] ?? Number.NaN)
  for (let i = 0; i < columns; i++) {
    const count = Number(/^(\d+) substreams for column `/.exec(lines[at] ?? '')?.[1] ?? Number.NaN)
    const streams = lines.slice(at + 1, at + 1 + count)
    if (!(count >= 0) || streams.length !== count || !streams.every(line => line.startsWith('\t')))
      throw new DBError('CORRUPTED_DATA', `columns_substreams.txt is broken at column ${i + 1}`)
    all.push(streams.map(line => line.slice(1)))
    at += 1 + count
  }
  if (!(columns >= 0)) throw new DBError('CORRUPTED_DATA', 'columns_substreams.txt does not count its columns')
  return all
}
