// SETTINGS disk = disk(type = ..., ...): the disk of one table.
import { DBError } from '../core/errors.ts'
import type { Expr, FunctionCall, Setting } from '../sql/ast.ts'
import type { CreateTable } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import type { DiskDescription, StoreDescription } from '../storage/diskDescription.ts'

const hidden = '[HIDDEN]'

const diskCall = ({ storage }: CreateTable): FunctionCall | null => {
  const value = storage?.settings?.find(({ name }) => name === 'disk')?.value
  return value?.kind === 'function' && value.name === 'disk' ? value : null
}

/** Whether the table is on a disk of its own, and so needs a UUID that stays. */
export const hasOwnDisk = (create: CreateTable): boolean => diskCall(create) !== null

/** null: the table lies in the data directory. */
export function diskOf(create: CreateTable): DiskDescription | null {
  const settings = create.storage?.settings ?? []
  const call = diskCall(create)
  if (!call) {
    for (const { name, value } of settings)
      if ((name === 'disk' || name === 'storage_policy') && value?.kind === 'literal' && value.value !== 'default')
        throw name === 'disk'
          ? new DBError('UNKNOWN_DISK', `Unknown disk ${String(value.value)}`)
          : new DBError('UNKNOWN_POLICY', `Unknown storage policy \`${String(value.value)}\``)
    return null
  }
  const { uuid } = create
  const tableDisk = settings.find(({ name }) => name === 'table_disk')?.value
  const isRoot = tableDisk?.kind === 'literal' && ['1', 'true'].includes(String(tableDisk.value))
  if (!isRoot && !uuid) throw new DBError('BAD_ARGUMENTS', 'The UUID of a table on a disk of its own is not known')
  return { ...describe(call), root: isRoot ? '' : `store/${uuid!.slice(0, 3)}/${uuid}` }
}

function describe(call: FunctionCall): Omit<DiskDescription, 'root'> {
  const { values, inner } = argumentsOf(call)
  const of = (name: string) => values.get(name)
  const type = (of('type') ?? '').toLowerCase()
  const isReadOnly = ['1', 'true'].includes(of('readonly') ?? of('read_only') ?? '')
  if (type === 'cache') {
    if (!inner)
      throw new DBError('BAD_ARGUMENTS', "A disk of type 'cache' needs the disk that it is for: disk = disk(...)")
    return describe(inner)
  }
  const [storeType, layout] = kindOf(type, of)
  if (storeType === 'web' || layout === 'web') {
    if (storeType !== 'web' || layout !== 'web')
      throw new DBError('NOT_IMPLEMENTED', `A disk of ${storeType} with metadata of type ${layout} is not supported`)
    return { layout: 'web', store: { kind: 'http', endpoint: endpointOf(values) }, isReadOnly: true }
  }
  const store: StoreDescription = storeType === 's3' ? s3Store(values) : { kind: 'local', path: pathOf(values) }
  switch (layout) {
    case 'plain':
      return { layout: 'plain', store, isReadOnly: true }
    case 'plain_rewritable':
      return { layout: 'plainRewritable', store, isReadOnly }
    case 'tree':
      return { layout: 'tree', store, isReadOnly }
    case 'local':
      throw new DBError(
        'NOT_IMPLEMENTED',
        "Metadata of type 'local' is not supported: which objects a file is made of is only known on the disk of the server that wrote it. Use metadata_type = 'plain_rewritable'",
      )
  }
  throw new DBError('BAD_ARGUMENTS', `Unknown metadata type ${layout} of a disk`)
}

/** What the objects lie in, and how. */
function kindOf(type: string, of: (name: string) => string | undefined): [store: string, layout: string] {
  const layout = (of('metadata_type') ?? '').toLowerCase()
  switch (type) {
    case 'web':
      return ['web', 'web']
    case 's3_plain':
      return ['s3', 'plain']
    case 's3_plain_rewritable':
      return ['s3', 'plain_rewritable']
    case 's3':
      return ['s3', layout || 'local']
    case 'local':
      return ['local', 'tree']
    case 'local_blob_storage':
      return ['local', layout || 'local']
    case 'object_storage': {
      const store = (of('object_storage_type') ?? '').toLowerCase().replace('local_blob_storage', 'local')
      if (store === 'web') return ['web', layout || 'web']
      if (store === 's3' || store === 'local') return [store, layout || 'local']
      throw new DBError('NOT_IMPLEMENTED', `Object storage of type '${store}' is not supported: use s3, local or web`)
    }
  }
  throw new DBError(
    type === '' ? 'BAD_ARGUMENTS' : 'NOT_IMPLEMENTED',
    type === ''
      ? 'Disk function must have `type` argument'
      : `Disks of type '${type}' are not supported: use s3_plain_rewritable, s3_plain, s3, web, object_storage or local`,
  )
}

/** disk(name = value, ...): by name, and the disk that another one is for. */
function argumentsOf(call: FunctionCall): { values: Map<string, string>; inner: FunctionCall | null } {
  const values = new Map<string, string>()
  let inner: FunctionCall | null = null
  for (const arg of call.args) {
    const pair = asPair(arg)
    if (!pair) throw new DBError('BAD_ARGUMENTS', 'Arguments of disk() are of the form name = value')
    const { name, value } = pair
    if (value.kind === 'literal') values.set(name, String(value.value))
    else if (value.kind === 'identifier') values.set(name, value.parts.join('.'))
    else if (value.kind === 'function' && value.name === 'disk') inner = value
    else throw new DBError('BAD_ARGUMENTS', `The value of ${name} in disk() must be a literal`)
  }
  return { values, inner }
}

function asPair(arg: Expr): { name: string; value: Expr } | null {
  if (arg.kind !== 'function' || arg.name !== 'equals' || arg.args.length !== 2) return null
  const [name, value] = arg.args
  return name.kind === 'identifier' ? { name: name.parts.join('.'), value } : null
}

function s3Store(values: ReadonlyMap<string, string>): StoreDescription {
  const endpoint = endpointOf(values)
  if (endpoint.startsWith('r2:')) return { kind: 'platform', location: endpoint.replace(/\/+$/, '') }
  const text = (name: string) => values.get(name) || undefined
  const [accessKeyId, secretAccessKey] = [text('access_key_id'), text('secret_access_key')]
  const [sessionToken, region] = [text('session_token'), text('region')]
  const anonymous = ['1', 'true'].includes(values.get('no_sign_request') ?? '')
  return {
    kind: 's3',
    endpoint,
    options: {
      ...(region ? { region } : {}),
      ...(accessKeyId ? { accessKeyId } : {}),
      ...(secretAccessKey ? { secretAccessKey } : {}),
      ...(sessionToken ? { sessionToken } : {}),
      ...(anonymous ? { anonymous } : {}),
    },
  }
}

function endpointOf(values: ReadonlyMap<string, string>): string {
  const endpoint = values.get('endpoint')
  if (!endpoint) throw new DBError('BAD_ARGUMENTS', 'disk() needs an endpoint')
  if (!endpoint.endsWith('/')) throw new DBError('BAD_ARGUMENTS', "The endpoint of a disk must end with '/'")
  return endpoint
}

function pathOf(values: ReadonlyMap<string, string>): string {
  const path = values.get('path') ?? values.get('endpoint')
  if (!path) throw new DBError('BAD_ARGUMENTS', 'disk() of a local directory needs a path')
  return path
}

/** A statement as it may be shown: what a disk is made with, but its type, may be secret. */
export function shownStatement(text: string): string {
  if (!/\bdisk\s*\(/i.test(text)) return text
  const { statement } = parseStatement(text)
  return statement.kind === 'createTable' && hasOwnDisk(statement) ? formatAst(withoutSecrets(statement)) : text
}

export function withoutSecrets(create: CreateTable): CreateTable {
  const settings = create.storage?.settings?.map((setting): Setting => {
    const { value } = setting
    return setting.name === 'disk' && value?.kind === 'function' ? { ...setting, value: withoutValues(value) } : setting
  })
  return { ...create, uuid: undefined, storage: { ...create.storage, settings } }
}

function withoutValues(call: FunctionCall): FunctionCall {
  const args = call.args.map((arg): Expr => {
    const pair = asPair(arg)
    if (!pair || arg.kind !== 'function' || pair.name === 'type') return arg
    const { value } = pair
    if (value.kind === 'function' && value.name === 'disk') return { ...arg, args: [arg.args[0], withoutValues(value)] }
    return { ...arg, args: [arg.args[0], { kind: 'literal', value: hidden, start: 0, end: 0 }] }
  })
  return { ...call, args }
}

/** A query's text for logs: whatever looks like a secret of a disk is left out. */
export function hideSecrets(text: string): string {
  if (!/access_key_id|secret_access_key|session_token/i.test(text)) return text
  return text.replace(
    /\b(access_key_id|secret_access_key|session_token)(\s*=\s*)('(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.)*"?)/gis,
    `$1$2'${hidden}'`,
  )
}
