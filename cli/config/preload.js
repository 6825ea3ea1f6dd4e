// --import: modules that are imported before the config and the job classes, such as the hooks of tsx. Job threads and job processes
// get them by the option exec_argv of their queues.

import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { EramError } from '../../index.js'

/**
 * Imports modules as `node --import` does.
 * @param {string[]} names  packages, or paths relative to the working directory
 */
export async function preload(names) {
  for (const name of names) {
    try {
      await import(urlOf(name))
    } catch (cause) {
      const message = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
      throw new EramError('ERAM_CONFIG', `--import: expected a module that can be imported, got ${JSON.stringify(name)}: ${message}`, {
        cause,
      })
    }
  }
}

/**
 * The options of Node.js with which job threads import the modules too.
 * @param {string[]} names
 */
export function importFlags(names) {
  return names.flatMap((name) => ['--import', urlOf(name)])
}

/** @param {string} name */
function urlOf(name) {
  if (/^(file|data|node):/.test(name)) return name
  if (/^\.{0,2}[\\/]/.test(name) || path.isAbsolute(name)) return pathToFileURL(path.resolve(name)).href
  // A package of the project, which may have another one than this package has.
  return pathToFileURL(createRequire(path.join(process.cwd(), 'any.js')).resolve(name)).href
}
