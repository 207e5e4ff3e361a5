// dictGet() and its family, joinGet(): values looked up by key. The names of dictionaries and attributes are constants.
import { columnOf, concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { castColumn } from './castColumn.ts'
import { nullableOf, plainType } from './bind.ts'
import { type ArgumentInfo, type Call, defineFunction, type Environment, type FunctionDefinition } from './function.ts'
import type { Keyed, KeyedSpec } from './keyedTable.ts'

type Missing = 'default' | 'given' | 'null'

const uint8 = parseType('UInt8')
const float64 = parseType('Float64')

function dictionaryOf(args: readonly ArgumentInfo[], environment: Environment): Keyed {
  const name = args[0].constant
  if (typeof name !== 'string')
    throw new DBError('BAD_ARGUMENTS', 'The first argument of a function for dictionaries must be a dictionary name')
  const keyed = environment.keyed?.(name)
  if (keyed?.spec.kind !== 'dictionary') throw new DBError('BAD_ARGUMENTS', `Dictionary (\`${name}\`) not found`)
  return keyed
}

/** The attributes that are asked for: one by name, or several by a tuple of names. */
function attributesOf(info: ArgumentInfo, { columns, keys, name }: KeyedSpec): { names: string[]; isTuple: boolean } {
  const value = info.constant
  const names = Array.isArray(value) ? value.map(String) : [value]
  for (const attribute of names) {
    if (typeof attribute !== 'string')
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `An attribute of dictionary ${name} must be named by a constant string`,
      )
    if (!columns.some(column => column.name === attribute) || keys.includes(attribute))
      throw new DBError('BAD_ARGUMENTS', `No such attribute '${attribute}'`)
  }
  return { names: names as string[], isTuple: Array.isArray(value) }
}

const typeOfColumn = ({ columns }: KeyedSpec, name: string): DataType =>
  parseType(columns.find(column => column.name === name)!.type)

const isRanged = (spec: KeyedSpec): boolean => spec.range !== undefined

/** Arguments behind the key: the value that must be in the range, and a default. */
function checkCount(name: string, spec: KeyedSpec, given: number, plain: number): void {
  const wanted = plain + (isRanged(spec) ? 1 : 0)
  if (given !== wanted)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Number of arguments for function ${name} doesn't match: passed ${given} should be ${wanted}`,
    )
}

/** The key argument as columns of the keys' types. */
function keyColumns(spec: KeyedSpec, key: Column, call: Call): Column[] {
  const { arena } = call
  const full = key.full(arena)
  if (spec.layout === 'IP_TRIE') return full instanceof TupleColumn ? [...full.columns] : [full]
  if (spec.layout.startsWith('POLYGON')) {
    checkKey(spec, full.type)
    return (full as TupleColumn).columns.map(column => castColumn(column, float64, arena))
  }
  const parts = full instanceof TupleColumn ? full.columns : [full]
  checkKey(spec, full.type)
  return parts.map((part, i) => castColumn(part, typeOfColumn(spec, spec.keys[i]), arena))
}

function checkKey(spec: KeyedSpec, given: DataType): void {
  if (spec.layout === 'IP_TRIE') return
  if (spec.layout.startsWith('POLYGON')) {
    const point = plainType(given)
    if (point instanceof TupleType && point.elements.length === 2) return
    throw new DBError('TYPE_MISMATCH', `The key of dictionary ${spec.name} is a point (x, y), ${given.name} is given`)
  }
  const type = plainType(given)
  const parts = type instanceof TupleType ? type.elements : [type]
  if (parts.length !== spec.keys.length || (!spec.layout.startsWith('COMPLEX') && type instanceof TupleType))
    throw new DBError(
      parts.length === spec.keys.length ? 'ILLEGAL_TYPE_OF_ARGUMENT' : 'TYPE_MISMATCH',
      `The key of dictionary ${spec.name} has ${spec.keys.length} columns, ${given.name} is given`,
    )
  for (const part of parts)
    if (part instanceof ArrayType)
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Key type for dictionary ${spec.name} does not match: ${given.name}`,
      )
}

/** u32[rows]: the rows that the call's key, and range, mean. */
function findRows(keyed: Keyed, key: Column, range: Column | undefined, call: Call): number {
  const { spec } = keyed
  const at = range && spec.range ? castColumn(range, plainType(typeOfColumn(spec, spec.range.min)), call.arena) : null
  return keyed.table().find(keyColumns(spec, key, call), at, call.rows, call.arena)
}

function lookUp(missing: Missing, args: readonly Column[], call: Call): Column {
  const keyed = dictionaryOf(call.arguments, call.environment)
  const { spec } = keyed
  const { rows, arena, memory } = call
  const given = args[2].full(arena)
  // Only where a default is given NULL comes as it is: it may be the default.
  const nulls = given instanceof NullableColumn ? given.nulls : 0
  const key = given instanceof NullableColumn ? given.values : given
  const found = findRows(keyed, key, isRanged(spec) ? args[3] : undefined, call)
  const { names, isTuple } = attributesOf(call.arguments[1], spec)
  const table = keyed.table()
  const hits = missing === 'default' ? 0 : table.isFound(found, rows, arena)
  const types = isTuple ? (call.type as TupleType).elements : [call.type]
  const columns = names.map((name, i): Column => {
    const values = table.values(name, found, rows, arena)
    if (missing === 'default') return values
    if (missing === 'null') return withNulls(values, hits, call)
    const otherwise = args[args.length - 1].full(arena)
    const own = isTuple ? (otherwise as TupleColumn).columns[i] : otherwise
    const numbers = arena.allocate(rows * 4)
    memory.kernels.chooseRows(hits, rows, numbers)
    const both = [values, own].map(column => castColumn(column, types[i], arena).full(arena))
    const chosen = concatColumns(both, arena).gather(numbers, rows, arena)
    if (nulls === 0) return chosen
    const known = arena.allocate(rows)
    memory.kernels.maskNot(nulls, known, rows)
    return withNulls(chosen, known, call)
  })
  return isTuple ? new TupleColumn(memory, columns, rows, call.type as TupleType) : columns[0]
}

/** NULL where the mask is 0. */
function withNulls(values: Column, mask: number, { rows, arena, memory }: Call): Column {
  const type = nullableOf(values.type)
  if (!(type instanceof NullableType)) return values
  const nulls = arena.allocate(rows)
  memory.kernels.maskNot(mask, nulls, rows)
  if (!(values instanceof NullableColumn)) return new NullableColumn(nulls, values, type)
  const both = arena.allocate(rows)
  memory.kernels.orMasks(nulls, values.nulls, rows, both)
  return new NullableColumn(both, values.values, type)
}

function resultType(missing: Missing, name: string, args: readonly ArgumentInfo[], environment: Environment): DataType {
  const { spec } = dictionaryOf(args, environment)
  checkCount(name, spec, args.length, missing === 'given' ? 4 : 3)
  checkKey(spec, args[2].type)
  const { names, isTuple } = attributesOf(args[1], spec)
  const otherwise = args[args.length - 1].type
  const types = names.map((attribute, i) => {
    const type = typeOfColumn(spec, attribute)
    const own = isTuple && otherwise instanceof TupleType ? otherwise.elements[i] : otherwise
    const mayBeNull = missing === 'null' || (missing === 'given' && (own?.isNullable || args[2].type.isNullable))
    return mayBeNull ? nullableOf(type) : type
  })
  return isTuple ? new TupleType(types, names) : types[0]
}

const lookUpArguments = (missing: Missing): FunctionDefinition['arguments'] => [
  { name: 'dictionary', constant: true },
  { name: 'attributes', constant: true },
  { name: 'key' },
  ...(missing === 'given'
    ? [{ name: 'default' }, { name: 'more', optional: true }]
    : [{ name: 'range', optional: true }]),
]

const suffixes: Record<Missing, string> = { default: '', given: 'OrDefault', null: 'OrNull' }
const abouts: Record<Missing, string> = {
  default: 'The attribute of a key in a dictionary, or its default where there is no such key.',
  given: 'The attribute of a key in a dictionary, or the value given where there is no such key.',
  null: 'The attribute of a key in a dictionary, or NULL where there is no such key.',
}

const getters = (Object.keys(suffixes) as Missing[]).map(missing => {
  const name = `dictGet${suffixes[missing]}`
  return defineFunction({
    name,
    about: abouts[missing],
    category: 'Dictionary',
    arguments: lookUpArguments(missing),
    nulls: missing === 'given' ? 'own' : 'propagate',
    lowCardinality: 'plain',
    foldable: false,
    returns: (args, environment) => resultType(missing, name, args, environment),
    run: (args, call) => lookUp(missing, args, call),
  })
})

const typeNames =
  'UInt8 UInt16 UInt32 UInt64 Int8 Int16 Int32 Int64 Float32 Float64 String Date DateTime UUID IPv4 IPv6'.split(' ')

/** dictGetUInt8 and its like: the attribute must be of that type. */
const typedGetters = typeNames.flatMap(type =>
  (['default', 'given'] as const).map(missing => {
    const name = `dictGet${type}${suffixes[missing]}`
    return defineFunction({
      name,
      about: `${abouts[missing]} It must be of type ${type}.`,
      category: 'Dictionary',
      arguments: lookUpArguments(missing),
      nulls: missing === 'given' ? 'own' : 'propagate',
      lowCardinality: 'plain',
      foldable: false,
      returns(args, environment) {
        const found = resultType(missing, name, args, environment)
        const plain = missing === 'given' ? plainType(found) : found
        if (plain.name !== type)
          throw new DBError(
            'TYPE_MISMATCH',
            `Function ${name} dictionary attribute has different type ${found.name} expected ${type}`,
          )
        return found
      },
      run: (args, call) => lookUp(missing, args, call),
    })
  }),
)

const dictHas = defineFunction({
  name: 'dictHas',
  about: 'Whether a dictionary has a key.',
  category: 'Dictionary',
  arguments: [{ name: 'dictionary', constant: true }, { name: 'key' }, { name: 'range', optional: true }],
  lowCardinality: 'plain',
  foldable: false,
  returns(args, environment) {
    const { spec } = dictionaryOf(args, environment)
    checkCount('dictHas', spec, args.length, 2)
    checkKey(spec, args[1].type)
    return uint8
  },
  run(args, call) {
    const keyed = dictionaryOf(call.arguments, call.environment)
    const found = findRows(keyed, args[1], args[2], call)
    return new FixedColumn(uint8, call.memory, keyed.table().isFound(found, call.rows, call.arena), call.rows)
  },
})

/** A function over hierarchies: each row's keys, as UInt64 or what the dictionary has, to a value. */
const hierarchical = (
  name: string,
  about: string,
  more: FunctionDefinition['arguments'],
  returns: (key: DataType) => DataType,
  value: (keyed: Keyed, keys: readonly Value[]) => Value,
): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category: 'Dictionary',
    arguments: [{ name: 'dictionary', constant: true }, { name: 'key' }, ...more],
    lowCardinality: 'plain',
    foldable: false,
    returns(args, environment) {
      const { spec } = dictionaryOf(args, environment)
      if (!spec.columns.some(({ isHierarchical }) => isHierarchical))
        throw new DBError('UNSUPPORTED_METHOD', `Dictionary ${spec.name} does not support hierarchy`)
      checkKey(spec, args[1].type)
      return returns(typeOfColumn(spec, spec.keys[0]))
    },
    run(args, call) {
      const keyed = dictionaryOf(call.arguments, call.environment)
      const type = typeOfColumn(keyed.spec, keyed.spec.keys[0])
      const columns = args.slice(1).map(column => castColumn(column, type, call.arena).full(call.arena))
      const values = Array.from({ length: call.rows }, (_, row) =>
        value(
          keyed,
          columns.map(column => column.valueAt(row)),
        ),
      )
      return columnOf(call.type, values, call.arena)
    },
  })

const hierarchies = [
  hierarchical(
    'dictGetHierarchy',
    'The key and all keys above it in a hierarchical dictionary.',
    [],
    key => new ArrayType(key),
    (keyed, [key]) => keyed.table().hierarchy(key),
  ),
  hierarchical(
    'dictIsIn',
    'Whether a key is below another one, or is it, in a hierarchical dictionary.',
    [{ name: 'ancestor' }],
    () => uint8,
    (keyed, [key, ancestor]) => (keyed.table().hierarchy(key).includes(ancestor) ? 1 : 0),
  ),
  hierarchical(
    'dictGetChildren',
    'The keys right below a key in a hierarchical dictionary.',
    [],
    key => new ArrayType(key),
    (keyed, [key]) => keyed.table().descendants(key, 1),
  ),
  hierarchical(
    'dictGetDescendants',
    'All keys below a key in a hierarchical dictionary, or those of one level.',
    [{ name: 'level', optional: true }],
    key => new ArrayType(key),
    (keyed, [key, level]) => keyed.table().descendants(key, Number(level ?? 0)),
  ),
]

function joinOf(args: readonly ArgumentInfo[], environment: Environment): Keyed {
  const name = args[0].constant
  if (typeof name !== 'string')
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'The first argument of function joinGet must be the name of a table')
  const keyed = environment.keyed?.(name)
  if (keyed === undefined) throw new DBError('UNKNOWN_TABLE', `Table ${name} does not exist`)
  if (keyed?.spec.kind !== 'join')
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Table ${name} should have engine StorageJoin`)
  return keyed
}

const joinGetters = ['joinGet', 'joinGetOrNull'].map(name =>
  defineFunction({
    name,
    about: 'A column of the row that a table of engine Join has for a key.',
    category: 'Other',
    arguments: [
      { name: 'table', constant: true },
      { name: 'column', constant: true },
      { name: 'key' },
      { name: 'more', repeated: true },
    ],
    lowCardinality: 'plain',
    foldable: false,
    returns(args, environment) {
      const { spec } = joinOf(args, environment)
      const wanted = String(args[1].constant)
      if (!spec.columns.some(column => column.name === wanted))
        throw new DBError('NO_SUCH_COLUMN_IN_TABLE', `StorageJoin doesn't contain column ${wanted}`)
      if (args.length - 2 !== spec.keys.length)
        throw new DBError(
          'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
          `Number of arguments for function ${name} doesn't match: passed ${args.length}, should be equal to ${spec.keys.length + 2}`,
        )
      const type = typeOfColumn(spec, wanted)
      return name === 'joinGetOrNull' || spec.useNulls ? nullableOf(type) : type
    },
    run(args, call) {
      const keyed = joinOf(call.arguments, call.environment)
      const { spec } = keyed
      const keys = args.slice(2).map((key, i) => castColumn(key, typeOfColumn(spec, spec.keys[i]), call.arena))
      const found = keyed.table().find(keys, null, call.rows, call.arena)
      const values = keyed.table().values(String(call.arguments[1].constant), found, call.rows, call.arena)
      if (name === 'joinGet' && !spec.useNulls) return values
      return withNulls(values, keyed.table().isFound(found, call.rows, call.arena), call)
    },
  }),
)

export const dictionaries: readonly FunctionDefinition[] = [
  ...getters,
  ...typedGetters,
  dictHas,
  ...hierarchies,
  ...joinGetters,
]

/** Functions whose first argument is the name of a dictionary or a Join table, which may be written bare. */
export const takesTableName: ReadonlySet<string> = new Set(dictionaries.map(({ name }) => name))
