#!/usr/bin/env -S deno run -A
import { runProgram } from '../shared/cli/program.ts'
import { denoPlatform } from './platform.ts'
import { listen } from './server.ts'

runProgram({ platform: denoPlatform, listen })
