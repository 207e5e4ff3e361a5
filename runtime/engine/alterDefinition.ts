// What ALTER TABLE makes of a table's definition, as a change of its CREATE statement; and what its parts need for that.
import { DBError } from '../core/errors.ts'
import { namesIn } from '../exec/tableAdapter.ts'
import type { Expr } from '../sql/ast.ts'
import type { AlterCommand, ColumnDeclaration, CreateTable, Place, Storage } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { keyElements } from '../catalog/tableDefinition.ts'
import { ArrayType, LowCardinalityType, TupleType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import { isMergeTreeSetting, isReadonlySetting } from './mergeTreeSettingNames.ts'

/** Commands that change the definition; the others work on parts or rows. */
const definitionKinds: ReadonlySet<AlterCommand['kind']> = new Set([
  'addColumn',
  'dropColumn',
  'modifyColumn',
  'renameColumn',
  'commentColumn',
  'addIndex',
  'dropIndex',
  'addProjection',
  'dropProjection',
  'addConstraint',
  'dropConstraint',
  'addStatistics',
  'modifyStatistics',
  'dropStatistics',
  'modifyOrderBy',
  'modifySampleBy',
  'removeSampleBy',
  'modifyTtl',
  'removeTtl',
  'modifySettings',
  'resetSettings',
  'modifyComment',
])

export const changesDefinition = ({ kind }: AlterCommand): boolean => definitionKinds.has(kind)

export interface AlteredDefinition {
  readonly create: CreateTable
  /** Columns whose files go. */
  readonly dropped: readonly string[]
  /** Old and new names, in the order of the commands. */
  readonly renamed: readonly (readonly [string, string])[]
  /** Columns whose values are to be written in another type. */
  readonly retyped: readonly string[]
  /** Commands as system.mutations shows them: those that parts see. */
  readonly commands: readonly AlterCommand[]
}

/** The commands one after another; a command sees what those before it did. */
export function alterDefinition(create: CreateTable, commands: readonly AlterCommand[]): AlteredDefinition {
  const draft = new Draft(create)
  for (const command of commands) draft.apply(command)
  return draft.finish()
}

const span = { start: 0, end: 0 }

class Draft {
  #create: CreateTable
  #columns: ColumnDeclaration[]
  readonly #old: ReadonlySet<string>
  readonly #dropped: string[] = []
  readonly #renamed: [string, string][] = []
  readonly #retyped = new Set<string>()
  readonly #commands: AlterCommand[] = []

  constructor(create: CreateTable) {
    this.#create = create
    this.#columns = [...(create.columns ?? [])]
    this.#old = new Set(this.#columns.map(({ name }) => name))
  }

  finish(): AlteredDefinition {
    if (!this.#columns.some(({ default: given }) => given?.kind !== 'ALIAS' && given?.kind !== 'EPHEMERAL'))
      throw new DBError('BAD_ARGUMENTS', 'Cannot drop or clear all columns')
    this.#checkKeys()
    return {
      create: { ...this.#create, columns: this.#columns },
      dropped: this.#dropped,
      renamed: this.#renamed,
      retyped: [...this.#retyped],
      commands: this.#commands,
    }
  }

  get #storage(): Storage {
    return this.#create.storage ?? {}
  }

  #setStorage(change: Partial<Storage>): void {
    this.#create = { ...this.#create, storage: { ...this.#storage, ...change } }
  }

  /** Indices of a column, or of all columns of a Nested. */
  #find(name: string): number[] {
    const exact = this.#columns.findIndex(column => column.name === name)
    if (exact >= 0) return [exact]
    return [...this.#columns.keys()].filter(i => this.#columns[i].name.startsWith(`${name}.`))
  }

  #hint(name: string): string {
    const near = this.#columns
      .map(column => ({ name: column.name, distance: distanceOf(column.name, name) }))
      .filter(({ distance }) => distance <= Math.max(1, Math.floor(name.length / 2)))
    near.sort((a, b) => a.distance - b.distance)
    return near.length === 0 ? '' : `. Maybe you meant: ['${near[0].name}']`
  }

  apply(command: AlterCommand): void {
    switch (command.kind) {
      case 'addColumn':
        this.#addColumn(command)
        return
      case 'dropColumn':
        this.#dropColumn(command)
        return
      case 'modifyColumn':
        this.#modifyColumn(command)
        return
      case 'renameColumn':
        this.#renameColumn(command)
        return
      case 'commentColumn': {
        const [at] = this.#find(command.name)
        if (at === undefined) {
          if (command.ifExists) return
          throw new DBError(
            'NOT_FOUND_COLUMN_IN_BLOCK',
            `Wrong column name. Cannot find column \`${command.name}\` to comment${this.#hint(command.name)}`,
          )
        }
        this.#columns[at] = { ...this.#columns[at], comment: command.comment || undefined }
        return
      }
      case 'addIndex': {
        const indices = [...(this.#create.indices ?? [])]
        const { index } = command
        if (indices.some(({ name }) => name === index.name)) {
          if (command.ifNotExists) return
          throw new DBError('ILLEGAL_COLUMN', `Cannot add index ${index.name}: index with this name already exists`)
        }
        insertAt(indices, index, command.place, 'index')
        this.#create = { ...this.#create, indices }
        return
      }
      case 'dropIndex': {
        const indices = this.#create.indices ?? []
        if (!indices.some(({ name }) => name === command.name)) {
          if (command.ifExists) return
          const hint = indices.length > 0 ? `, may be you meant: ['${indices[0].name}']` : ''
          throw new DBError('BAD_ARGUMENTS', `Wrong index name. Cannot find index \`${command.name}\` to drop${hint}`)
        }
        this.#create = { ...this.#create, indices: indices.filter(({ name }) => name !== command.name) }
        this.#commands.push({ kind: 'dropIndex', name: command.name })
        return
      }
      case 'addProjection': {
        const projections = [...(this.#create.projections ?? [])]
        const { projection } = command
        if (projections.some(({ name }) => name === projection.name)) {
          if (command.ifNotExists) return
          throw new DBError(
            'ILLEGAL_PROJECTION',
            `Cannot add projection ${projection.name}: projection with this name already exists`,
          )
        }
        insertAt(projections, projection, command.place, 'projection')
        this.#create = { ...this.#create, projections }
        return
      }
      case 'dropProjection': {
        const projections = this.#create.projections ?? []
        if (!projections.some(({ name }) => name === command.name)) {
          if (command.ifExists) return
          throw new DBError('NO_SUCH_PROJECTION_IN_TABLE', `There is no projection ${command.name} in table`)
        }
        this.#create = { ...this.#create, projections: projections.filter(({ name }) => name !== command.name) }
        this.#commands.push({ kind: 'dropProjection', name: command.name })
        return
      }
      case 'addConstraint': {
        const constraints = this.#create.constraints ?? []
        const { constraint } = command
        if (constraints.some(({ name }) => name === constraint.name)) {
          if (command.ifNotExists) return
          throw new DBError(
            'ILLEGAL_COLUMN',
            `Cannot add constraint ${constraint.name}: constraint with this name already exists`,
          )
        }
        this.#create = { ...this.#create, constraints: [...constraints, constraint] }
        return
      }
      case 'dropConstraint': {
        const constraints = this.#create.constraints ?? []
        if (!constraints.some(({ name }) => name === command.name)) {
          if (command.ifExists) return
          throw new DBError(
            'BAD_ARGUMENTS',
            `Wrong constraint name. Cannot find constraint \`${command.name}\` to drop`,
          )
        }
        this.#create = { ...this.#create, constraints: constraints.filter(({ name }) => name !== command.name) }
        return
      }
      case 'addStatistics':
      case 'modifyStatistics':
      case 'dropStatistics': {
        for (const name of command.columns) {
          const [at] = this.#find(name)
          if (at === undefined) throw new DBError('ILLEGAL_STATISTICS', `Column ${name} does not exist in table`)
          this.#columns[at] = {
            ...this.#columns[at],
            statistics: 'types' in command ? command.types : undefined,
          }
        }
        return
      }
      case 'modifyOrderBy':
        this.#modifyOrderBy(command.expr)
        return
      case 'modifySampleBy': {
        const text = (expr: Expr) => formatAst(expr, { oneLine: true })
        const primary = keyElements(this.#storage.primaryKey ?? this.#storage.orderBy).map(text)
        if (!primary.includes(text(command.expr)))
          throw new DBError('BAD_ARGUMENTS', 'Sampling expression must be present in the primary key')
        this.#setStorage({ sampleBy: command.expr })
        return
      }
      case 'removeSampleBy':
        if (!this.#storage.sampleBy) throw new DBError('BAD_ARGUMENTS', "Table doesn't have SAMPLE BY, cannot remove")
        this.#setStorage({ sampleBy: undefined })
        return
      case 'modifyTtl':
        this.#setStorage({ ttl: command.ttl })
        return
      case 'removeTtl':
        if (!this.#storage.ttl?.length)
          throw new DBError('BAD_ARGUMENTS', "Table doesn't have any table TTL expression, cannot remove")
        this.#setStorage({ ttl: undefined })
        return
      case 'modifySettings': {
        const settings = new Map((this.#storage.settings ?? []).map(setting => [setting.name, setting]))
        for (const setting of command.settings) {
          if (!isMergeTreeSetting(setting.name))
            throw new DBError('UNKNOWN_SETTING', `Unknown setting '${setting.name}'`)
          if (isReadonlySetting(setting.name))
            throw new DBError(
              'READONLY_SETTING',
              `Setting '${setting.name}' is readonly for storage '${this.#storage.engine?.name ?? ''}'`,
            )
          settings.set(setting.name, setting)
        }
        this.#setStorage({ settings: [...settings.values()] })
        return
      }
      case 'resetSettings': {
        for (const name of command.names)
          if (!isMergeTreeSetting(name))
            throw new DBError(
              'BAD_ARGUMENTS',
              `Cannot reset setting '${name}' because it doesn't exist for MergeTree engines family`,
            )
        const settings = this.#storage.settings?.filter(({ name }) => !command.names.includes(name))
        this.#setStorage({ settings: settings?.length ? settings : undefined })
        return
      }
      case 'modifyComment':
        this.#create = { ...this.#create, comment: command.comment || undefined }
        return
      default:
        throw new DBError('NOT_IMPLEMENTED', `ALTER TABLE ${command.kind} is not supported`)
    }
  }

  #place(columns: readonly ColumnDeclaration[], place: Place | undefined): void {
    if (place === undefined) this.#columns.push(...columns)
    else if (place === 'first') this.#columns.unshift(...columns)
    else {
      const after = this.#find(place.after)
      if (after.length === 0)
        throw new DBError(
          'NO_SUCH_COLUMN_IN_TABLE',
          `Wrong column name. Cannot find column ${place.after} to insert after${this.#hint(place.after)}`,
        )
      this.#columns.splice(after[after.length - 1] + 1, 0, ...columns)
    }
  }

  #addColumn({ column, ifNotExists, place }: Extract<AlterCommand, { kind: 'addColumn' }>): void {
    if (this.#find(column.name).length > 0) {
      const isNew = !this.#old.has(column.name)
      if (ifNotExists && !isNew) return
      const quoted = isNew ? column.name : `\`${column.name}\``
      throw new DBError(
        isNew ? 'ILLEGAL_COLUMN' : 'DUPLICATE_COLUMN',
        `Cannot add column ${quoted}: column with this name already exists`,
      )
    }
    if (!column.type && !column.default)
      throw new DBError('BAD_ARGUMENTS', 'Data type have to be specified for column to add')
    this.#place(flattened(column), place)
  }

  #dropColumn({ name, ifExists }: Extract<AlterCommand, { kind: 'dropColumn' }>): void {
    const found = this.#find(name)
    if (found.length === 0) {
      if (ifExists) return
      throw new DBError(
        'NOT_FOUND_COLUMN_IN_BLOCK',
        `Wrong column name. Cannot find column \`${name}\` to drop${this.#hint(name)}`,
      )
    }
    const names = found.map(at => this.#columns[at].name)
    for (const one of names) {
      this.#refuseKey(one, 'DROP')
      for (const other of this.#columns)
        if (!names.includes(other.name) && other.default && 'expr' in other.default)
          if (namesIn(other.default.expr).has(one))
            throw new DBError(
              'ILLEGAL_COLUMN',
              `Cannot drop column \`${one}\`, because column \`${other.name}\` depends on it`,
            )
    }
    this.#columns = this.#columns.filter(column => !names.includes(column.name))
    this.#dropped.push(...names)
    this.#commands.push({ kind: 'dropColumn', name })
  }

  /** Columns that a key, a projection, a constraint or a TTL needs must not go. */
  #refuseKey(name: string, verb: 'DROP' | 'RENAME'): void {
    const { partitionBy, primaryKey, orderBy, sampleBy, engine } = this.#storage
    if (!this.#old.has(name)) return
    for (const expr of [partitionBy, primaryKey, orderBy, sampleBy, ...(engine?.args ?? [])])
      if (expr && namesIn(expr).has(name))
        throw new DBError(
          'ALTER_OF_COLUMN_IS_FORBIDDEN',
          `Trying to ALTER ${verb} key ${name} column which is a part of key expression`,
        )
  }

  #modifyColumn(command: Extract<AlterCommand, { kind: 'modifyColumn' }>): void {
    const { column, remove, ifExists, place } = command
    const at = this.#columns.findIndex(({ name }) => name === column.name)
    if (at < 0) {
      if (ifExists) return
      throw new DBError(
        'NOT_FOUND_COLUMN_IN_BLOCK',
        `Wrong column. Cannot find column \`${column.name}\` to modify${this.#hint(column.name)}`,
      )
    }
    const old = this.#columns[at]
    if (remove) {
      this.#columns[at] = without(old, remove)
      return
    }
    if (command.modifySettings || command.resetSettings) {
      const reset = new Set([
        ...(command.resetSettings ?? []),
        ...(command.modifySettings ?? []).map(({ name }) => name),
      ])
      const settings = [
        ...(old.settings ?? []).filter(({ name }) => !reset.has(name)),
        ...(command.modifySettings ?? []),
      ]
      this.#columns[at] = { ...old, settings: settings.length > 0 ? settings : undefined }
      return
    }
    const type =
      column.type && (column.nullable ? parseType(`Nullable(${column.type.text})`) : parseType(column.type.text))
    if (type && old.type && type.name !== parseType(old.type.text).name) {
      this.#checkKeyType(column.name, old.type.text, type.name)
      this.#retyped.add(column.name)
      this.#commands.push(command)
    }
    const changed: ColumnDeclaration = {
      ...old,
      ...(type ? { type: { kind: 'type', name: type.name, text: type.name, ...span } } : {}),
      ...(column.default ? { default: column.default } : {}),
      ...(column.codec ? { codec: column.codec } : {}),
      ...(column.ttl ? { ttl: column.ttl } : {}),
      ...(column.comment === undefined ? {} : { comment: column.comment || undefined }),
      ...(column.settings ? { settings: column.settings } : {}),
      ...(column.statistics ? { statistics: column.statistics } : {}),
    }
    // A column that is computed is not read from parts, whatever they have.
    const isComputed = (given: ColumnDeclaration) =>
      given.default?.kind === 'ALIAS' || given.default?.kind === 'EPHEMERAL'
    if (isComputed(changed)) this.#refuseKey(column.name, 'DROP')
    if (place === undefined) {
      this.#columns[at] = changed
      return
    }
    if (place !== 'first' && place.after === column.name) {
      this.#columns[at] = changed
      return
    }
    this.#columns.splice(at, 1)
    this.#place([changed], place)
  }

  #checkKeyType(name: string, from: string, to: string): void {
    const { partitionBy, primaryKey, orderBy, sampleBy, engine } = this.#storage
    const isIn = (exprs: readonly (Expr | undefined)[]) => exprs.some(expr => expr && namesIn(expr).has(name))
    const bare = [...keyElements(orderBy), ...keyElements(primaryKey), ...keyElements(partitionBy)].filter(
      expr => expr.kind !== 'identifier' && namesIn(expr).has(name),
    )
    if (bare.length > 0 || isIn([sampleBy, ...(engine?.args ?? [])]))
      throw new DBError('ALTER_OF_COLUMN_IS_FORBIDDEN', `ALTER of key column ${name} is forbidden`)
    for (const [what, exprs] of [
      ['partition', [partitionBy]],
      ['primary', [orderBy, primaryKey]],
    ] as const)
      if (isIn(exprs) && !isSafeForKey(from, to))
        throw new DBError(
          'ALTER_OF_COLUMN_IS_FORBIDDEN',
          `ALTER of key column ${name} from type ${parseType(from).name} to type ${to} is not safe because it can change the representation of ${what} key`,
        )
  }

  #renameColumn({ name, to, ifExists }: Extract<AlterCommand, { kind: 'renameColumn' }>): void {
    const at = this.#columns.findIndex(column => column.name === name)
    if (at < 0) {
      const nested = this.#find(name)
      if (nested.length > 0 && !to.includes('.')) {
        // A Nested as a whole.
        for (const i of nested) {
          const old = this.#columns[i].name
          this.#renameOne(i, old, `${to}${old.slice(name.length)}`)
        }
        return
      }
      if (ifExists) return
      throw new DBError(
        'NOT_FOUND_COLUMN_IN_BLOCK',
        `Wrong column name. Cannot find column \`${name}\` to rename${this.#hint(name)}`,
      )
    }
    const nestedOf = (one: string) => (one.includes('.') ? one.slice(0, one.indexOf('.')) : null)
    const isArray = this.#columns[at].type?.text.startsWith('Array') ?? false
    if (isArray && nestedOf(name) !== null && nestedOf(to) !== null && nestedOf(name) !== nestedOf(to))
      throw new DBError('BAD_ARGUMENTS', 'Cannot rename column from one nested name to another with different prefix')
    if ((nestedOf(name) === null) !== (nestedOf(to) === null))
      throw new DBError('BAD_ARGUMENTS', 'Cannot rename column from nested struct to normal column and vice versa')
    this.#renameOne(at, name, to)
  }

  #renameOne(at: number, name: string, to: string): void {
    if (this.#columns.some(column => column.name === to))
      throw new DBError('DUPLICATE_COLUMN', `Cannot rename to \`${to}\`: column with this name already exists`)
    this.#refuseKey(name, 'RENAME')
    const change = <T>(tree: T): T => renamedIn(tree, name, to)
    this.#columns[at] = { ...this.#columns[at], name: to }
    this.#columns = this.#columns.map(column => ({
      ...column,
      ...(column.default ? { default: change(column.default) } : {}),
      ...(column.ttl ? { ttl: change(column.ttl) } : {}),
    }))
    const { indices, projections, constraints } = this.#create
    this.#create = {
      ...this.#create,
      ...(indices ? { indices: change(indices) } : {}),
      ...(projections ? { projections: change(projections) } : {}),
      ...(constraints ? { constraints: change(constraints) } : {}),
    }
    if (this.#storage.ttl) this.#setStorage({ ttl: change(this.#storage.ttl) })
    this.#renamed.push([name, to])
    this.#commands.push({ kind: 'renameColumn', name, to })
  }

  #modifyOrderBy(expr: Expr): void {
    const old = this.#storage
    const text = (one: Expr) => formatAst(one, { oneLine: true })
    const primary = keyElements(old.primaryKey ?? old.orderBy)
    const before = new Set(keyElements(old.orderBy).map(text))
    const after = keyElements(expr)
    for (const [i, one] of primary.entries())
      if (!after[i] || text(after[i]) !== text(one))
        throw new DBError(
          'BAD_ARGUMENTS',
          after[i]
            ? `Primary key must be a prefix of the sorting key, but the column in the position ${i} is ${text(after[i])}, not ${text(one)}`
            : `Primary key must be a prefix of the sorting key, but its length: ${primary.length} is greater than the sorting key length: ${after.length}`,
        )
    for (const one of after)
      if (!before.has(text(one)))
        for (const name of namesIn(one)) {
          if (this.#old.has(name))
            throw new DBError(
              'BAD_ARGUMENTS',
              `Existing column ${name} is used in the expression that was added to the sorting key. You can add expressions that use only the newly added columns`,
            )
          const added = this.#columns.find(column => column.name === name)
          if (added?.default)
            throw new DBError(
              'BAD_ARGUMENTS',
              `Newly added column ${name} has a default expression, so adding expressions that use it to the sorting key is forbidden`,
            )
        }
    this.#setStorage({ primaryKey: old.primaryKey ?? old.orderBy, orderBy: expr })
  }

  /** What other declarations name is still there. */
  #checkKeys(): void {
    const known = new Set(this.#columns.flatMap(({ name }) => [name, name.split('.')[0]]))
    const gone = new Set([...this.#dropped, ...this.#renamed.map(([from]) => from)].filter(name => !known.has(name)))
    if (gone.size === 0) return
    const missing = (tree: unknown) => [...namesIn(tree)].find(name => gone.has(name))
    const { indices = [], projections = [], constraints = [], storage } = this.#create
    const fail = (what: string, name: string, tree: unknown): never => {
      const shown = `'${name}' while processing: '${what}'`
      throw new DBError(
        'UNKNOWN_IDENTIFIER',
        `Missing columns: ${shown}, required columns: ${[...namesIn(tree)].map(one => `'${one}'`).join(' ')}`,
      )
    }
    for (const index of indices) {
      const name = missing(index.expr)
      if (name)
        throw new DBError(
          'UNKNOWN_IDENTIFIER',
          `Cannot apply ALTER because it breaks skip index ${index.name}: Missing columns: '${name}' while processing: '${formatAst(index.expr, { oneLine: true })}'`,
        )
    }
    for (const projection of projections) {
      const name = missing(projection.query)
      if (name)
        throw new DBError(
          'UNKNOWN_IDENTIFIER',
          `Cannot apply ALTER because it breaks projection ${projection.name}: Unknown expression identifier \`${name}\``,
        )
    }
    for (const constraint of constraints) {
      const name = missing(constraint.expr)
      if (name) fail(`${constraint.name} CHECK ${formatAst(constraint.expr, { oneLine: true })}`, name, constraint.expr)
    }
    for (const element of storage?.ttl ?? []) {
      const name = missing(element)
      if (name) fail(formatAst(element.expr, { oneLine: true }), name, element)
    }
    for (const column of this.#columns) {
      const name = column.ttl && missing(column.ttl)
      if (name) fail(formatAst(column.ttl as Expr, { oneLine: true }), name, column.ttl)
    }
  }
}

/** A Nested becomes arrays side by side. */
function flattened(column: ColumnDeclaration): ColumnDeclaration[] {
  const text = column.type?.text
  if (text === undefined || !/^Nested\s*\(/i.test(text)) return [column]
  const parsed = parseType(text)
  if (!(parsed instanceof ArrayType) || !(parsed.element instanceof TupleType) || !parsed.element.names) return [column]
  const { names, elements } = parsed.element
  return names.map((inner, i) => {
    const type = new ArrayType(elements[i]).name
    return { ...column, name: `${column.name}.${inner}`, type: { kind: 'type', name: type, text: type, ...span } }
  })
}

function without(
  column: ColumnDeclaration,
  what: NonNullable<Extract<AlterCommand, { kind: 'modifyColumn' }>['remove']>,
): ColumnDeclaration {
  const lacks = () => new DBError('BAD_ARGUMENTS', `Column \`${column.name}\` doesn't have ${what}, cannot remove it`)
  switch (what) {
    case 'DEFAULT':
    case 'MATERIALIZED':
    case 'ALIAS':
    case 'EPHEMERAL': {
      const kind = column.default?.kind
      if (kind === undefined) throw lacks()
      if (kind !== what)
        throw new DBError(
          'BAD_ARGUMENTS',
          `Cannot remove ${what} from column \`${column.name}\`, because column default type is ${kind}. Use REMOVE ${kind} to delete it`,
        )
      return { ...column, default: undefined }
    }
    case 'CODEC':
      if (!column.codec) throw lacks()
      return { ...column, codec: undefined }
    case 'COMMENT':
      if (!column.comment) throw lacks()
      return { ...column, comment: undefined }
    case 'TTL':
      if (!column.ttl) throw lacks()
      return { ...column, ttl: undefined }
    case 'SETTINGS':
      return { ...column, settings: undefined }
    case 'STATISTICS':
      return { ...column, statistics: undefined }
  }
}

/** Whether values of both types are stored and sorted alike. */
function isSafeForKey(from: string, to: string): boolean {
  const plain = (text: string) => {
    const type = parseType(text)
    return type instanceof LowCardinalityType ? type.inner.name : type.name
  }
  const [a, b] = [plain(from), plain(to)]
  if (a === b) return true
  const enumOf = (name: string) => /^(Enum8|Enum16)\((.*)\)$/s.exec(name)
  const first = enumOf(a)
  const second = enumOf(b)
  if (first && second && first[1] === second[1]) {
    const pairs = new Set(pairsOf(second[2]))
    return pairsOf(first[2]).every(pair => pairs.has(pair))
  }
  if (first) return b === (first[1] === 'Enum8' ? 'Int8' : 'Int16')
  return (a === 'DateTime' && b === 'UInt32') || (a === 'Date' && b === 'UInt16')
}

const pairsOf = (text: string): string[] =>
  text.match(/'(?:[^'\\]|\\.)*'\s*=\s*-?\d+/g)?.map(one => one.replace(/\s/g, '')) ?? []

/** The tree with another name for a column. */
export function renamedIn<T>(tree: T, name: string, to: string): T {
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit)
    if (value === null || typeof value !== 'object') return value
    const node = value as { kind?: string; parts?: readonly string[]; column?: unknown }
    const copy = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]))
    if (node.kind === 'identifier' && node.parts?.join('.') === name) return { ...copy, parts: to.split('.') }
    if (node.column === name) return { ...copy, column: to }
    return copy
  }
  return visit(tree) as T
}

function insertAt<T extends { readonly name: string }>(
  items: T[],
  item: T,
  place: Place | undefined,
  what: string,
): void {
  if (place === undefined) items.push(item)
  else if (place === 'first') items.unshift(item)
  else {
    const at = items.findIndex(({ name }) => name === place.after)
    if (at < 0)
      throw new DBError('BAD_ARGUMENTS', `Wrong ${what} name. Cannot find ${what} \`${place.after}\` to insert after`)
    items.splice(at + 1, 0, item)
  }
}

/** Edits between two names. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]
}
