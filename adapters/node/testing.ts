// granary/testing: a server for the tests of a program that talks to ClickHouse.
import { startTestServer, type TestServer, type TestServerOptions } from '../shared/testServer.ts'
import { nodePlatform } from './platform.ts'
import { listen } from './server.ts'

export type { TestServer, TestServerOptions } from '../shared/testServer.ts'

/** In memory unless a path is given, on a free port of this machine. */
export function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  return startTestServer(nodePlatform({ logLevel: 'error', ...options }), listen, options)
}
