import { unreachable } from '../core/assert.ts'
import type { Output, StatementBase, TableName } from './ast.ts'
import type {
  AlterTable,
  Attach,
  CreateDictionary,
  CreateTable,
  CreateView,
  DictionaryCall,
  DictionaryPair,
  Drop,
  Insert,
  Like,
  Node,
  Rename,
  Show,
  Statement,
  Truncate,
} from './statementAst.ts'
import { formatAlterCommand, formatPartition, formatRefresh, formatSecurity } from './formatAlter.ts'
import { formatAssignments, formatColumn, formatElements, formatIndex, formatStorage } from './formatDefinition.ts'
import {
  breakLine,
  formatCall,
  formatExpr,
  formatIdentifier,
  formatList,
  formatSettings,
  type Style,
} from './formatExpr.ts'
import { formatQueryText, formatTableName, formatTables } from './formatSelect.ts'
import { quoteName, quoteNameAlways, quoteString } from './literals.ts'

type Declaration = Extract<Node, { kind: 'column' | 'index' }>

export function formatStatement(node: Statement | Declaration, style: Style): string {
  if (node.kind === 'column') return formatColumn(node, style)
  if (node.kind === 'index') return formatIndex(node, style)
  return `${formatPlain(node, style)}${formatOutput(node.output, style)}`
}

function formatOutput(output: Output | undefined, style: Style): string {
  if (!output) return ''
  const { intoOutfile, format, settings } = output
  const line = breakLine(style, 0)
  let text = ''
  if (intoOutfile) {
    text += `${line}INTO OUTFILE ${formatExpr(intoOutfile.path, style, 0)}`
    if (intoOutfile.append) text += ' APPEND'
    if (intoOutfile.truncate) text += ' TRUNCATE'
    if (intoOutfile.andStdout) text += ' AND STDOUT'
    if (intoOutfile.compression) text += ` COMPRESSION ${formatExpr(intoOutfile.compression, style, 0)}`
    if (intoOutfile.level) text += ` LEVEL ${formatExpr(intoOutfile.level, style, 0)}`
  }
  if (format !== undefined) text += `${line}FORMAT ${formatName(format)}`
  if (settings) text += `${line}SETTINGS ${formatSettings(settings, style)}`
  return text
}

/** VALUES is the one keyword that is no keyword here. */
function formatName(name: string): string {
  return name.toUpperCase() === 'VALUES' ? name : quoteName(name)
}

function onCluster(cluster: string | undefined): string {
  return cluster === undefined ? '' : ` ON CLUSTER ${formatIdentifier({ parts: [cluster] })}`
}

function uuidText(uuid: string | undefined): string {
  return uuid === undefined ? '' : ` UUID ${quoteString(uuid)}`
}

const words = (...parts: (string | false | undefined)[]) => parts.filter(part => part).join(' ')

function formatPlain(node: Exclude<Statement, StatementBase & { kind: 'column' }>, style: Style): string {
  const line = breakLine(style, 0)
  switch (node.kind) {
    case 'select':
    case 'setOperation':
      return formatQueryText(node, style, 0)
    case 'insert':
      return formatInsert(node, style)
    case 'createTable':
      return formatCreateTable(node, style)
    case 'createView':
      return formatCreateView(node, style)
    case 'createDictionary':
      return formatDictionary(node, style)
    case 'createDatabase': {
      const name = formatIdentifier({ parts: [node.name] })
      const head = words(createVerb(node), 'DATABASE', node.ifNotExists && 'IF NOT EXISTS', name)
      const comment = node.comment === undefined ? '' : `${line}COMMENT ${quoteString(node.comment)}`
      return `${head}${uuidText(node.uuid)}${onCluster(node.onCluster)}${formatStorage(node.storage, style)}${comment}`
    }
    case 'createFunction': {
      const head = words(createVerb(node), 'FUNCTION', node.ifNotExists && 'IF NOT EXISTS', quoteName(node.name))
      return `${head}${onCluster(node.onCluster)} AS ${formatExpr(node.body, style, 0)}`
    }
    case 'attach':
      return formatAttach(node)
    case 'drop':
    case 'detach':
      return formatDrop(node)
    case 'undrop':
      return `UNDROP TABLE ${formatTableName(node.name)}${uuidText(node.uuid)}${onCluster(node.onCluster)}`
    case 'truncate':
      return formatTruncate(node)
    case 'rename':
      return formatRename(node)
    case 'alter':
      return formatAlter(node, style)
    case 'delete': {
      const partition = node.partition ? ` IN ${formatPartition(node.partition, style)}` : ''
      const settings = node.settings ? ` SETTINGS ${formatSettings(node.settings, style)}` : ''
      const head = `DELETE FROM ${formatTableName(node.name)}${onCluster(node.onCluster)}${partition}`
      return `${head} WHERE ${formatExpr(node.where, style, 0)}${settings}`
    }
    case 'update': {
      const partition = node.partition ? ` IN ${formatPartition(node.partition, style)}` : ''
      const settings = node.settings ? ` SETTINGS ${formatSettings(node.settings, style)}` : ''
      const head = `UPDATE ${formatTableName(node.name)}${onCluster(node.onCluster)}`
      const set = formatAssignments(node.assignments, style)
      return `${head} SET ${set}${partition} WHERE ${formatExpr(node.where, style, 0)}${settings}`
    }
    case 'optimize': {
      const head = words('OPTIMIZE', node.temporary && 'TEMPORARY', 'TABLE', formatTableName(node.name))
      const by = node.deduplicateBy && `BY ${formatList(node.deduplicateBy, style, 0)}`
      return words(
        `${head}${onCluster(node.onCluster)}`,
        node.partition && formatPartition(node.partition, style),
        node.final && 'FINAL',
        node.deduplicate && 'DEDUPLICATE',
        by,
        node.cleanup && 'CLEANUP',
      )
    }
    case 'check': {
      if (!node.name) return 'CHECK ALL TABLES'
      return words('CHECK TABLE', formatTableName(node.name), node.partition && formatPartition(node.partition, style))
    }
    case 'use':
      return `USE ${formatIdentifier({ parts: [node.database] })}`
    case 'set':
      return `SET ${formatSettings(node.settings, style)}`
    case 'show':
      return formatShow(node, style)
    case 'describe': {
      const settings = node.settings ? `${line}SETTINGS ${formatSettings(node.settings, style)}` : ''
      return `DESCRIBE TABLE${formatTables(node.table, style, 0)}${settings}`
    }
    case 'exists':
      return words('EXISTS', node.temporary && 'TEMPORARY', node.object.toUpperCase(), formatTableName(node.name))
    case 'explain': {
      const settings = node.settings && formatSettings(node.settings, style)
      const head = words('EXPLAIN', node.type !== 'PLAN' && node.type, settings)
      return node.statement ? `${head}${line}${formatStatement(node.statement, style)}` : head
    }
    case 'kill': {
      const what = {
        query: 'QUERY',
        mutation: 'MUTATION',
        partMoveToShard: 'PART_MOVE_TO_SHARD',
        transaction: 'TRANSACTION',
      }
      const where = node.where ? ` WHERE ${formatExpr(node.where, style, 0)}` : ''
      return `KILL ${what[node.what]}${onCluster(node.onCluster)}${where} ${node.mode.toUpperCase()}`
    }
    case 'system': {
      const name = node.name ? ` ${formatTableName(node.name)}` : ''
      return `SYSTEM ${node.command}${onCluster(node.onCluster)}${name}${node.rest === undefined ? '' : ` ${node.rest}`}`
    }
    case 'transaction': {
      if (node.action === 'setSnapshot') return `SET TRANSACTION SNAPSHOT ${node.snapshot}`
      return { begin: 'BEGIN TRANSACTION', commit: 'COMMIT', rollback: 'ROLLBACK' }[node.action]
    }
    case 'backup':
    case 'access':
      return node.text
    case 'parallelWith':
      return node.statements.map(statement => formatStatement(statement, style)).join(`${line}PARALLEL WITH${line}`)
    default:
      return unreachable(node)
  }
}

// ------------------------------------------------------------------------------------------------------------ INSERT

function formatInsert(insert: Insert, style: Style): string {
  const line = breakLine(style, 0)
  const { table, tableFunction, columns, source } = insert
  let text = 'INSERT INTO '
  if (tableFunction) text += `FUNCTION ${formatCall(tableFunction, style, 0)}`
  else if (table) text += formatTableName(table)
  if (insert.partitionBy) text += ` PARTITION BY ${formatExpr(insert.partitionBy, style, 0)}`
  if (columns) text += ` (${formatList(columns, style, 0)})`
  const settings = insert.settings ? `SETTINGS ${formatSettings(insert.settings, style)}` : ''
  if (source.kind === 'file') {
    text += ` FROM INFILE ${formatExpr(source.path, style, 0)}`
    if (source.compression) text += ` COMPRESSION ${formatExpr(source.compression, style, 0)}`
  }
  const gap = settings ? line : ' '
  if (settings) text += `${line}${settings}`
  if (source.kind === 'query') return `${text}${gap}${formatQueryText(source.query, style, 0)}`
  return source.format === undefined ? text : `${text}${gap}FORMAT ${formatName(source.format)}`
}

// ------------------------------------------------------------------------------------------------------------ CREATE

function createVerb(node: { attach?: true; orReplace?: true; replace?: true }): string {
  if (node.attach) return 'ATTACH'
  if (node.replace) return 'REPLACE'
  return node.orReplace ? 'CREATE OR REPLACE' : 'CREATE'
}

function formatCreateTable(node: CreateTable, style: Style): string {
  const line = breakLine(style, 0)
  const temporary = node.temporary && 'TEMPORARY'
  let text = words(
    createVerb(node),
    temporary,
    'TABLE',
    node.ifNotExists && 'IF NOT EXISTS',
    formatTableName(node.name),
  )
  text += uuidText(node.uuid)
  if (node.attachFrom !== undefined) text += ` FROM ${quoteString(node.attachFrom)}`
  text += onCluster(node.onCluster)
  if (node.attachAsReplicated !== undefined) text += node.attachAsReplicated ? ' AS REPLICATED' : ' AS NOT REPLICATED'
  text += formatElements(node, style)
  if (node.asTable) text += `${node.clone ? ' CLONE' : ''} AS ${formatTableName(node.asTable)}`
  if (node.asFunction) text += ` AS ${formatCall(node.asFunction, style, 0)}`
  text += formatStorage(node.storage, style)
  if (node.empty) text += ' EMPTY'
  if (node.comment !== undefined && node.asQuery) text += `${line}COMMENT ${quoteString(node.comment)}`
  if (node.asQuery) text += `${line}AS ${formatQueryText(node.asQuery, style, 0)}`
  else if (node.comment !== undefined) text += `${line}COMMENT ${quoteString(node.comment)}`
  return text
}

function formatCreateView(node: CreateView, style: Style): string {
  const line = breakLine(style, 0)
  const kind = node.type === 'materialized' ? 'MATERIALIZED VIEW' : 'VIEW'
  const temporary = node.temporary && 'TEMPORARY'
  let text = words(createVerb(node), temporary, kind, node.ifNotExists && 'IF NOT EXISTS', formatTableName(node.name))
  text += `${uuidText(node.uuid)}${onCluster(node.onCluster)}`
  if (node.toUuid !== undefined) text += ` TO INNER UUID ${quoteString(node.toUuid)}`
  if (node.refresh) text += `${line}${formatRefresh(node.refresh, style)}`
  if (node.to) text += ` TO ${formatTableName(node.to)}`
  text += formatElements(node, style)
  if (node.definer !== undefined || node.sqlSecurity) text += `${line}${formatSecurity(node)}`
  text += formatStorage(node.storage, style)
  if (node.populate) text += ' POPULATE'
  if (node.empty) text += ' EMPTY'
  if (node.comment !== undefined) text += `${line}COMMENT ${quoteString(node.comment)}`
  return `${text}${line}AS ${formatQueryText(node.query, style, 0)}`
}

function formatAttach(node: Attach): string {
  const object = node.object.toUpperCase()
  const head = words('ATTACH', object, node.ifNotExists && 'IF NOT EXISTS', formatTableName(node.name))
  const replicated =
    node.attachAsReplicated === undefined ? '' : ` AS ${node.attachAsReplicated ? '' : 'NOT '}REPLICATED`
  return `${head}${uuidText(node.uuid)}${onCluster(node.onCluster)}${replicated}`
}

function formatDictionary(node: CreateDictionary, style: Style): string {
  const line = breakLine(style, 0)
  const head = words(createVerb(node), 'DICTIONARY', node.ifNotExists && 'IF NOT EXISTS', formatTableName(node.name))
  let text = `${head}${uuidText(node.uuid)}${onCluster(node.onCluster)}`
  if (node.attributes) {
    const items = node.attributes.map(attribute => {
      let item = `${quoteNameAlways(attribute.name)} ${attribute.type.text}`
      if (attribute.default) item += ` DEFAULT ${formatExpr(attribute.default, style, 0)}`
      if (attribute.expression) item += ` EXPRESSION ${formatExpr(attribute.expression, style, 0)}`
      if (attribute.hierarchical) item += ' HIERARCHICAL'
      if (attribute.bidirectional) item += ' BIDIRECTIONAL'
      if (attribute.injective) item += ' INJECTIVE'
      if (attribute.isObjectId) item += ' IS_OBJECT_ID'
      return item
    })
    text += style.oneLine ? ` (${items.join(', ')})` : `\n(\n    ${items.join(',\n    ')}\n)`
  }
  if (node.primaryKey) text += `${line}PRIMARY KEY ${formatList(node.primaryKey, style, 0)}`
  if (node.source) text += `${line}SOURCE(${formatDictionaryCall(node.source, style)})`
  if (node.lifetime) text += `${line}LIFETIME(MIN ${node.lifetime.min} MAX ${node.lifetime.max})`
  if (node.layout) text += `${line}LAYOUT(${formatDictionaryCall(node.layout, style)})`
  if (node.range) text += `${line}RANGE(MIN ${quoteName(node.range.min)} MAX ${quoteName(node.range.max)})`
  if (node.settings) text += `${line}SETTINGS(${formatSettings(node.settings, style)})`
  if (node.comment !== undefined) text += `${line}COMMENT ${quoteString(node.comment)}`
  return text
}

function formatDictionaryCall({ name, pairs }: DictionaryCall, style: Style): string {
  return `${name}(${formatPairs(pairs, style)})`
}

function formatPairs(pairs: readonly DictionaryPair[], style: Style): string {
  return pairs
    .map(({ key, value }) => {
      const isList = Array.isArray as (value: unknown) => value is readonly DictionaryPair[]
      return `${key} ${isList(value) ? `(${formatPairs(value, style)})` : formatExpr(value, style, 0)}`
    })
    .join(' ')
}

// ------------------------------------------------------------------------------------------------------------- others

function formatNames(names: readonly TableName[]): string {
  return names.map(formatTableName).join(', ')
}

function formatDrop(node: Drop): string {
  const head = words(
    node.kind.toUpperCase(),
    node.temporary && 'TEMPORARY',
    node.object.toUpperCase(),
    node.ifExists && 'IF EXISTS',
    node.ifEmpty && 'IF EMPTY',
    formatNames(node.names),
  )
  return words(`${head}${onCluster(node.onCluster)}`, node.permanently && 'PERMANENTLY', node.sync && 'SYNC')
}

function formatTruncate(node: Truncate): string {
  if (node.object === 'allTables') {
    const head = words(node.like ? 'TRUNCATE TABLES FROM' : 'TRUNCATE ALL TABLES FROM', node.ifExists && 'IF EXISTS')
    return `${head} ${formatTableName(node.name)}${formatLike(node.like)}${onCluster(node.onCluster)}`
  }
  const head = words(
    'TRUNCATE',
    node.temporary && 'TEMPORARY',
    node.object.toUpperCase(),
    node.ifExists && 'IF EXISTS',
    node.ifEmpty && 'IF EMPTY',
    formatTableName(node.name),
  )
  return words(`${head}${onCluster(node.onCluster)}`, node.sync && 'SYNC')
}

function formatRename(node: Rename): string {
  const plural = { table: 'TABLES', dictionary: 'DICTIONARIES', database: 'DATABASES' }
  const object = node.exchange ? plural[node.object] : node.object.toUpperCase()
  const between = node.exchange ? 'AND' : 'TO'
  const pairs = node.pairs.map(({ from, to }) => `${formatTableName(from)} ${between} ${formatTableName(to)}`)
  const head = words(node.exchange ? 'EXCHANGE' : 'RENAME', object, node.ifExists && 'IF EXISTS', pairs.join(', '))
  return `${head}${onCluster(node.onCluster)}`
}

function formatAlter(node: AlterTable, style: Style): string {
  const object = words('ALTER', node.temporary && 'TEMPORARY', node.object.toUpperCase(), formatTableName(node.name))
  const line = breakLine(style, 1)
  const commands = node.commands.map(command => `(${formatAlterCommand(command, style)})`)
  return `${object}${onCluster(node.onCluster)}${line}${commands.join(`,${line}`)}`
}

function formatLike(like: Like | undefined): string {
  if (!like) return ''
  return ` ${like.not ? 'NOT ' : ''}${like.caseInsensitive ? 'ILIKE' : 'LIKE'} ${quoteString(like.pattern)}`
}

function formatShow(node: Show, style: Style): string {
  const filter = () => {
    const where = node.where ? ` WHERE ${formatExpr(node.where, style, 0)}` : ''
    const limit = node.limit ? ` LIMIT ${formatExpr(node.limit, style, 0)}` : ''
    return `${formatLike(node.like)}${where}${limit}`
  }
  switch (node.what) {
    case 'access':
      return `SHOW ${node.text}`
    case 'create': {
      const object = node.object?.toUpperCase()
      return words('SHOW CREATE', node.temporary && 'TEMPORARY', object, formatTableName(node.name!))
    }
    case 'setting':
    case 'cluster':
      return `SHOW ${node.what.toUpperCase()} ${formatTableName(node.name!)}`
    case 'columns':
    case 'indexes': {
      const { database, table } = node.name!
      const from = database === undefined ? '' : ` FROM ${formatIdentifier({ parts: [database] })}`
      const what = node.what.toUpperCase()
      const head = words(
        'SHOW',
        node.extended && 'EXTENDED',
        node.full && 'FULL',
        what,
        'FROM',
        formatTableName({ table }),
      )
      return `${head}${from}${filter()}`
    }
    default: {
      const what = node.what.toUpperCase()
      const modifiers = words(
        'SHOW',
        node.changed && 'CHANGED',
        node.full && 'FULL',
        node.temporary && 'TEMPORARY',
        what,
      )
      const from = node.from === undefined ? '' : ` FROM ${formatIdentifier({ parts: [node.from] })}`
      return `${modifiers}${from}${filter()}`
    }
  }
}
