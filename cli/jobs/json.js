// Reads JSON of the command line.

import { EramError } from '../../index.js'

/**
 * An object in JSON.
 * @param {string} text
 * @param {string} subject
 * @returns {Record<string, any>}
 */
export function readJson(text, subject) {
  try {
    const value = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // The error says what came.
  }
  throw new EramError('ERAM_CONFIG', `${subject}: expected an object in JSON, got ${JSON.stringify(text.slice(0, 80))}`)
}
