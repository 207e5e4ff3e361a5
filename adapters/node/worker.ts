import { runWorker } from '../shared/threads.ts'
import { nodePlatform } from './platform.ts'

runWorker(nodePlatform)
