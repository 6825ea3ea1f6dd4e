// Questions about the shape of objects that belong to somebody else.

import { EramError, shown } from '../shared/errors.js'

/**
 * Whether all of these are methods. Proxies that make up members, or throw, are taken at their word or as a no.
 * @param {any} object
 * @param {...string} names
 * @returns {boolean}
 */
export function has(object, ...names) {
  try {
    return names.every((name) => typeof object[name] === 'function')
  } catch {
    return false
  }
}

/** @param {unknown} value @returns {value is object} */
export function isObject(value) {
  return typeof value === 'object' && value !== null
}

/**
 * Entities that are no text cannot travel to a thread; an EntitySchema would even survive as an object that its library no
 * longer knows.
 * @param {Record<string, any>} config
 * @param {string[]} keys
 * @param {string} subject
 */
export function pathsOnly(config, keys, subject) {
  for (const key of keys) {
    for (const [name, value] of Object.entries(config[key] ?? {})) {
      if (typeof value === 'string') continue
      throw new EramError('ERAM_CONFIG', `${subject}.${key}[${name}]: expected a path or glob, got ${shown(value)}`)
    }
  }
}
