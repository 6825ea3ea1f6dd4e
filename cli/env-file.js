// Variables from a file: the one that --env-file names, else .env in the working directory if it is there. Those of the environment
// take precedence.

import { readFileSync } from 'node:fs'
import * as util from 'node:util'
import { EramError } from '../index.js'

const DEFAULT = '.env'

/**
 * Adds the variables of a file to `env`.
 * @param {Record<string, string | undefined>} env
 * @param {string} [file]  as --env-file names it
 */
export function loadEnvFile(env, file) {
  const text = read(file)
  if (text === undefined) return
  // An empty variable counts as unset, as everywhere.
  for (const [name, value] of Object.entries(util.parseEnv(text))) if (!env[name]) env[name] = value
}

/** The text of the file; undefined without one. @param {string | undefined} file */
function read(file) {
  // Node 20.11 cannot read such files.
  if (typeof util.parseEnv !== 'function') {
    if (file === undefined) return undefined
    throw new EramError(
      'ERAM_CONFIG',
      `--env-file: expected Node.js 20.12 or later, got ${process.version}; set the variables in the shell`,
    )
  }
  try {
    return readFileSync(file ?? DEFAULT, 'utf8')
  } catch (cause) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (cause)
    if (file === undefined && (code === 'ENOENT' || code === 'EISDIR')) return undefined
    throw new EramError('ERAM_CONFIG', `--env-file: expected a file that can be read, got ${file ?? DEFAULT} (${code})`, { cause })
  }
}
