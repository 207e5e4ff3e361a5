// Operations of a multi, written short.
import { encodeText } from '../core/text.ts'
import type { CreateOptions } from './coordinator.ts'
import { type Operation, openAcl } from './requests.ts'

export function create(path: string, data: Uint8Array | string = '', options: CreateOptions = {}): Operation {
  const { isEphemeral = false, isSequential = false, acl = openAcl } = options
  return { kind: 'create', path, data: bytesOf(data), acl, isEphemeral, isSequential }
}

export function set(path: string, data: Uint8Array | string, version = -1): Operation {
  return { kind: 'set', path, data: bytesOf(data), version }
}

export function remove(path: string, version = -1): Operation {
  return { kind: 'delete', path, version }
}

export function check(path: string, version = -1): Operation {
  return { kind: 'check', path, version }
}

export function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? encodeText(data) : data
}
