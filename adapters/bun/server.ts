export { listen } from '../shared/httpServer.ts'
export type { HttpServer, ListenOptions } from '../shared/listen.ts'
export { createApp } from '../../runtime/server/app.ts'
