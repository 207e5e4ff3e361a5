import { download } from '../grid/exporting.ts'
import type { Run } from '../net/run.ts'
import { shapeOf } from '../sql/scan.ts'
import { sizeText } from './amounts.ts'
import { say } from './dialogs.ts'

const extensions: Readonly<Record<string, string>> = { CSVWithNames: 'csv', JSONEachRow: 'jsonl', SQLInsert: 'sql' }

/** Runs a statement once more, all of it, and saves what it answers in a format. */
export async function exportAgain({ server, sql, options }: Run, format: string): Promise<void> {
  const { format: own } = shapeOf(sql)
  const plain = own ? sql.slice(0, own.start) + sql.slice(own.end) : sql
  say(`Running again as ${format}`)
  try {
    const response = await server.ask({ ...options, sql: plain.trimEnd(), defaultFormat: format })
    const blob = await response.blob()
    download(`granary.${extensions[format] ?? format.toLowerCase()}`, blob.type, blob)
    say(`${format}: ${sizeText(blob.size)}`)
  } catch (error) {
    say(`The export failed: ${(error as Error).message}`)
  }
}
