import { DBError } from '../core/errors.ts'
import type { Statement } from '../sql/statementAst.ts'
import { parseStatement } from '../sql/parser.ts'
import type { GranaryEngine } from './engine.ts'
import { loadFunctions } from './sqlFunctions.ts'
import { internalRun } from './internalRun.ts'

/** Makes every database and table that the metadata names. A table that cannot be made is said, and the others are served. */
export async function loadCatalog(engine: GranaryEngine): Promise<void> {
  const { catalog, platform } = engine
  catalog.databases.set('system', {
    name: 'system',
    engine: 'Atomic',
    comment: '',
    isTransient: true,
    tables: new Map(),
  })
  await loadFunctions(engine)
  const { databases, tables } = await catalog.readMetadata()
  for (const { name, text } of databases) {
    const { statement } = parseStatement(text)
    if (statement.kind !== 'createDatabase')
      throw new DBError('CORRUPTED_DATA', `Metadata of database ${name} is no CREATE DATABASE`)
    catalog.databases.set(name, {
      name,
      engine: statement.storage?.engine?.name ?? 'Atomic',
      comment: statement.comment ?? '',
      isTransient: false,
      tables: new Map(),
    })
  }
  if (!catalog.databases.has('default')) await catalog.createDatabase('default', 'Atomic', '')
  await catalog.removeUnfinished(tables)
  for (const { database, name, text } of tables) {
    try {
      const { statement } = parseStatement(text)
      if (!['createTable', 'createView', 'createDictionary'].includes(statement.kind))
        throw new DBError('CORRUPTED_DATA', `its metadata is no CREATE TABLE`)
      const named = { ...statement, name: { database, table: name }, attach: true } as Statement
      await engine.statements.run(internalRun(engine, database), named)
    } catch (error) {
      platform.log(
        'error',
        `Table ${database}.${name} is not loaded: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
}
