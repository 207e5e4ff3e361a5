import { DBError, type ErrorName, toDBError } from '../core/errors.ts'

/**
 * What a statement fails with: ClickHouse's number in `code`, its name in `name` (UNKNOWN_TABLE), and what was wrong in `message`.
 * The stack is that of the call that was wrong, without what lies inside.
 */
export class GranaryError extends DBError {
  override readonly name: ErrorName
  /** Of the query in system.query_log; '' where it got no further than this library. */
  readonly queryId: string

  constructor(name: ErrorName, message: string, options: { cause?: unknown; queryId?: string } = {}) {
    super(name, message, options)
    this.name = name
    this.queryId = options.queryId ?? ''
  }
}

/** Where a call came from, so that an error that shows up later can say so. */
export type Origin = Error

/** To be called by what users call, with itself: the frames up to it are left out where the runtime can do so. */
export function originOf(called: (...values: never[]) => unknown): Origin {
  const origin = new Error()
  const { captureStackTrace } = Error as { captureStackTrace?(target: object, above: unknown): void }
  captureStackTrace?.(origin, called)
  return origin
}

export function granaryError(cause: unknown, queryId: string, origin?: Origin): GranaryError {
  const known = toDBError(cause)
  const error = known instanceof GranaryError ? known : new GranaryError(known.errorName, known.message, { queryId })
  if (known !== cause) error.cause = cause
  if (origin) {
    const frames = (origin.stack ?? '').split('\n').filter(line => /^\s+at |@/.test(line))
    error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
  }
  return error
}
