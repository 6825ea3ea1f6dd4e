#!/usr/bin/env node
// npx eramjs: the list of commands. Each is a file in commands/, or a folder with a list of its own, and a line here.

import * as attention from './commands/attention.js'
import * as audit from './commands/audit.js'
import * as completion from './commands/completion.js'
import * as crons from './commands/crons/index.js'
import * as dev from './commands/dev.js'
import * as doctor from './commands/doctor.js'
import * as environment from './commands/environment.js'
import * as grants from './commands/grants.js'
import * as health from './commands/health.js'
import * as init from './commands/init.js'
import * as jobs from './commands/jobs/index.js'
import * as mcp from './commands/mcp.js'
import * as metrics from './commands/metrics.js'
import * as migrate from './commands/migrate.js'
import * as nodes from './commands/nodes.js'
import * as pause from './commands/pause.js'
import * as queues from './commands/queues.js'
import * as resume from './commands/resume.js'
import * as rollback from './commands/rollback.js'
import * as scale from './commands/scale.js'
import * as skill from './commands/skill.js'
import * as sql from './commands/sql.js'
import * as status from './commands/status.js'
import * as web from './commands/web.js'
import * as worker from './commands/worker.js'
import { COMPLETE, complete } from './completion/index.js'
import { main } from './main.js'
import { terminal } from './terminal.js'

const commands = {
  init,
  dev,
  worker,
  web,
  mcp,
  migrate,
  rollback,
  status,
  sql,
  environment,
  queues,
  nodes,
  pause,
  resume,
  scale,
  attention,
  health,
  metrics,
  jobs,
  crons,
  audit,
  doctor,
  grants,
  skill,
  completion,
}

const [first, ...rest] = process.argv.slice(2)
// Not a command: only the scripts of `completion` use it.
if (first === COMPLETE) await complete(commands, rest, terminal)
else process.exitCode = await main(commands, process.argv.slice(2))
// What a config file opened, such as the connections of its driver, may keep the process alive.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
