// A driver of knex, and of objection and bookshelf, which are based on it that is named in the configuration.
import { performsInTransactions } from './named.js'

/** @param {string} connection */
const config = (connection) => ({ client: 'pg', connection })

performsInTransactions('knex', { type: 'knex', config, export: 'knex' })
performsInTransactions('objection', { type: 'objection', config, export: 'User' })
performsInTransactions('bookshelf', { type: 'bookshelf', config, export: 'bookshelf' })
