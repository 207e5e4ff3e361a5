// Granary in a page: the engine runs in a worker of its own, and keeps what it stores in the origin's private file system.
export { DBError } from '../../runtime/core/errors.ts'
export { createApp } from '../../runtime/server/app.ts'
export type { Engine, EngineOptions, Progress, QueryRequest, QueryResult } from '../../runtime/engine/contract.ts'
export { type OpenedEngine, openEngine } from './openEngine.ts'
