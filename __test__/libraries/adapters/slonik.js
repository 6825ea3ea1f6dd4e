// Slonik: the connection of pool.transaction().
import assert from 'node:assert/strict'
import { createPool, createTypeParserPreset, sql } from 'slonik'
import { template } from './shared.js'

/** @import { Open } from '../../support/transactions.js' */

/** @param {object} [options] @returns {Open} */
const adapter =
  (options) =>
  async ({ url, connections = 4 }) => {
    const pool = await createPool(url, { maximumPoolSize: connections, ...options })
    return {
      transaction: (fn) => pool.transaction(fn),
      savepoint: (tx, fn) => tx.transaction(fn),
      statement: (tx, text, values) => tx.query(sql.unsafe(template(text), ...values)),
      outside: () => [pool],
      ended: 'refused',
      close: () => pool.end(),
    }
  }

/** @type {Record<string, Open>} */
export const adapters = {
  slonik: adapter(),
  // What applications are advised to use: names in another case, and rows that are checked by a schema.
  'slonik with interceptors and type parsers': adapter({
    typeParsers: [...createTypeParserPreset(), { name: 'text', parse: (/** @type {string} */ text) => text }],
    interceptors: [
      {
        name: 'camel case',
        transformRow: (/** @type {unknown} */ _context, /** @type {any} */ query, /** @type {object} */ row) => {
          assert.match(query.sql, /eram_enqueue|select/i)
          return Object.fromEntries(Object.entries(row).map(([key, value]) => [key.replace(/_(.)/g, (_, c) => c.toUpperCase()), value]))
        },
      },
    ],
  }),
}
