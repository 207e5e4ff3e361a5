// In place of node:fs: files beside the tests are modules of the Worker, which workerd shows as files.
import fs from 'node:fs'

export const { readFileSync, existsSync, mkdtempSync, rmSync } = fs

/** workerd gives names as from the root where Node gives them as from the directory. */
export const readdirSync = (path: string, options: object): string[] =>
  (fs.readdirSync(path, options) as unknown as string[]).map(name => name.slice(name.indexOf(path) + path.length + 1))

export default { ...fs, readdirSync }
