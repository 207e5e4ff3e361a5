import { runWorker } from '../shared/threads.ts'
import { denoPlatform } from './platform.ts'
import { denoWire } from './wire.ts'

runWorker(denoPlatform, denoWire)
