// eramjs completion: prints the script with which a shell completes the command line.

import { EramError } from '../../index.js'
import { SCRIPTS } from '../completion/scripts.js'
import { DONE } from '../main.js'

/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

export const summary = 'Prints the completion of a shell'

export const about = `For ${Object.keys(SCRIPTS).join(', ')}; the first line of each says where it goes. Names of queues and workers come from the config
and the database, if that answers within 300 ms, or the milliseconds of $ERAM_COMPLETION_TIMEOUT.`

export const operand = 'shell'

export const choices = Object.keys(SCRIPTS)

/** @type {Record<string, Option>} */
export const options = {}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run({ shell, json }, io) {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
  if (script === undefined) {
    throw new EramError('ERAM_CONFIG', `completion: expected one of ${choices.join(', ')}, got ${JSON.stringify(shell)}`)
  }
  io.print(json ? JSON.stringify({ shell, script }) : script)
  return DONE
}
