import type { Value } from '../types/value.ts'
import { DictionaryStorage } from './dictionary.ts'
import type { SystemTable } from './systemTables.ts'

const statuses =
  "'NOT_LOADED' = 0, 'LOADED' = 1, 'FAILED' = 2, 'LOADING' = 3, 'FAILED_AND_RELOADING' = 4, 'LOADED_AND_RELOADING' = 5, 'NOT_EXIST' = 6"
const statusNumbers: Record<string, number> = { NOT_LOADED: 0, LOADED: 1, FAILED: 2, LOADING: 3 }

/** system.dictionaries. */
export const systemDictionaries: SystemTable = {
  columns: [
    ['database', 'String'],
    ['name', 'String'],
    ['uuid', 'UUID'],
    ['status', `Enum8(${statuses})`],
    ['origin', 'String'],
    ['type', 'String'],
    ['key.names', 'Array(String)'],
    ['key.types', 'Array(String)'],
    ['attribute.names', 'Array(String)'],
    ['attribute.types', 'Array(String)'],
    ['bytes_allocated', 'UInt64'],
    ['hierarchical_index_bytes_allocated', 'UInt64'],
    ['query_count', 'UInt64'],
    ['hit_rate', 'Float64'],
    ['found_rate', 'Float64'],
    ['element_count', 'UInt64'],
    ['load_factor', 'Float64'],
    ['source', 'String'],
    ['lifetime_min', 'UInt64'],
    ['lifetime_max', 'UInt64'],
    ['loading_start_time', 'DateTime'],
    ['last_successful_update_time', 'DateTime'],
    ['error_count', 'UInt64'],
    ['loading_duration', 'Float32'],
    ['last_exception', 'String'],
    ['comment', 'String'],
  ],
  *rows(engine) {
    for (const { tables } of engine.catalog.databases.values())
      for (const { database, name, uuid, storage, comment } of tables.values()) {
        if (!(storage instanceof DictionaryStorage)) continue
        const { spec, status, lifetime } = storage
        const isLoaded = status === 'LOADED'
        const keys = spec.columns.filter(column => spec.keys.includes(column.name))
        const attributes = spec.columns.filter(column => !spec.keys.includes(column.name))
        const { rows, bytes } = storage.size()
        const seconds = (ms: number) => Math.floor(ms / 1000)
        yield [
          database,
          name,
          BigInt(`0x${uuid.replace(/-/g, '')}`),
          statusNumbers[status],
          uuid,
          isLoaded ? storage.shownType : '',
          keys.map(column => column.name),
          keys.map(column => column.type),
          attributes.map(column => column.name),
          attributes.map(column => column.type),
          BigInt(bytes),
          BigInt(isLoaded && storage.isBidirectional ? bytes : 0),
          0n,
          0,
          0,
          BigInt(rows),
          0,
          isLoaded ? storage.source : '',
          BigInt(isLoaded ? lifetime.min : 0),
          BigInt(isLoaded ? lifetime.max : 0),
          seconds(storage.startedMs),
          seconds(storage.loadedMs),
          BigInt(storage.errors),
          storage.loadMs / 1000,
          storage.error?.message ?? '',
          comment,
        ] satisfies Value[]
      }
  },
}
