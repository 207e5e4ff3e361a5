import { DBError } from '../core/errors.ts'

/** What can go wrong, with ZooKeeper's numbers on the wire. The comments say what the caller may assume. */
export const coordinationErrors = {
  /** The node, or its parent in a create, is not there. Nothing was changed. */
  NoNode: -101,
  /** Nothing was changed. */
  NodeExists: -110,
  /** The node has another version than the one stated. Nothing was changed. */
  BadVersion: -103,
  /** A node with children is not deleted. */
  NotEmpty: -111,
  NoChildrenForEphemerals: -108,
  /** The node's list of rights does not allow it. Nothing was changed. */
  NoAuth: -102,
  InvalidAcl: -114,
  /** The credentials of the session were refused; the session is of no use any more. */
  AuthFailed: -115,
  /** Refused before it was sent, or by the server as malformed. Nothing was changed. */
  BadArguments: -8,
  /**
   * The connection ended before the answer came. The outcome is unknown: it may have been done, it may yet be done (until the session
   * is connected again), or never, unless `isUnsent`. The session may live on: ephemeral nodes and watches with it.
   */
  ConnectionLoss: -4,
  /** No answer in the time that the caller gave. The outcome is unknown, unless `isUnsent`. */
  OperationTimeout: -7,
  /** The session is gone for good, its ephemeral nodes with it. What had no answer before may have been done; this was not. */
  SessionExpired: -112,
  /** Another server has the session since. Connect again; the outcome is as with ConnectionLoss. */
  SessionMoved: -118,
  /** The session was closed by its owner. What had no answer before may have been done; this was not. */
  Closed: -116,
  /** This kind of coordinator, or the server, cannot do it. Nothing was changed. */
  Unsupported: -6,
  /** In a multi: was not done, as another operation of it failed. */
  RolledBack: -2,
  /** The server is limited and full: nodes, bytes, sessions, requests in flight. Nothing was changed. */
  QuotaExceeded: -125,
  /** The server failed in itself (its disk, say). The outcome is unknown. */
  SystemError: -1,
} as const

export type CoordinationErrorName = keyof typeof coordinationErrors

const texts: Record<CoordinationErrorName, string> = {
  NoNode: 'No node',
  NodeExists: 'Node exists',
  BadVersion: 'Bad version',
  NotEmpty: 'Not empty',
  NoChildrenForEphemerals: 'Ephemeral nodes may not have children',
  NoAuth: 'Not authenticated',
  InvalidAcl: 'Invalid ACL',
  AuthFailed: 'Authentication failed',
  BadArguments: 'Bad arguments',
  ConnectionLoss: 'Connection loss',
  OperationTimeout: 'Operation timeout',
  SessionExpired: 'Session expired',
  SessionMoved: 'Session moved to another server',
  Closed: 'Session closed',
  Unsupported: 'Not supported',
  RolledBack: 'Rolled back, as another operation failed',
  QuotaExceeded: 'Quota exceeded',
  SystemError: 'System error',
}

export interface CoordinationErrorDetails {
  /** Surely not done, though the error's name leaves it open. */
  readonly isUnsent?: boolean
  /** Of a multi: the operation that failed. */
  readonly failedIndex?: number
  readonly cause?: unknown
}

/** To the user of SQL an error 999, as in ClickHouse. */
export class CoordinationError extends DBError {
  readonly isUnsent: boolean
  readonly failedIndex: number | null

  constructor(
    readonly kind: CoordinationErrorName,
    /** The path, or what was wrong. */
    readonly detail: string,
    { isUnsent = false, failedIndex, cause }: CoordinationErrorDetails = {},
  ) {
    super(
      'KEEPER_EXCEPTION',
      `Coordination error: ${texts[kind]}${detail ? `, ${detail.startsWith('/') ? 'path ' : ''}${detail}` : ''}`,
      {
        cause,
      },
    )
    this.name = 'CoordinationError'
    this.isUnsent = isUnsent
    this.failedIndex = failedIndex ?? null
  }

  /** Whether it may have been done, or may yet be done. */
  get isOutcomeUnknown(): boolean {
    return !this.isUnsent && outcomeUnknown.has(this.kind)
  }

  /** Whether the same session may do it later: the connection was at fault, not the request. */
  get isRetriable(): boolean {
    return retriable.has(this.kind)
  }
}

const outcomeUnknown = new Set<CoordinationErrorName>([
  'ConnectionLoss',
  'OperationTimeout',
  'SessionMoved',
  'SystemError',
])
const retriable = new Set<CoordinationErrorName>(['ConnectionLoss', 'OperationTimeout', 'SessionMoved'])

export function isCoordinationError(error: unknown, ...kinds: CoordinationErrorName[]): error is CoordinationError {
  return error instanceof CoordinationError && (kinds.length === 0 || kinds.includes(error.kind))
}
