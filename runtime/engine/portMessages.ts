// What an engine and its users say to each other across a message port, when they do not live in one thread: PortEngine on the
// user's side, serveEngine beside the engine. Everything is plain data that can be cloned; bytes are given away, not copied.
//
//   user                                  engine
//   execute, [body: bytes..., null]  ->
//                                   <-    wants (a piece of the body), progress
//                                   <-    head, output..., end     or  failed
//   taken (so much of the output)    ->
//   abort                            ->
import { DBError, type ErrorName, errorCodes } from '../core/errors.ts'
import type { Credentials, Metric, Progress, QueryRequest, ReplicaStatus } from './contract.ts'
import type { WireError } from './messages.ts'

/** One end of a channel: a MessagePort, a worker, or what a worker has to its page. */
export interface Port {
  post(message: unknown, transfer?: ArrayBuffer[]): void
  /** Called once, before the first message can come. */
  listen(onMessage: (message: unknown) => void): void
}

/** A request without what cannot be cloned. */
export type SentRequest = Omit<QueryRequest, 'body' | 'session' | 'signal' | 'onProgress'> & {
  readonly hasBody: boolean
  readonly wantsProgress: boolean
  /** The session's id; its state lives beside the engine. */
  readonly sessionId?: string
}

export type ToEngine =
  | { readonly kind: 'execute'; readonly id: number; readonly request: SentRequest }
  /** A piece of the request's body; null: its end; error: there will be no more. */
  | { readonly kind: 'body'; readonly id: number; readonly bytes: Uint8Array | null; readonly error?: string }
  | { readonly kind: 'abort'; readonly id: number }
  /** So many bytes of output have been read. */
  | { readonly kind: 'taken'; readonly id: number; readonly bytes: number }
  | { readonly kind: 'endSession'; readonly user: string; readonly sessionId: string }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }

export type Question =
  | { readonly kind: 'authenticate'; readonly credentials: Credentials }
  | { readonly kind: 'replicasStatus' }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'close'; readonly graceMs?: number }

export type Answer = readonly ReplicaStatus[] | readonly Metric[] | null

export type FromEngine =
  | {
      readonly kind: 'head'
      readonly id: number
      readonly queryId: string
      readonly format: string | null
      readonly contentType: string
      readonly timeZone: string
      readonly hasBody: boolean
      readonly session?: SessionState
    }
  | { readonly kind: 'output'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  /** The next piece of the request's body is welcome. */
  | { readonly kind: 'wants'; readonly id: number }
  /** Nobody reads the request's body any more. */
  | { readonly kind: 'unread'; readonly id: number }
  /** The query has ended. summaryError: the output tells of it by itself. */
  | {
      readonly kind: 'end'
      readonly id: number
      readonly summary: Progress | null
      readonly summaryError?: WireError
      readonly bodyError?: WireError
    }
  /** Before its head. */
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError; readonly session?: SessionState }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer; readonly error?: WireError }

/** What queries change of a session and its owner looks at. */
export interface SessionState {
  readonly settings: readonly (readonly [string, string])[]
  readonly database: string
}

export function toWire({ errorName, code, message, isInResult }: DBError): WireError {
  return { name: errorName, code, message, isInResult }
}

export function fromWire({ name, message, isInResult }: WireError): DBError {
  const error = new DBError((name in errorCodes ? name : 'LOGICAL_ERROR') as ErrorName, message)
  error.isInResult = isInResult ?? false
  return error
}

/** Bytes that may be given away: those that share their memory with others are copied. */
export function ownBytes(bytes: Uint8Array): Uint8Array & { readonly buffer: ArrayBuffer } {
  const isWhole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength
  return (isWhole && bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice()) as Uint8Array & {
    readonly buffer: ArrayBuffer
  }
}
