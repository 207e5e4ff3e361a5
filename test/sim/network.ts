import type { Platform } from '../../runtime/platform.ts'
import type { Life } from './machine.ts'

export class Network {
  doors(_life: Life): Pick<Platform, 'connect' | 'listenTcp'> {
    return {}
  }
}
