#!/usr/bin/env bun
import { runProgram } from '../shared/cli/program.ts'
import { bunPlatform } from './platform.ts'
import { listen } from './server.ts'

runProgram({ platform: bunPlatform, listen })
