// Mutations as files beside a table's parts, so that those not done yet go on after a restart:
//
//   mutation_<version>.txt:  format version: 1
//                            create time: 2026-11-21 00:27:10
//                            commands: (UPDATE s = \'q\' WHERE 1)
import { DBError } from '../../core/errors.ts'

export interface MutationRecord {
  readonly version: number
  readonly createdMs: number
  /** Commands of ALTER TABLE. */
  readonly commands: string
}

export const mutationFile = (version: number): string => `mutation_${version}.txt`

/** The version of a mutation's file, null for other names. */
export function versionOfFile(name: string): number | null {
  const match = /^mutation_(\d+)\.txt$/.exec(name)
  return match ? Number(match[1]) : null
}

const escapes: readonly (readonly [string, string])[] = [
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\0', '\\0'],
  ["'", "\\'"],
]
const escaped = new Map(escapes)
const plain = new Map(escapes.map(([character, code]) => [code, character]))

export function printMutation({ createdMs, commands }: MutationRecord): string {
  const created = new Date(createdMs).toISOString().slice(0, 19).replace('T', ' ')
  const text = commands.replace(/[\\\b\f\n\r\t\0']/g, character => escaped.get(character) ?? character)
  return `format version: 1\ncreate time: ${created}\ncommands: ${text}\n`
}

export function parseMutation(text: string, version: number): MutationRecord {
  const match = /^format version: 1\ncreate time: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\ncommands: (.*)\n/.exec(text)
  if (!match) throw new DBError('CORRUPTED_DATA', `${mutationFile(version)} is not a mutation of format version 1`)
  return {
    version,
    createdMs: Date.parse(`${match[1].replace(' ', 'T')}Z`),
    commands: match[2].replace(/\\(.)/g, (code, character: string) => plain.get(code) ?? character).trim(),
  }
}
