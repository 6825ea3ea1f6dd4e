// Files that the command line imports: a config, and files of job classes. The program of an application imports its own.

import { state } from '../shared/global-state.js'
import { importFile, typeScriptHint } from '../shared/import-file.js'
import { headline } from '../shared/serialize.js'

/**
 * The exports of a file, or why it could not be imported.
 * @param {string} path
 * @returns {Promise<{ exports: Record<string, any> } | { problem: string, cause: unknown, typescript: boolean }>}
 */
export async function importProgramFile(path) {
  try {
    return { exports: await importFile(path) }
  } catch (cause) {
    return { problem: headline(cause), cause, typescript: typeScriptHint(cause) !== '' }
  }
}

/** The classes that this isolate has registered: the name of the worker, its queue, and the file that it came from. */
export function registeredClasses() {
  return [...new Set(state.workers.values())].map(({ name, registration, origin }) => ({
    name,
    queue: registration.queue ?? 'default',
    file: registration.filename ?? origin.file,
  }))
}
