// What tests do to a database between one another.
import type { Session } from './session.ts'

const own = "('system', 'information_schema', 'INFORMATION_SCHEMA')"

/** Empties every table that has rows of its own. */
export async function truncateAll(db: Session): Promise<void> {
  const tables = await db.query<{ database: string; name: string }>(
    `SELECT database, name FROM system.tables WHERE database NOT IN ${own} AND NOT is_temporary
       AND engine NOT LIKE '%View' AND engine NOT IN ('Dictionary', 'Distributed', 'Merge', 'Published', 'Buffer', 'Null')`,
  )
  for (const { database, name } of tables)
    await db.exec('TRUNCATE TABLE {database:Identifier}.{name:Identifier}', { database, name })
}

/** Drops all tables, databases and functions that were made: as if just opened. */
export async function reset(db: Session): Promise<void> {
  await db.exec('USE default')
  const databases = await db.query<{ name: string }>(
    `SELECT name FROM system.databases WHERE name NOT IN ${own} AND name != 'default'`,
  )
  for (const { name } of databases) await db.exec('DROP DATABASE {name:Identifier}', { name })
  const tables = await db.query<{ name: string; engine: string }>(
    "SELECT name, engine FROM system.tables WHERE database = 'default' ORDER BY engine LIKE '%View' DESC",
  )
  for (const { name, engine } of tables)
    await db.exec(`DROP ${engine === 'Dictionary' ? 'DICTIONARY' : 'TABLE'} IF EXISTS {name:Identifier}`, { name })
  const functions = await db.query<{ name: string }>(
    "SELECT name FROM system.functions WHERE origin = 'SQLUserDefined'",
  )
  for (const { name } of functions) await db.exec('DROP FUNCTION {name:Identifier}', { name })
}
