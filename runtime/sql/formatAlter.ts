import { unreachable } from '../core/assert.ts'
import type { AlterCommand, CreateView, PartitionSpec, Place, Refresh } from './statementAst.ts'
import {
  formatAssignments,
  formatColumn,
  formatConstraint,
  formatDeclared,
  formatIndex,
  formatProjection,
  formatSortingKey,
  formatTtl,
} from './formatDefinition.ts'
import { breakLine, formatExpr, formatSettings, type Style } from './formatExpr.ts'
import { formatTableName } from './formatSelect.ts'
import { quoteName, quoteNameAlways, quoteString } from './literals.ts'

export function formatAlterCommand(command: AlterCommand, style: Style): string {
  const ifExists = 'ifExists' in command && command.ifExists ? 'IF EXISTS ' : ''
  const ifNotExists = 'ifNotExists' in command && command.ifNotExists ? 'IF NOT EXISTS ' : ''
  const inPartition = () =>
    'partition' in command && command.partition ? ` IN ${formatPartition(command.partition, style)}` : ''
  const withName = (name: string | undefined) => (name === undefined ? '' : ` WITH NAME ${quoteString(name)}`)
  const partition = (spec: PartitionSpec) => formatPartition(spec, style)
  switch (command.kind) {
    case 'addColumn':
      return `ADD COLUMN ${ifNotExists}${formatColumn(command.column, style)}${formatPlace(command.place)}`
    case 'dropColumn':
      return `DROP COLUMN ${ifExists}${quoteName(command.name)}`
    case 'clearColumn':
      return `CLEAR COLUMN ${ifExists}${quoteName(command.name)}${inPartition()}`
    case 'materializeColumn':
      return `MATERIALIZE COLUMN ${quoteName(command.name)}${inPartition()}`
    case 'modifyColumn': {
      const { column, remove, modifySettings, resetSettings } = command
      const head = `MODIFY COLUMN ${ifExists}`
      if (remove) return `${head}${quoteNameAlways(column.name)} REMOVE ${remove}`
      if (modifySettings)
        return `${head}${quoteNameAlways(column.name)} MODIFY SETTING ${formatSettings(modifySettings, style)}`
      if (resetSettings)
        return `${head}${quoteNameAlways(column.name)} RESET SETTING ${resetSettings.map(quoteName).join(', ')}`
      return `${head}${formatColumn(column, style)}${formatPlace(command.place)}`
    }
    case 'renameColumn':
      return `RENAME COLUMN ${ifExists}${quoteName(command.name)} TO ${quoteName(command.to)}`
    case 'commentColumn':
      return `COMMENT COLUMN ${ifExists}${quoteName(command.name)} ${quoteString(command.comment)}`
    case 'addIndex':
      return `ADD INDEX ${ifNotExists}${formatIndex(command.index, style)}${formatPlace(command.place)}`
    case 'dropIndex':
    case 'clearIndex':
    case 'materializeIndex': {
      const verb = { dropIndex: 'DROP', clearIndex: 'CLEAR', materializeIndex: 'MATERIALIZE' }[command.kind]
      return `${verb} INDEX ${ifExists}${quoteName(command.name)}${inPartition()}`
    }
    case 'addProjection': {
      const projection = formatProjection(command.projection, style, 1)
      return `ADD PROJECTION ${ifNotExists}${projection}${formatPlace(command.place)}`
    }
    case 'dropProjection':
    case 'clearProjection':
    case 'materializeProjection': {
      const verb = { dropProjection: 'DROP', clearProjection: 'CLEAR', materializeProjection: 'MATERIALIZE' }[
        command.kind
      ]
      return `${verb} PROJECTION ${ifExists}${quoteName(command.name)}${inPartition()}`
    }
    case 'addConstraint':
      return `ADD CONSTRAINT ${ifNotExists}${formatConstraint(command.constraint, style)}`
    case 'dropConstraint':
      return `DROP CONSTRAINT ${ifExists}${quoteName(command.name)}`
    case 'addStatistics':
    case 'modifyStatistics': {
      const verb = command.kind === 'addStatistics' ? 'ADD' : 'MODIFY'
      const types = command.types.args.map(type => (type.kind === 'function' ? formatDeclared(type, style) : ''))
      return `${verb} STATISTICS ${ifNotExists}${command.columns.map(quoteName).join(', ')} TYPE ${types.join(', ')}`
    }
    case 'dropStatistics':
    case 'clearStatistics':
    case 'materializeStatistics': {
      const verb = { dropStatistics: 'DROP', clearStatistics: 'CLEAR', materializeStatistics: 'MATERIALIZE' }[
        command.kind
      ]
      const columns = command.columns.length === 0 ? 'ALL' : command.columns.map(quoteName).join(', ')
      return `${verb} STATISTICS ${ifExists}${columns}${inPartition()}`
    }
    case 'modifyOrderBy':
      return `MODIFY ORDER BY ${formatSortingKey(command.expr, style)}`
    case 'modifySampleBy':
      return `MODIFY SAMPLE BY ${formatExpr(command.expr, style, 0)}`
    case 'removeSampleBy':
      return 'REMOVE SAMPLE BY'
    case 'removeTtl':
      return 'REMOVE TTL'
    case 'modifyTtl':
      return `MODIFY TTL ${formatTtl(command.ttl, style)}`
    case 'materializeTtl':
      return `MATERIALIZE TTL${inPartition()}`
    case 'modifySettings':
      return `MODIFY SETTING ${formatSettings(command.settings, style)}`
    case 'resetSettings':
      return `RESET SETTING ${command.names.map(quoteName).join(', ')}`
    case 'modifyQuery':
      return `MODIFY QUERY${breakLine(style, 1)}${style.query(command.query, 1)}`
    case 'modifyRefresh':
      return `MODIFY${breakLine(style, 0)}${formatRefresh(command.refresh, style)}`
    case 'modifyComment':
      return `MODIFY COMMENT ${quoteString(command.comment)}`
    case 'modifySqlSecurity':
      return `MODIFY ${formatSecurity(command)}`
    case 'update':
      return `UPDATE ${formatAssignments(command.assignments, style)}${inPartition()} WHERE ${formatExpr(command.where, style, 0)}`
    case 'delete':
      return `DELETE${inPartition()} WHERE ${formatExpr(command.where, style, 0)}`
    case 'applyDeletedMask':
      return `APPLY DELETED MASK${inPartition()}`
    case 'applyPatches':
      return `APPLY PATCHES${inPartition()}`
    case 'rewriteParts':
      return `REWRITE PARTS${inPartition()}`
    case 'dropPartition':
      return `DROP ${command.detached ? 'DETACHED ' : ''}${partition(command.partition)}`
    case 'detachPartition':
      return `DETACH ${partition(command.partition)}`
    case 'attachPartition':
      return `ATTACH ${partition(command.partition)}`
    case 'forgetPartition':
      return `FORGET ${partition(command.partition)}`
    case 'attachPartitionFrom':
      return `ATTACH ${partition(command.partition)} FROM ${formatTableName(command.table)}`
    case 'replacePartition':
      return `REPLACE ${partition(command.partition)} FROM ${formatTableName(command.table)}`
    case 'movePartition': {
      const { to } = command
      const target =
        to.kind === 'table' ? `TABLE ${formatTableName(to.table)}` : `${to.kind.toUpperCase()} ${quoteString(to.name)}`
      return `MOVE ${partition(command.partition)} TO ${target}`
    }
    case 'fetchPartition':
      return `FETCH ${partition(command.partition)} FROM ${quoteString(command.from)}`
    case 'freezePartition':
      return `FREEZE ${partition(command.partition)}${withName(command.name)}`
    case 'unfreezePartition':
      return `UNFREEZE ${partition(command.partition)}${withName(command.name)}`
    case 'freeze':
      return `FREEZE${withName(command.name)}`
    case 'unfreeze':
      return `UNFREEZE${withName(command.name)}`
    case 'exportPart': {
      const settings = command.settings ? ` SETTINGS ${formatSettings(command.settings, style)}` : ''
      return `EXPORT ${partition(command.partition)} TO TABLE ${formatTableName(command.table)}${settings}`
    }
    default:
      return unreachable(command)
  }
}

function formatPlace(place: Place | undefined): string {
  if (!place) return ''
  return place === 'first' ? ' FIRST' : ` AFTER ${quoteName(place.after)}`
}

export function formatPartition(partition: PartitionSpec, style: Style): string {
  switch (partition.kind) {
    case 'value':
      return `PARTITION ${formatExpr(partition.expr, style, 0)}`
    case 'id':
      return `PARTITION ID ${formatExpr(partition.id, style, 0)}`
    case 'all':
      return 'PARTITION ALL'
    case 'part':
      return `PART ${formatExpr(partition.name, style, 0)}`
    default:
      return unreachable(partition)
  }
}

export function formatRefresh(refresh: Refresh, style: Style): string {
  let text = `REFRESH ${refresh.schedule} ${refresh.period}`
  if (refresh.offset !== undefined) text += ` OFFSET ${refresh.offset}`
  if (refresh.randomizeFor !== undefined) text += ` RANDOMIZE FOR ${refresh.randomizeFor}`
  if (refresh.dependsOn) text += ` DEPENDS ON ${refresh.dependsOn.map(formatTableName).join(', ')}`
  if (refresh.settings) text += ` SETTINGS ${formatSettings(refresh.settings, style)}`
  return refresh.append ? `${text} APPEND` : text
}

export function formatSecurity({ definer, sqlSecurity }: Pick<CreateView, 'definer' | 'sqlSecurity'>): string {
  const who = definer === undefined ? '' : `DEFINER = ${quoteName(definer)}`
  const what = sqlSecurity ? `SQL SECURITY ${sqlSecurity}` : ''
  return who && what ? `${who} ${what}` : `${who}${what}`
}
