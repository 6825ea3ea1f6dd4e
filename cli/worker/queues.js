// The queues of a worker: those of the config, less or more what the command line says.

import { EramError } from '../../index.js'

/** @import { QueueOptions } from '../../index.js' */

/** @typedef {Record<string, number | QueueOptions>} Queues */

/** Jobs of a queue that run at once, where neither the config nor the command line says. */
export const LIMIT = 10

/**
 * @param {Queues | undefined} configured
 * @param {{ queues?: string, except?: string[] }} given
 * @returns {Queues}
 */
export function queuesOf(configured, { queues: chosen, except = [] }) {
  const all = chosen === undefined ? (configured ?? { default: LIMIT }) : chosenOf(chosen, configured ?? {})
  const left = { ...all }
  for (const name of except.flatMap((each) => each.split(',')).map((each) => each.trim())) {
    if (!Object.hasOwn(all, name)) {
      throw new EramError(
        'ERAM_CONFIG',
        `--except: expected some of the queues ${Object.keys(all).join(', ')}, got ${JSON.stringify(name)}`,
      )
    }
    delete left[name]
  }
  if (Object.keys(left).length > 0) return left
  throw new EramError('ERAM_CONFIG', 'worker: expected at least one queue, got none')
}

/** @param {string} text @param {Queues} configured @returns {Queues} */
function chosenOf(text, configured) {
  const queues = text.split(',').map((each) => {
    const [, name, limit] = /^\s*([^=\s]+)(?:=(\d{1,6}))?\s*$/.exec(each) ?? []
    if (name === undefined || limit === '0') {
      throw new EramError(
        'ERAM_CONFIG',
        `--queues: expected names, each with a limit or without, such as emails,reports=2, got ${JSON.stringify(text)}`,
      )
    }
    return [name, limited(configured[name], limit)]
  })
  return Object.fromEntries(queues)
}

/** @param {number | QueueOptions | undefined} options  of the config @param {string | undefined} limit  of the command line */
function limited(options, limit) {
  if (limit === undefined) return options ?? LIMIT
  return typeof options === 'object' ? { ...options, limit: Number(limit) } : Number(limit)
}

/**
 * The queues with options of Node.js for their job threads, where they have none.
 * @param {Queues} queues
 * @param {string[]} flags
 * @returns {Queues}
 */
export function withFlags(queues, flags) {
  if (flags.length === 0) return queues
  return Object.fromEntries(
    Object.entries(queues).map(([name, options]) => [
      name,
      { exec_argv: flags, ...(typeof options === 'object' ? options : { limit: options }) },
    ]),
  )
}
