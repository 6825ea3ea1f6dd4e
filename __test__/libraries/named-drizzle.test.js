// A driver of drizzle on pg and on postgres.js that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('drizzle on pg', { type: 'drizzle', config: (connection) => ({ connection }), export: 'drizzle' })
performsInTransactions('drizzle on postgres.js', {
  type: 'drizzle',
  config: (connection) => ({ driver: 'postgres-js', connection }),
  export: 'drizzlePostgres',
})
