import { runWorker } from '../shared/threads.ts'
import { bunPlatform } from './platform.ts'

runWorker(bunPlatform)
