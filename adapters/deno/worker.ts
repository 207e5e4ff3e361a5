import { runWorker } from '../shared/threads.ts'
import { denoPlatform } from './platform.ts'

runWorker(denoPlatform)
