// Imports the files of job classes, and warns of what does not fit together.

import path from 'node:path'
import { EramError } from '../../index.js'
import { importProgramFile, registeredClasses } from '../../lib/loading/index.js'
import { filesOf } from './glob.js'
import { typeScript } from './read.js'

/** @import { Config } from './read.js' */

/**
 * Imports the files that the config and the command line name.
 * @param {Config | undefined} config
 * @param {string[]} given  files of the command line
 * @param {(text: string) => void} warn
 */
export async function loadClasses(config, given, warn) {
  const { files, unmatched } = config ? filesOf(config.jobs, config.folder) : { files: [], unmatched: [] }
  for (const pattern of unmatched) warn(`jobs: expected files that match ${JSON.stringify(pattern)}, got none`)
  for (const file of files) await load(file, path.relative(process.cwd(), file), warn)
  for (const file of given) await load(path.resolve(file), file, warn)
}

/**
 * Warns of queues for which no class was registered: their jobs would fail here.
 * @param {string[]} queues
 * @param {(text: string) => void} warn
 */
export function checkQueues(queues, warn) {
  const classes = registeredClasses()
  if (classes.length === 0) {
    warn('no job class is registered: every job fails here, and is tried again')
    return
  }
  // A job may be enqueued into another queue than that of its class, so this is not an error.
  for (const queue of queues) {
    if (!classes.some((each) => each.queue === queue))
      warn(`queue ${JSON.stringify(queue)}: expected a job class with this queue, got none`)
  }
}

/** @param {string} file @param {string} shown @param {(text: string) => void} warn */
async function load(file, shown, warn) {
  const before = registeredClasses().length
  const read = await importProgramFile(file)
  if ('problem' in read) {
    if (read.cause instanceof EramError) throw read.cause
    throw new EramError(
      'ERAM_LOAD',
      `${shown}: expected a module that registers job classes, got an error: ${read.problem}${typeScript(read)}`,
      {
        cause: read.cause,
      },
    )
  }
  const after = registeredClasses()
  if (after.length === before && !after.some((each) => each.file === file)) warn(`${shown}: expected it to register a job class, got none`)
}
