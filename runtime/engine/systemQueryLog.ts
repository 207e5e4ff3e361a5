import type { Value } from '../types/value.ts'
import type { LoggedQuery } from './processes.ts'
import type { SystemTable } from './systemTables.ts'

const seconds = (ms: number) => Math.floor(ms / 1000)
const micros = (ms: number) => BigInt(Math.round(ms * 1000))
const big = (value: number) => BigInt(Math.max(0, Math.round(value)))

/** As ClickHouse numbers how a query came in. */
const interfaces = { http: 2, local: 4 }

/** system.query_log: one row for a query's end. */
export const systemQueryLog: SystemTable = {
  columns: [
    ['hostname', 'LowCardinality(String)'],
    ['type', "Enum8('QueryStart' = 1, 'QueryFinish' = 2, 'ExceptionBeforeStart' = 3, 'ExceptionWhileProcessing' = 4)"],
    ['event_date', 'Date'],
    ['event_time', 'DateTime'],
    ['event_time_microseconds', 'DateTime64(6)'],
    ['query_start_time', 'DateTime'],
    ['query_start_time_microseconds', 'DateTime64(6)'],
    ['query_duration_ms', 'UInt64'],
    ['read_rows', 'UInt64'],
    ['read_bytes', 'UInt64'],
    ['written_rows', 'UInt64'],
    ['written_bytes', 'UInt64'],
    ['result_rows', 'UInt64'],
    ['result_bytes', 'UInt64'],
    ['memory_usage', 'UInt64'],
    ['current_database', 'LowCardinality(String)'],
    ['query', 'String'],
    ['query_kind', 'LowCardinality(String)'],
    ['exception_code', 'Int32'],
    ['exception', 'String'],
    ['stack_trace', 'String'],
    ['is_initial_query', 'UInt8'],
    ['user', 'LowCardinality(String)'],
    ['query_id', 'String'],
    ['address', 'IPv6'],
    ['port', 'UInt16'],
    ['initial_user', 'LowCardinality(String)'],
    ['initial_query_id', 'String'],
    ['interface', 'UInt8'],
    ['client_hostname', 'LowCardinality(String)'],
    ['client_name', 'LowCardinality(String)'],
    ['http_method', 'UInt8'],
    ['http_user_agent', 'LowCardinality(String)'],
    ['log_comment', 'String'],
    ['Settings', 'Map(LowCardinality(String), LowCardinality(String))'],
  ],
  *rows(engine) {
    for (const entry of engine.queryLog.all()) yield row(entry, engine.platform.hostName)
  },
}

function row(entry: LoggedQuery, hostName: string): Value[] {
  const { queryId, text, user, startedMs, elapsedMs, error, progress: p, request } = entry
  const endMs = startedMs + elapsedMs
  const { client } = request
  const httpMethod = client.interface === 'http' ? (client.httpMethod === 'POST' ? 2 : 1) : 0
  const settings = Object.entries(request.settings)
  return [
    ...[
      hostName,
      error ? (entry.hasStarted ? 4 : 3) : 2,
      Math.floor(endMs / 86_400_000),
      seconds(endMs),
      micros(endMs),
    ],
    ...[seconds(startedMs), micros(startedMs), big(elapsedMs)],
    ...[p.readRows, p.readBytes, p.writtenRows, p.writtenBytes, p.resultRows, p.resultBytes, p.memoryUsage].map(big),
    ...[entry.database, text, entry.kind, error?.code ?? 0, error?.describe() ?? '', '', 1, user, queryId],
    ...[ipv6(client.address), 0, user, queryId, interfaces[client.interface], '', '', httpMethod, client.userAgent],
    request.settings.log_comment ?? '',
    settings,
  ]
}

/** The address as a number; an IPv4 one in IPv6's form for those. */
function ipv6(address: string): bigint {
  const parts = address.replace(/^::ffff:/, '').split('.')
  if (parts.length !== 4) return address === '::1' ? 1n : 0n
  return 0xffff00000000n + parts.reduce((sum, part) => sum * 256n + BigInt(Number(part) || 0), 0n)
}
