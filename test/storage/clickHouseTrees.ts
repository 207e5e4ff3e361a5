// Trees of tables that ClickHouse wrote (test/storage/data), in the layouts of its disks.
import fs from 'node:fs'
import path from 'node:path'
import { escapeFileName } from '../../runtime/storage/mergetree/fileName.ts'

export const fixtures = path.resolve('test/storage/data')

/** The logical tree of a plain_rewritable one: where each of its files lies. */
export function logical(name: string): Map<string, string> {
  const files = new Map<string, string>()
  const root = path.join(fixtures, name)
  const add = (from: string, to: string) => {
    for (const file of fs.readdirSync(from)) files.set(to + file, path.join(from, file))
  }
  if (fs.existsSync(path.join(root, '__root'))) add(path.join(root, '__root'), '')
  for (const meta of fs.readdirSync(path.join(root, '__meta'))) {
    const from = path.join(root, meta)
    if (fs.existsSync(from)) add(from, fs.readFileSync(path.join(root, '__meta', meta, 'prefix.path'), 'utf8'))
  }
  return files
}

/** A table's files as ClickHouse's tool for web servers lays them out below a directory, with the indices. */
export function webTree(files: ReadonlyMap<string, string>, at: string): Map<string, Buffer> {
  const tree = new Map<string, Buffer>()
  const indices = new Map<string, string>()
  const list = (of: string, line: string) => {
    if (!indices.get(of)?.includes(line)) indices.set(of, (indices.get(of) ?? '') + line)
  }
  for (const [name, from] of files) {
    const bytes = fs.readFileSync(from)
    const [part, file] = name.includes('/') ? name.split('/') : ['', name]
    if (part) list(at, `${part}\t1\n`)
    list(part ? `${at}${part}/` : at, `${file}\t0\t${bytes.length}\n`)
    const [stem, extension] = [file.slice(0, file.lastIndexOf('.')), file.slice(file.lastIndexOf('.'))]
    tree.set(`${part ? `${at}${part}/` : at}${escapeFileName(stem)}${extension}`, bytes)
  }
  for (const [of, text] of indices) tree.set(`${of}.index`, Buffer.from(text))
  return tree
}

/** All files of a fixture as they lie there, by their keys. */
export function objectsOf(name: string): Map<string, Uint8Array> {
  const root = path.join(fixtures, name)
  const objects = new Map<string, Uint8Array>()
  for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const file = path.join(entry.parentPath ?? entry.path, entry.name)
      objects.set(path.relative(root, file).replaceAll(path.sep, '/'), new Uint8Array(fs.readFileSync(file)))
    }
  return objects
}
