// Table functions that only the catalog can answer, as merge() and dictionary(): the control thread makes tables of their calls.
import type { FunctionCall } from '../sql/ast.ts'
import { formatAst } from '../sql/format.ts'

/** The database of those tables. */
export const functionDatabase = '_table_function'

/** Their names: the call's text. */
export const functionKey = (call: FunctionCall): string => formatAst({ ...call, alias: undefined }, { oneLine: true })
