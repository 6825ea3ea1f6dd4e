// Checks that the entities of a config are paths.

import { invalidOption } from '../shared/validate.js'

/**
 * Throws unless entities are given as paths: others cannot be sent to a thread, and an EntitySchema would even arrive, as an
 * object that its library does not recognize.
 * @param {Record<string, any>} config
 * @param {string[]} keys
 * @param {string} subject
 */
export function pathsOnly(config, keys, subject) {
  for (const key of keys) {
    for (const [name, value] of Object.entries(config[key] ?? {})) {
      if (typeof value === 'string') continue
      throw invalidOption(`${subject}.${key}[${name}]`, 'a path or glob', value)
    }
  }
}
