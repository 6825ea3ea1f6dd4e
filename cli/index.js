#!/usr/bin/env node
// npx eramjs: the list of commands. Each is a file in commands/, or a folder with a list of its own, and a line here.

import * as crons from './commands/crons/index.js'
import * as doctor from './commands/doctor.js'
import * as environment from './commands/environment.js'
import * as grants from './commands/grants.js'
import * as health from './commands/health.js'
import * as jobs from './commands/jobs/index.js'
import * as migrate from './commands/migrate.js'
import * as nodes from './commands/nodes.js'
import * as pause from './commands/pause.js'
import * as queues from './commands/queues.js'
import * as resume from './commands/resume.js'
import * as rollback from './commands/rollback.js'
import * as scale from './commands/scale.js'
import * as sql from './commands/sql.js'
import * as status from './commands/status.js'
import * as worker from './commands/worker.js'
import { main } from './main.js'

const commands = {
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
  health,
  worker,
  jobs,
  crons,
  doctor,
  grants,
}

process.exitCode = await main(commands, process.argv.slice(2))
