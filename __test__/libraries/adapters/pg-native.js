// pg-native: node-postgres on libpq, which is compiled where it is installed, and so is not everywhere.
import { createRequire } from 'node:module'
import pg from 'pg'
import { adapter } from './pg.js'

/** @import { Open } from '../../support/transactions.js' */

/** Why there is none. @type {string | undefined} */
export let missing

/** @type {Record<string, Open>} */
export const adapters = {}

try {
  createRequire(import.meta.url)('pg-native')
  // pg itself hides the reason.
  adapters['pg-native'] = adapter(/** @type {any} */ (pg.native).Pool)
} catch (error) {
  const [reason] = /** @type {Error} */ (error).message.split('\n')
  missing = `pg-native cannot be loaded (${reason}); with libpq-dev: npm rebuild libpq --ignore-scripts=false --prefix __test__/libraries`
}
