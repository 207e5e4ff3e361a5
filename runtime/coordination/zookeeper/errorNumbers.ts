import { type CoordinationErrorName, coordinationErrors } from '../errors.ts'
import type { Failure } from '../requests.ts'

const names = new Map(
  Object.entries(coordinationErrors).map(([name, number]) => [number as number, name as CoordinationErrorName]),
)
/** What servers answer besides. */
const others: ReadonlyMap<number, CoordinationErrorName> = new Map([
  [-5, 'BadArguments'], // could not be read
  [-119, 'Unsupported'], // the server takes reads alone
  [-120, 'Unsupported'], // ephemeral nodes in a local session
  [-122, 'OperationTimeout'],
  [-124, 'AuthFailed'], // sessions without SASL are closed
  [-127, 'QuotaExceeded'], // throttled
])

/** error: a number other than 0. */
export function failureOf(error: number): Failure {
  const name = names.get(error) ?? others.get(error)
  return name
    ? { kind: 'error', error: name }
    : { kind: 'error', error: 'SystemError', detail: `server's error ${error}` }
}

/** The number of an error as it is told to a client; 0: none. */
export function numberOf(error: CoordinationErrorName): number {
  return coordinationErrors[error]
}
