// Granary in a Worker: tables that lie in R2, S3 or on a web server, behind ClickHouse's HTTP interface.
export { DBError } from '../../runtime/core/errors.ts'
export { createEngine } from '../../runtime/engine/engine.ts'
export { createApp } from '../../runtime/server/app.ts'
export { edgePlatform, type EdgePlatformOptions } from './platform.ts'
export { type R2Bucket, R2Store } from './r2Store.ts'
export { createReplica, type ExecutionContext, type Replica, type ReplicaOptions } from './replica.ts'
