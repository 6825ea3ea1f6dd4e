// What enqueueing promises in a transaction of any library; a file in __test__/libraries/adapters says how each opens one.
import { test } from 'node:test'
import { withSchema } from './database.js'
import { runRandomTransactions } from './random-transactions.js'
import { commits } from './transactions/commits.js'
import { ended } from './transactions/ended.js'
import { kit } from './transactions/kit.js'
import { refusals } from './transactions/refusals.js'
import { unique } from './transactions/unique.js'
import { wakes } from './transactions/wakes.js'

export { Signup } from './transactions/signup.js'

/** @typedef {import('./database.js').Schema} Schema */

/** @typedef {{ url: string, prefix: string, connections?: number, pooled?: boolean }} Place `pooled`: behind PgBouncer */
/** @typedef {(place: Place) => Promise<Adapter>} Open */

/**
 * A library that is connected to a database.
 *
 * @typedef {object} Adapter
 * @property {(fn: (tx: any) => Promise<unknown>) => Promise<unknown>} transaction commits when fn resolves, rolls back when it rejects
 * @property {(tx: any, fn: (tx: any) => Promise<unknown>) => Promise<unknown>} savepoint the same, inside a transaction
 * @property {1} [depth] savepoints in savepoints share a name in some libraries, so that the outer cannot be undone after the inner
 * @property {(tx: any, sql: string, values: string[]) => PromiseLike<unknown>} statement of the caller's own, with $1, $2 … in order
 * @property {() => any[]} outside objects of the library that are not transactions
 * @property {'refused' | 'runs'} ended what becomes of a job on a transaction that has ended; some libraries cannot tell
 * @property {() => Promise<unknown>} close
 */

/** @typedef {(adapter: Adapter, schema: Schema, prefix: { prefix: string }, t: import('node:test').TestContext) => Promise<unknown>} Body */
/** @typedef {(name: string, body: Body, options?: { connections?: number }) => void} Scenario */

/**
 * Registers the tests of one way to open a transaction.
 *
 * @param {string} library
 * @param {Open} open
 * @param {{ transactions?: number }} [options] how many random ones, unless ERAM_TRANSACTIONS says otherwise
 */
export function enqueuesInTransactions(library, open, { transactions = 1000 } = {}) {
  /** @type {Scenario} */
  const scenario = (name, body, options) => {
    test(`${library}: ${name}`, (t) =>
      withSchema(async (schema) => {
        const { url, prefix } = schema
        const adapter = await open({ url, prefix, ...options })
        try {
          await body(adapter, schema, { prefix }, t)
        } finally {
          await adapter.close()
        }
      }))
  }
  for (const register of [commits, wakes, unique, refusals, ended, kit]) register(scenario)
  scenario(
    'after many transactions that end in every way, jobs and rows are the same',
    (adapter, schema, _prefix, t) => runRandomTransactions(adapter, schema, t, { count: transactions }),
    { connections: 8 },
  )
}
