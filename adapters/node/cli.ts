#!/usr/bin/env node
import { runProgram } from '../shared/cli/program.ts'
import { nodePlatform } from './platform.ts'
import { listen } from './server.ts'

runProgram({ platform: nodePlatform, listen })
