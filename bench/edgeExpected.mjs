// ClickHouse's answers for bench/edge.mjs: node bench/edgeExpected.mjs ORACLE HITS.tsv SCHEMA.sql QUERIES.sql OUT.json, where ORACLE is
// a directory with the package chdb.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const [oracle, hits, schema, queries, out] = process.argv.slice(2)
const { Session } = createRequire(path.resolve(oracle, 'package.json'))('chdb')
const session = new Session(`${out}.session`)
const create = fs.readFileSync(schema, 'utf8').replace(/^--.*$/gm, '')
session.query('CREATE DATABASE IF NOT EXISTS d; USE d', 'TSV')
session.query('DROP TABLE IF EXISTS d.hits', 'TSV')
session.query(create.replace('CREATE TABLE hits', 'CREATE TABLE d.hits'), 'TSV')
session.query(`INSERT INTO d.hits SELECT * FROM file('${path.resolve(hits)}', 'TSV')`, 'TSV')
const answers = fs
  .readFileSync(queries, 'utf8')
  .split('\n')
  .filter(line => line && !line.startsWith('--'))
  .map(sql => session.query(sql.replace(/;$/, '').replace(/\bhits\b/, 'd.hits'), 'TSV'))
fs.writeFileSync(out, JSON.stringify(answers))
session.cleanup()
