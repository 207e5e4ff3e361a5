export { listen } from '../node/server.ts'
