// What every Coordinator must do, whatever lies behind it.
import { test } from 'node:test'
import { aclContract } from './contract/acl.ts'
import { connectionContract } from './contract/connections.ts'
import { multiContract } from './contract/multi.ts'
import { nodeContract } from './contract/nodes.ts'
import { sessionContract } from './contract/sessions.ts'
import { type Capabilities, type Contract, contractOf, type Subject } from './contract/subject.ts'
import { watchContract } from './contract/watches.ts'

export type { Capabilities, Subject } from './contract/subject.ts'

export function coordinatorContract(name: string, make: () => Promise<Subject>, capabilities: Capabilities): void {
  const contract: Contract = contractOf(name, make, capabilities)
  nodeContract(contract)
  aclContract(contract)
  watchContract(contract)
  sessionContract(contract)
  multiContract(contract)
  if (capabilities.hasWire) connectionContract(contract)
  // Tests of a file are run one after the other: this is the last of this kind.
  test(`${name}: is stopped`, () => contract.stop())
}
