// A driver of kysely that is named in the configuration.
import { performsInTransactions } from './named.js'

performsInTransactions('kysely', { type: 'kysely', config: (connectionString) => ({ connectionString }), export: 'kysely', silent: true })
