// Granary inside a program of your own.
export { DBError } from '../../runtime/core/errors.ts'
export type { Engine, EngineOptions, Progress, QueryRequest, QueryResult } from '../../runtime/engine/contract.ts'
export { createEngine } from '../../runtime/engine/engine.ts'
export { createApp } from '../../runtime/server/app.ts'
export { LocalDisk } from '../shared/disk.ts'
export { nodePlatform } from './platform.ts'
export { listen } from './server.ts'
