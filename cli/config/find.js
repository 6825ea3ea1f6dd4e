// Finds the config file: the one that --config names, else eram.config.* in the working directory or the nearest folder above.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { EramError } from '../../index.js'

/** The names of config files. */
export const CONFIG_FILES = ['ts', 'mts', 'js', 'mjs', 'cjs'].map((ending) => `eram.config.${ending}`)

/**
 * The absolute path of the config file; undefined without one.
 * @param {string} [given]  as --config names it
 * @param {string} [from]  the folder in which to begin
 */
export function findConfig(given, from = process.cwd()) {
  if (given === undefined) return nearest(path.resolve(from))
  const file = path.resolve(from, given)
  if (existsSync(file)) return file
  throw new EramError('ERAM_CONFIG', `--config: expected a file that exists, got ${JSON.stringify(given)}`)
}

/** @param {string} folder @returns {string | undefined} */
function nearest(folder) {
  const found = CONFIG_FILES.map((name) => path.join(folder, name)).filter((file) => existsSync(file))
  if (found.length > 1) {
    throw new EramError(
      'ERAM_CONFIG',
      `eram.config: expected one config file in ${folder}, got ${found.map((file) => path.basename(file)).join(' and ')}`,
    )
  }
  const parent = path.dirname(folder)
  return found[0] ?? (parent === folder ? undefined : nearest(parent))
}
