// eramjs init: writes a config, a first job class and its test.

import { EramError } from '../../index.js'
import { diff } from '../init/diff.js'
import { apply, nextSteps, plan } from '../init/plan.js'
import { DRIVERS, inspectProject } from '../init/project.js'
import { DONE } from '../main.js'
import { execOf } from '../project/package-manager.js'

/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

export const summary = 'Writes a config, a first job class and its test'

export const about = `Finds out the package manager, module system, language, test runner and database library of the project in the
working directory, shows what it changes, and writes it: eram.config, jobs/hello, test/hello.test, and scripts in package.json. Files
that exist are kept, unless --force is given; of package.json only missing scripts are added.`

/** @type {Record<string, Option>} */
export const options = {
  'dry-run': { type: 'boolean', help: 'only show the changes' },
  force: { type: 'boolean', help: 'overwrite files that exist' },
  ts: { type: 'boolean', help: 'write TypeScript (default: if the project has it)' },
  js: { type: 'boolean', help: 'write JavaScript' },
  driver: {
    type: 'string',
    value: 'library',
    choices: DRIVERS,
    help: `the database library (default: that of the project): ${DRIVERS.join(', ')}`,
  },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { 'dry-run': dry = false, force = false, ts, js, driver, json = false } = values
  if (ts && js) throw new EramError('ERAM_CONFIG', 'init: expected one of --ts and --js, got both')
  if (driver !== undefined && !DRIVERS.includes(driver)) {
    throw new EramError('ERAM_CONFIG', `--driver: expected one of ${DRIVERS.join(', ')}, got ${JSON.stringify(driver)}`)
  }
  const project = inspectProject(process.cwd(), io.env, { ts, js, driver })
  const changes = plan(project, { force })
  if (!dry) await apply(project, changes)
  const next = nextSteps(project, execOf(project.manager))
  if (json) {
    io.print(JSON.stringify({ files: changes.map(({ path, action }) => ({ path, action })), written: !dry, next }))
    return DONE
  }
  for (const { path, action, before, after } of changes) {
    if (action === 'keep') io.warn(`eramjs: ${path}: kept, as it exists; --force overwrites it`)
    else if (action !== 'same') io.print(`${diff(path, before, after)}\n`)
  }
  io.print(dry ? 'Nothing was written.' : `Next:\n${next.map((line) => `  ${line}`).join('\n')}`)
  return DONE
}
