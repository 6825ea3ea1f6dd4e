// Objects that run statements through tx[Symbol.for('eram.executor')](sql, params): for libraries that EramJS does not know, and
// for wrappers around others.

/** @import { Library } from './index.js' */

const EXECUTOR = Symbol.for('eram.executor')

/** @type {Library} */
export const executor = {
  name: 'eram.executor',
  matches: (tx) => typeof tx[EXECUTOR] === 'function',
  open: () => undefined,
  query: (tx, sql, params) => tx[EXECUTOR](sql, params),
}
