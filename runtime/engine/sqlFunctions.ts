// Functions that are SQL: CREATE FUNCTION f AS x -> ..., kept as user_defined/f.sql.
import { DBError } from '../core/errors.ts'
import { decodeText, encodeText } from '../core/text.ts'
import type { CreateFunction } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { isHalfPut } from '../storage/disk.ts'
import { escapeFileName } from '../storage/mergetree/fileName.ts'
import type { GranaryEngine } from './engine.ts'

const directory = 'user_defined'
const pathOf = (name: string) => `${directory}/${escapeFileName(name)}.sql`

export async function createFunction(engine: GranaryEngine, statement: CreateFunction): Promise<void> {
  const { name, body } = statement
  if (body.kind !== 'lambda') throw new DBError('BAD_ARGUMENTS', 'CREATE FUNCTION needs a lambda: (x) -> x + 1')
  if (engine.functions.has(name) && !statement.orReplace) {
    if (statement.ifNotExists) return
    throw new DBError('FUNCTION_ALREADY_EXISTS', `User-defined function '${name}' already exists`)
  }
  const plain: CreateFunction = { ...statement, orReplace: undefined, ifNotExists: undefined, output: undefined }
  const createText = formatAst(plain, { oneLine: true })
  await engine.disk?.put(pathOf(name), encodeText(`${createText}\n`))
  engine.functions.set(name, { lambda: body, createText })
}

/** false where there is no such function. */
export async function dropFunction(engine: GranaryEngine, name: string): Promise<boolean> {
  if (!engine.functions.delete(name)) return false
  await engine.disk?.remove(pathOf(name), { durable: true })
  return true
}

export async function loadFunctions(engine: GranaryEngine): Promise<void> {
  const { disk, platform } = engine
  if (!disk) return
  for (const { name: file, size } of await disk.list(directory)) {
    const path = `${directory}/${file}`
    if (isHalfPut(file)) await disk.remove(path)
    if (!file.endsWith('.sql')) continue
    try {
      const { statement } = parseStatement(decodeText(await disk.read(path, 0, size)))
      if (statement.kind !== 'createFunction' || statement.body.kind !== 'lambda')
        throw new DBError('CORRUPTED_DATA', 'it is no CREATE FUNCTION')
      const createText = formatAst(statement, { oneLine: true })
      engine.functions.set(statement.name, { lambda: statement.body, createText })
    } catch (error) {
      platform.log('error', `Function ${path} is not loaded: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
