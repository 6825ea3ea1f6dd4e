// The routes of the HTTP API, as they follow from the table: an operation with `remote` is one.

import { KINDS } from '../kinds.js'

/** @import { Schema } from '../kinds.js' */
/** @import { Operation, Option, Remote } from '../operation.js' */

/**
 * An option as a remote caller gives it.
 * @typedef {object} Parameter
 * @property {string} name
 * @property {'path' | 'query' | 'body'} place
 * @property {boolean} required
 * @property {Schema} schema
 * @property {'text' | 'number' | 'list' | 'json'} query  how the query of a URL has it
 * @property {Option} option
 */

/**
 * @typedef {object} Route
 * @property {string} name  of the operation
 * @property {Required<Remote>['method']} method
 * @property {string} path
 * @property {string} permission
 * @property {boolean} reads  it changes nothing
 * @property {Parameter[]} parameters
 * @property {Operation} operation
 */

/** @param {Operation[]} operations @returns {Route[]} */
export function routesOf(operations) {
  return operations.flatMap((operation) => (operation.remote ? routeOf(operation, operation.remote) : []))
}

/** @param {Operation} operation @param {Remote} remote @returns {Route} */
function routeOf(operation, { path, permission, method = operation.access === 'read' ? 'GET' : 'POST' }) {
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
  const rest = method === 'GET' || method === 'DELETE' ? 'query' : 'body'
  const options = Object.entries(operation.options).filter(([, { kind, remote }]) => KINDS[kind].json !== null && remote !== false)
  const parameters = options.map(([name, option]) => parameterOf(name, option, inPath.has(name) ? 'path' : rest))
  return { name: operation.name, method, path, permission, reads: operation.access === 'read', parameters, operation }
}

/** @param {string} name @param {Option} option @param {Parameter['place']} place @returns {Parameter} */
function parameterOf(name, option, place) {
  const { schema = {}, query = 'text' } = /** @type {import('../kinds.js').Kind} */ (KINDS[option.kind])
  const { remote_maximum: maximum } = option
  const limited = maximum === undefined ? schema : { ...schema, minimum: 0, maximum }
  return { name, place, required: option.required === true || place === 'path', schema: limited, query, option }
}
