import { DBError } from '../core/errors.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'

/** `a UInt8, b Array(String)` as columns. */
export function parseColumnList(text: string): { name: string; type: DataType }[] {
  const type = parseType(`Tuple(${text})`)
  if (!(type instanceof TupleType) || !type.names)
    throw new DBError(
      'SYNTAX_ERROR',
      `Cannot parse the structure ${JSON.stringify(text)}: names and types are expected`,
    )
  const { names } = type
  return type.elements.map((element, i) => ({ name: names[i], type: element }))
}
