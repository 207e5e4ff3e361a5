import { DBError } from '../core/errors.ts'
import type { ExternalTable } from '../engine/contract.ts'
import type { Parameter } from './urlParameters.ts'

export interface MultipartForm {
  /** Plain fields, which count as parameters of the URL. */
  readonly fields: Parameter[]
  readonly files: { readonly name: string; readonly data: Uint8Array }[]
}

export function isMultipart(contentType: string | null): boolean {
  return contentType?.toLowerCase().startsWith('multipart/form-data') ?? false
}

export async function readMultipart(contentType: string, body: ReadableStream<Uint8Array>): Promise<MultipartForm> {
  let form: FormData
  try {
    form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
  } catch (error) {
    throw new DBError('BAD_REQUEST_PARAMETER', `Cannot read the request's multipart/form-data: ${String(error)}`, {
      cause: error,
    })
  }
  const fields: Parameter[] = []
  const files: { name: string; data: Uint8Array }[] = []
  for (const [name, value] of form.entries()) {
    if (typeof value === 'string') fields.push([name, value])
    else files.push({ name, data: new Uint8Array(await value.arrayBuffer()) })
  }
  return { fields, files }
}

/** A file named `t` is the table `t`, with columns from t_structure, or _1, _2, … from t_types. */
export function externalTablesOf(form: MultipartForm, parameters: readonly Parameter[]): ExternalTable[] {
  const value = (name: string): string | undefined => parameters.find(([given]) => given === name)?.[1]
  return form.files.map(({ name, data }) => {
    const structure = value(`${name}_structure`)
    const types = value(`${name}_types`)
    if (structure === undefined && types === undefined)
      throw new DBError(
        'BAD_ARGUMENTS',
        `Neither structure nor types have not been provided for external table ${name}. Use fields ${name}_structure or ${name}_types to do so.`,
      )
    return {
      name,
      structure:
        structure ??
        splitTypes(types!)
          .map((type, at) => `_${at + 1} ${type}`)
          .join(', '),
      format: value(`${name}_format`) ?? 'TabSeparated',
      data,
    }
  })
}

/** Commas inside brackets or quotes belong to a type. */
function splitTypes(text: string): string[] {
  const types: string[] = []
  let depth = 0
  let quoted = false
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (quoted) {
      if (character === '\\') i++
      else if (character === "'") quoted = false
    } else if (character === "'") quoted = true
    else if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ',' && depth === 0) {
      types.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  types.push(text.slice(start).trim())
  return types.filter(type => type !== '')
}
